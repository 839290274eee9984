/**
 * The structure of one function as monitors see it: its instructions in order, which `end` and `else` belong to which
 * opening instruction, where a branch leads, and its straight runs (a block begins at the function's start and behind
 * every instruction that control may leave or enter at, and ends with the next such one).
 */
import { lebAt, lebEnd } from "../../wasm/instructions.ts";
import { Imm, opcodes } from "../../wasm/opcodes.ts";
import type { Module } from "../../wasm/types.ts";
import { codeOf } from "../../wasm/walk.ts";

export interface Instruction {
  /** Absolute byte offset of the opcode. */
  readonly offset: number;
  readonly row: number;
  /** From 0. */
  readonly ordinal: number;
}

export interface StraightRun {
  readonly first: Instruction;
  readonly last: Instruction;
  readonly count: number;
}

/** Where a label leads: behind an `end`, to the start of a loop's body, or out of the function. */
export type Target = { readonly kind: "end" | "loop"; readonly offset: number } | { readonly kind: "exit" };

export interface Outline {
  readonly function: number;
  readonly instructions: readonly Instruction[];
  /** By the opening instruction's offset: that of its `end`. An `else` has its `if`'s. */
  readonly ends: ReadonlyMap<number, number>;
  /** By the `if`'s offset. */
  readonly elses: ReadonlyMap<number, number>;
  /** By the branch's offset: its labels in order, each target once. */
  readonly targets: ReadonlyMap<number, readonly Target[]>;
  readonly runs: readonly StraightRun[];
}

const opening = new Set(["block", "loop", "if", "try", "try_table"]);
const ending =
  /^(loop|if|else|end|br\w*|return\w*|unreachable|throw\w*|rethrow|delegate|catch\w*|try|try_table)$/;
/** By row, so that the walk compares no names. */
const endsRun = opcodes.map(({ name }) => ending.test(name));

interface Open {
  readonly offset: number;
  readonly name: string;
  /** Branches whose label this block is. */
  readonly branches: number[];
}

export function outline(module: Module, index: number): Outline {
  const instructions: Instruction[] = [];
  const ends = new Map<number, number>();
  const elses = new Map<number, number>();
  const targets = new Map<number, Target[]>();
  const runs: StraightRun[] = [];
  const open: Open[] = [{ offset: -1, name: "function", branches: [] }];
  const add = (branch: number, target: Target) =>
    targets.set(branch, [...(targets.get(branch) ?? []), target]);
  let runStart = 0;
  for (const code = codeOf(module, index); code.advance(); ) {
    const { at: offset, row } = code;
    const { name, imm } = opcodes[row]!;
    instructions.push({ offset, row, ordinal: instructions.length });
    if (opening.has(name)) open.push({ offset, name, branches: [] });
    else if (name === "else") {
      const { offset: start } = open.at(-1)!;
      elses.set(start, offset);
    } else if (name === "end" || name === "delegate") {
      const block = open.pop()!;
      ends.set(block.offset, offset);
      const start = elses.get(block.offset);
      if (start !== undefined) ends.set(start, offset);
      for (const branch of block.branches)
        add(branch, block.name === "function" ? { kind: "exit" } : { kind: "end", offset });
    } else if (imm === Imm.label || imm === Imm.labels || imm === Imm.cast) {
      for (const depth of new Set(labels(code.bytes, code.immediates, imm))) {
        const block = open[open.length - 1 - depth];
        if (block?.name === "loop") add(offset, { kind: "loop", offset: block.offset });
        else block?.branches.push(offset);
      }
    }
    if (!endsRun[row]) continue;
    runs.push({
      first: instructions[runStart]!,
      last: instructions.at(-1)!,
      count: instructions.length - runStart,
    });
    runStart = instructions.length;
  }
  return { function: index, instructions, ends, elses, targets, runs };
}

function labels(bytes: Uint8Array, at: number, imm: number): number[] {
  if (imm === Imm.label) return [lebAt(bytes, at)];
  if (imm === Imm.cast) return [lebAt(bytes, at + 1)];
  const found: number[] = [];
  const count = lebAt(bytes, at);
  let next = lebEnd(bytes, at);
  for (let i = 0; i <= count; i++) {
    found.push(lebAt(bytes, next));
    next = lebEnd(bytes, next);
  }
  return found;
}
