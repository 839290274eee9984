/**
 * The programs that a module's memory holds before anything runs: a pre-initialised module (wizer) has its whole heap
 * in its data segments, and in it the functions that were compiled by then. Found without running anything: any
 * JSFunctionBytecode whose context and runtime check out leads to the runtime's list of all of them.
 */
import { wholeInitialMemory } from "../../wasm/facts/initial-memory.ts";
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

/** What the first of `engines` finds in the module's initial memory; null where none finds a function. */
export function snapshot(module: Module, engines: readonly EngineVersion[]): Snapshot | null {
  const memory: GuestMemory = { bytes: wholeInitialMemory(module) };
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

function anyFunction(memory: GuestMemory, engine: EngineVersion): number | null {
  const { object, function: layout } = engine.memory;
  const glance = new Glance(memory);
  const before = Math.max(0, -object.gcType.offset);
  const end = memory.bytes.length - layout.size;
  const next = (from: number) => glance.search(object.gcType, object.gcTypeFunction, from, end, 4);
  for (let address = next(4 * Math.ceil(before / 4) + 4); address >= 0; address = next(address + 4)) {
    // what is no function is told soonest by what would be its context
    if (contextRuntime(glance, engine, glance.u32(address + layout.realm)) === null) continue;
    if (functionFields(glance, engine.memory, address)) return address;
  }
  return null;
}
