/**
 * What was thrown, while the guest stands still. As long as it leads out of a function it is the runtime's exception;
 * where a function catches it, it lies on top of that function's operand stack when the handler begins.
 *
 * The embedder prints every error that it reports as `Error: message`; the value itself is still there then, so its class
 * can be looked up as JavaScript would: the nearest `name` along its prototypes, or the name of the class where that is
 * nearer, as it is of one that sets none.
 */
import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";
import { functionFields, functionOfObject } from "./functions.ts";
import { contextAtoms, contextRuntime, type GuestAtoms } from "./guest-atoms.ts";
import { objectAt, ownProperties, prototypeOf } from "./properties.ts";

/** Prototypes that are followed, and characters of a text that are believed. */
const mostPrototypes = 100;
const longestText = 200;

/** What throws and where it is looked for: `context` is the address of a JSContext of the engine. */
export interface Thrower {
  readonly memory: GuestMemory;
  readonly engine: EngineVersion;
  readonly context: number;
}

/** The address of the JSValue that leads out of the innermost function; null where that is not known. */
export function leavingException({ memory, engine, context }: Thrower): number | null {
  const glance = new Glance(memory);
  const runtime = contextRuntime(glance, engine, context);
  const at = runtime === null ? 0 : runtime + engine.memory.runtime.exception;
  return glance.holds(at, engine.memory.value.size) ? at : null;
}

/**
 * The address of the JSValue that the innermost function has caught, when its handler is about to begin; `depth`: how many
 * values lie on its operand stack below. Null where that is not known.
 */
export function caughtException(thrower: Thrower, depth: number): number | null {
  const { memory, engine } = thrower;
  const { frame: layout, value } = engine.memory;
  const glance = new Glance(memory);
  const frame = frameOf(glance, thrower);
  const bytecode = frame === null ? null : functionOfFrame(glance, engine, frame);
  const fields = bytecode === null ? null : functionFields(glance, engine.memory, bytecode);
  if (frame === null || !fields) return null;
  const at = glance.u32(frame + layout.variables) + (fields.variableCount + depth) * value.size;
  return glance.holds(at, value.size) ? at : null;
}

/** The address of the JSFunctionBytecode of the innermost function, by its frame; null where that is not known. */
export function runningFunction(thrower: Thrower): number | null {
  const glance = new Glance(thrower.memory);
  const frame = frameOf(glance, thrower);
  return frame === null ? null : functionOfFrame(glance, thrower.engine, frame);
}

function functionOfFrame(glance: Glance, engine: EngineVersion, frame: number): number | null {
  const running = objectAt(glance, engine.memory, frame + engine.memory.frame.function);
  return running === null ? null : functionOfObject(glance, engine.memory, running);
}

/** The address of the innermost JSStackFrame. */
function frameOf(glance: Glance, { engine, context }: Thrower): number | null {
  const { frame: layout, runtime: at } = engine.memory;
  const runtime = contextRuntime(glance, engine, context);
  if (runtime === null || !glance.holds(runtime + at.frame, 4)) return null;
  const frame = glance.u32(runtime + at.frame);
  return glance.holds(frame, layout.size) ? frame : null;
}

/** The bits of the JSValue at an address: of an object, which one it is. */
export function bitsAt(memory: GuestMemory, at: number): bigint {
  const { tag, pointer } = new Glance(memory).value(at);
  return (BigInt(tag) << 32n) | BigInt(pointer);
}

/** The class of the error at an address; null where it is not known, or has none. */
export function classOf({ memory, engine, context }: Thrower, at: number): string | null {
  const glance = new Glance(memory);
  const atoms = contextAtoms(glance, engine, context);
  if (!atoms) return null;
  const layout = engine.memory;
  const nameIn = (values: ReadonlyMap<string, number>) =>
    textAt(glance, engine, atoms, values.get("name") ?? 0);
  let address = objectAt(glance, layout, at);
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

/** The `message` of the error at an address, or the string that is there; null where there is none, or a long one. */
export function messageOf({ memory, engine, context }: Thrower, at: number): string | null {
  const glance = new Glance(memory);
  const atoms = contextAtoms(glance, engine, context);
  if (!atoms) return null;
  const object = objectAt(glance, engine.memory, at);
  const from = object === null ? at : valuesOf(glance, engine, atoms, object).get("message");
  return textAt(glance, engine, atoms, from ?? 0);
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

/** The text that the JSValue at an address is; null where it is none, an empty one, or longer than is believed. */
function textAt(glance: Glance, engine: EngineVersion, atoms: GuestAtoms, at: number): string | null {
  const { value } = engine.memory;
  if (!glance.holds(at, value.size)) return null;
  const { tag, pointer } = glance.value(at);
  const text = tag === value.tagString ? atoms.string(pointer) : null;
  return text === null || text === "" || text.length > longestText ? null : text;
}
