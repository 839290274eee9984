/**
 * What a run wants to know of a serialized program, from one reading of it: megabytes of bytecode take a second to read, and
 * as much memory as matters. So counts are kept, for as long as the bytes are, and the functions are not.
 */
import { Diagnostic } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import type { BytecodeFunction } from "../quickjs/bytecode/function.ts";
import { lineTable } from "../quickjs/bytecode/line-table.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { lacksDebug } from "../quickjs/carry.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";

export interface PayloadFacts {
  readonly functions: number;
  /** Those without debug information. */
  readonly stripped: number;
  /** Those whose line table is damaged. */
  readonly unsoundLines: number;
}

const known = new WeakMap<Uint8Array, Map<EngineVersion, Kept<PayloadFacts>>>();

/** The facts of a program as that engine reads it; their problem says why it cannot be read. */
export function payloadFacts(payload: Uint8Array, engine: EngineVersion): Kept<PayloadFacts> {
  const byEngine = known.get(payload) ?? new Map<EngineVersion, Kept<PayloadFacts>>();
  known.set(payload, byEngine);
  const facts = byEngine.get(engine) ?? new Kept(() => read(payload, engine));
  byEngine.set(engine, facts);
  return facts;
}

function read(payload: Uint8Array, engine: EngineVersion): PayloadFacts {
  const { functions } = readUnit(payload, 0, engine);
  return {
    functions: functions.length,
    stripped: functions.filter(lacksDebug).length,
    unsoundLines: functions.filter((made) => !hasSoundLines(made, engine)).length,
  };
}

function hasSoundLines(made: BytecodeFunction, { lines }: EngineVersion): boolean {
  try {
    lineTable(made, lines);
    return true;
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return false;
  }
}

/** The facts as the first of `engines` reads it that can; null where none can. */
export function factsByAny(payload: Uint8Array, engines: readonly EngineVersion[]): PayloadFacts | null {
  for (const engine of engines) {
    const facts = payloadFacts(payload, engine).found;
    if (facts) return facts;
  }
  return null;
}
