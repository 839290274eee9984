/**
 * What class of error the engine is about to report. Its embedder prints every one of them as `Error: message`; the value
 * itself is still in the runtime then, so its name can be looked up as JavaScript would: the nearest `name` along its
 * prototypes, or the name of the class where that is nearer, as it is of one that sets none.
 */
import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";
import { contextRuntime, type GuestAtoms, guestAtoms } from "./guest-atoms.ts";
import { objectAt, ownProperties, prototypeOf } from "./properties.ts";

/** Prototypes that are followed, and characters of a name that are believed. */
const mostPrototypes = 100;
const longestName = 200;

/**
 * The class of what was thrown, while the guest stands still; null where it is not known, or has none. `context`: the
 * address of a JSContext of the engine.
 */
export function thrownClass(memory: GuestMemory, engine: EngineVersion, context: number): string | null {
  const runtime = contextRuntime(memory, engine, context);
  const atoms = runtime === null ? null : guestAtoms(memory, engine, runtime);
  if (runtime === null || !atoms) return null;
  const glance = new Glance(memory);
  const layout = engine.memory;
  const nameIn = (values: ReadonlyMap<string, number>) =>
    textAt(glance, engine, atoms, values.get("name") ?? 0);
  let address = objectAt(glance, layout, runtime + layout.runtime.exception);
  for (let i = 0; address !== null && i < mostPrototypes; i++) {
    const values = valuesOf(glance, engine, atoms, address);
    const maker = objectAt(glance, layout, values.get("constructor") ?? 0);
    const ofClass = maker === null ? null : nameIn(valuesOf(glance, engine, atoms, maker));
    const found = nameIn(values) ?? ofClass;
    if (found !== null) return found;
    address = prototypeOf(glance, layout, address);
  }
  return null;
}

/** The addresses of an object's own values, by their names. */
function valuesOf(
  glance: Glance,
  engine: EngineVersion,
  atoms: GuestAtoms,
  address: number,
): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { atom, at, holds } of ownProperties(glance, engine.memory, address)) {
    const name = holds === "value" ? atoms.get(atom) : null;
    if (name?.kind === "string") values.set(name.text, at);
  }
  return values;
}

/** The text that the JSValue at an address is; null where it is none, or an empty one. */
function textAt(glance: Glance, engine: EngineVersion, atoms: GuestAtoms, at: number): string | null {
  const { value } = engine.memory;
  if (!glance.holds(at, value.size)) return null;
  const { tag, pointer } = glance.value(at);
  const text = tag === value.tagString ? atoms.string(pointer) : null;
  return text === null || text === "" || text.length > longestName ? null : text;
}
