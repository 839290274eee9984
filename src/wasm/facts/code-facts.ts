/**
 * What each function does that can be told without following values, from one walk over the code: whom it calls,
 * by which types it calls through the table, the constants in it, whether it grows the memory.
 */
import { ByteReader } from "../../base/bytes.ts";
import { lebAt } from "../instructions.ts";
import { rowNamed } from "../opcodes.ts";
import type { Module } from "../types.ts";
import { codeOf } from "../walk.ts";

export interface ConstantRun {
  readonly values: readonly number[];
  /** The function that is called with them as its last arguments, null where none is. */
  readonly callee: number | null;
}

export interface CodeFacts {
  /** Absolute indices of functions called directly, tail calls included. */
  readonly calls: ReadonlySet<number>;
  /** Type indices of calls through a table. */
  readonly indirect: ReadonlySet<number>;
  /** The i32 constants, as unsigned numbers. */
  readonly constants: ReadonlySet<number>;
  /** Of these, in order, two or more that follow each other without another instruction between. */
  readonly runs: readonly ConstantRun[];
  readonly growsMemory: boolean;
}

const CALL = rowNamed("call");
const RETURN_CALL = rowNamed("return_call");
const CALL_INDIRECT = rowNamed("call_indirect");
const RETURN_CALL_INDIRECT = rowNamed("return_call_indirect");
const I32_CONST = rowNamed("i32.const");
const MEMORY_GROW = rowNamed("memory.grow");

/** Facts by absolute function index; imported functions have none. */
export function codeFacts(module: Module): ReadonlyMap<number, CodeFacts> {
  const { bytes } = module;
  const reader = new ByteReader(bytes);
  const facts = new Map<number, CodeFacts>();
  module.bodies.forEach((_, i) => {
    const index = module.importedFunctions + i;
    const calls = new Set<number>();
    const indirect = new Set<number>();
    const constants = new Set<number>();
    const runs: ConstantRun[] = [];
    let run: number[] = [];
    let growsMemory = false;
    for (const code = codeOf(module, index); code.advance(); ) {
      const { row, immediates } = code;
      if (row === I32_CONST) {
        reader.at = immediates;
        const value = reader.sleb() >>> 0;
        constants.add(value);
        run.push(value);
      } else if (run.length > 0) {
        if (run.length > 1)
          runs.push({ values: run, callee: row === CALL ? lebAt(bytes, immediates) : null });
        run = [];
      }
      if (row === CALL || row === RETURN_CALL) calls.add(lebAt(bytes, immediates));
      else if (row === CALL_INDIRECT || row === RETURN_CALL_INDIRECT) indirect.add(lebAt(bytes, immediates));
      else if (row === MEMORY_GROW) growsMemory = true;
    }
    facts.set(index, { calls, indirect, constants, runs, growsMemory });
  });
  return facts;
}
