/**
 * The programs that a module's memory holds before anything runs: a pre-initialised module (wizer) has its whole heap
 * in its data segments, and in it the functions that were compiled by then. Found without running anything: any
 * JSFunctionBytecode whose context and runtime check out leads to the runtime's list of all of them.
 */
import { initialMemory } from "../../wasm/facts/initial-memory.ts";
import type { Module } from "../../wasm/types.ts";
import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";
import { functionFields } from "./functions.ts";
import { contextRuntime } from "./guest-atoms.ts";
import { liveRoots } from "./live-functions.ts";
import { type LoadedUnit, readUnitAt } from "./loaded-unit.ts";

export interface Snapshot {
  /** The engine whose layout the memory checks out with. */
  readonly engine: EngineVersion;
  /** By the address of their outermost function. */
  readonly programs: readonly LoadedUnit[];
}

const page = 65536;
/** More than this is no snapshot of a JavaScript engine. */
const most = 1 << 28;

/** What the first of `engines` finds in the module's initial memory; null where none finds a function. */
export function snapshot(module: Module, engines: readonly EngineVersion[]): Snapshot | null {
  const memory: GuestMemory = { bytes: wholeMemory(module) };
  for (const engine of engines) {
    const any = anyFunction(memory, engine);
    if (any === null) continue;
    const roots = new Set(liveRoots(memory, engine, any).values());
    const programs = [...roots]
      .sort((a, b) => a - b)
      .map((root) => readUnitAt(memory, engine, root))
      .filter((unit) => unit !== null);
    if (programs.length > 0) return { engine, programs };
  }
  return null;
}

/** The initial contents with the zeros behind the last segment, which structures may end in. */
function wholeMemory(module: Module): Uint8Array {
  const image = initialMemory(module);
  const declared = Number(module.memories[0]?.min ?? 0n) * page;
  if (declared <= image.length || declared > most) return image;
  const whole = new Uint8Array(declared);
  whole.set(image);
  return whole;
}

function anyFunction(memory: GuestMemory, engine: EngineVersion): number | null {
  const { object, function: layout } = engine.memory;
  const glance = new Glance(memory);
  const before = Math.max(0, -object.gcType.offset);
  const end = memory.bytes.length - layout.size;
  for (let address = 4 * Math.ceil(before / 4) + 4; address <= end; address += 4) {
    if (glance.field(address, object.gcType) !== object.gcTypeFunction) continue;
    const fields = functionFields(memory, engine.memory, address);
    if (fields && contextRuntime(memory, engine, fields.realm) !== null) return address;
  }
  return null;
}
