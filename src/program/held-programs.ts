/**
 * The JavaScript that a module carries, without running it: the serialized program of its payload, and what its
 * pre-initialised memory holds. Each part that cannot be read is a problem, said beside what can.
 */
import { Diagnostic } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import type { JavyModule } from "../javy/module.ts";
import type { BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { type EngineVersion, engineById, enginesOfVersion } from "../quickjs/engines/versions.ts";
import { snapshot } from "../quickjs/memory/snapshot.ts";
import type { Module } from "../wasm/types.ts";
import type { EngineModule } from "./engine-module.ts";

/** A part of a module that could not be read or found. */
export interface Problem {
  readonly part: "dispatch" | "engine" | "program" | "memory" | "source";
  readonly error: Diagnostic;
}

export interface HeldProgram {
  /** `memory`: loaded before the run, or JavaScript of the engine's own. */
  readonly origin: "payload" | "memory";
  readonly unit: BytecodeUnit;
}

export interface Programs {
  /** Null where there is no interpreter in the module, or the plugin is not at hand. */
  readonly dispatch: Dispatch | null;
  /** The engines that it may be, likeliest first; only those that can read what the module holds. */
  readonly engines: readonly EngineVersion[];
  /** Where the payload stands in the file. */
  readonly payload: { readonly offset: number; readonly bytes: number } | null;
  readonly held: readonly HeldProgram[];
  readonly problems: readonly Problem[];
}

/** A module, and the one that holds its engine: null where the plugin is not at hand. */
export interface Examined {
  readonly module: Module;
  readonly kind: JavyModule;
  readonly engine: EngineModule | null;
}

/** Finds and reads everything; whatever is wrong with the module is a problem, not an error. */
export function programsOf({ module, kind, engine }: Examined): Programs {
  const problems: Problem[] = [];
  const kept = (part: Problem["part"], error: Diagnostic) => {
    // what is wrong with a version byte shows at the engine and at the program: once is enough
    const same = ({ error: { message, offset } }: Problem) =>
      message === error.message && offset === error.offset;
    if (!problems.some(same)) problems.push({ part, error });
  };
  const ask = <T>(part: Problem["part"], fact: Kept<T>): T | null => {
    if (fact.problem) kept(part, fact.problem);
    return fact.found;
  };
  const payload = kind.kind === "dynamic" || kind.kind === "static" ? kind.payload : null;
  const dispatch = engine && ask("dispatch", engine.dispatch);
  const known = engine && dispatch && ask("engine", engine.engines(payload));
  const held: HeldProgram[] = [];
  let engines = known ?? [];
  const offset = payload ? offsetOf(payload, module) : 0;
  if (payload) {
    const readers = ask("program", new Kept(() => readable(payload, offset, known)));
    if (readers) {
      engines = readers.map(({ engine }) => engineById(engine));
      held.push({ origin: "payload", unit: readers[0]! });
    }
  }
  if (kind.kind !== "dynamic" && engines.length > 0) {
    const found = ask("memory", new Kept(() => snapshot(module, engines)));
    if (found) {
      engines = [found.engine];
      for (const { unit } of found.programs) held.push({ origin: "memory", unit });
    }
  }
  return { dispatch, engines, payload: payload && { offset, bytes: payload.length }, held, problems };
}

/** The payload as each engine reads it that can; `known`: the only ones to try. @throws where none can, with the offset in the file. */
function readable(
  payload: Uint8Array,
  offset: number,
  known: readonly EngineVersion[] | null,
): readonly BytecodeUnit[] {
  const candidates = known ?? enginesOfVersion(payload[0]!);
  const units = candidates.flatMap((engine) => {
    try {
      return [readUnit(payload, 0, engine)];
    } catch (error) {
      if (error instanceof Diagnostic) return [];
      throw error;
    }
  });
  // read once more for its error, where it stands in the file
  return units.length > 0 ? units : [readUnit(payload, offset, candidates[0])];
}

function offsetOf(payload: Uint8Array, module: Module): number {
  const found = module.data.find(
    ({ mode, bytes: { start, end } }) =>
      mode === "passive" &&
      end - start === payload.length &&
      Buffer.compare(module.bytes.subarray(start, end), payload) === 0,
  );
  return found?.bytes.start ?? 0;
}
