/**
 * What a run wants to know of a serialized program, from one reading of it: megabytes of bytecode take a second to read, and
 * as much memory as matters. So counts are kept, for as long as the bytes are, and the functions are not.
 */
import { Kept } from "../base/kept.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { hasSoundLines } from "../quickjs/bytecode/line-table.ts";
import { eachFunction } from "../quickjs/bytecode/read-unit.ts";
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
  const byEngine = factsOf(payload);
  const facts = byEngine.get(engine) ?? new Kept(() => read(payload, engine));
  byEngine.set(engine, facts);
  return facts;
}

/** Keeps the facts of a program that was read: `unit` is what that engine makes of it. */
export function keepFacts(payload: Uint8Array, engine: EngineVersion, unit: BytecodeUnit): void {
  const counts = new Counts(engine);
  for (const made of unit.functions) counts.add(made);
  factsOf(payload).set(engine, new Kept(() => counts));
}

function factsOf(payload: Uint8Array): Map<EngineVersion, Kept<PayloadFacts>> {
  const byEngine = known.get(payload) ?? new Map<EngineVersion, Kept<PayloadFacts>>();
  known.set(payload, byEngine);
  return byEngine;
}

function read(payload: Uint8Array, engine: EngineVersion): PayloadFacts {
  const counts = new Counts(engine);
  eachFunction(payload, engine, (made) => counts.add(made));
  return counts;
}

class Counts implements PayloadFacts {
  functions = 0;
  stripped = 0;
  unsoundLines = 0;
  readonly #engine: EngineVersion;

  constructor(engine: EngineVersion) {
    this.#engine = engine;
  }

  add(made: BytecodeFunction): void {
    this.functions += 1;
    if (lacksDebug(made)) this.stripped += 1;
    if (!hasSoundLines(made, this.#engine.lines)) this.unsoundLines += 1;
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
