/**
 * The functions that are in a guest's memory at one moment, found through the runtime's list of collected structures:
 * a program that was loaded before the run, JavaScript of the engine's own. Each with the outermost function that
 * holds it in its constant pool, or in that of a function inside it.
 */

import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";
import { functionFields } from "./functions.ts";
import { contextRuntime } from "./guest-atoms.ts";

/** More structures than this are not walked: a heap of that size is no pre-initialised module's. */
const most = 4_000_000;

/** By the address of each live JSFunctionBytecode: the outermost around it. `any`: the address of one of them. */
export function liveRoots(
  memory: GuestMemory,
  engine: EngineVersion,
  any: number,
): ReadonlyMap<number, number> {
  const glance = new Glance(memory);
  const parents = parentsOf(glance, engine, liveFunctions(glance, engine, any));
  const roots = new Map<number, number>();
  for (const address of parents.keys()) {
    let root = address;
    const seen = new Set([root]);
    for (let parent = parents.get(root); parent != null && !seen.has(parent); parent = parents.get(root)) {
      seen.add(parent);
      root = parent;
    }
    roots.set(address, root);
  }
  return roots;
}

function liveFunctions(glance: Glance, engine: EngineVersion, any: number): readonly number[] {
  const { object, runtime: at } = engine.memory;
  const context = functionFields(glance, engine.memory, any)?.realm ?? 0;
  const runtime = contextRuntime(glance, engine, context);
  if (runtime === null) return [];
  const head = runtime + at.objects;
  const found: number[] = [];
  // list_head: previous, next
  for (let link = glance.u32(head + 4), n = 0; link !== head && n < most; n++) {
    if (!glance.holds(link, 8)) return found;
    const structure = link - object.link;
    const isFunction =
      glance.holdsStructure(structure, object.gcType.offset, 8) &&
      glance.field(structure, object.gcType) === object.gcTypeFunction;
    if (isFunction && functionFields(glance, engine.memory, structure)) found.push(structure);
    link = glance.u32(link + 4);
  }
  return found;
}

/** By function, the one whose constant pool holds it; null for one that stands alone. */
function parentsOf(
  glance: Glance,
  engine: EngineVersion,
  functions: readonly number[],
): ReadonlyMap<number, number | null> {
  const { value } = engine.memory;
  const parents = new Map<number, number | null>(functions.map((address) => [address, null]));
  for (const address of functions) {
    const fields = functionFields(glance, engine.memory, address)!;
    for (let i = 0; i < fields.constantCount; i++) {
      const constant = fields.constants + i * value.size;
      if (glance.i32(constant + 4) !== value.tagFunction) continue;
      const inner = glance.u32(constant);
      if (parents.has(inner)) parents.set(inner, address);
    }
  }
  return parents;
}
