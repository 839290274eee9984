/** What an instruction does to control, as far as the rewriter cares, and the blocks that are open while it walks. */
import { opcodes, rowNamed } from "../wasm/opcodes.ts";

// biome-ignore format: a table
export const Flow = {
  plain: 0, block: 1, loop: 2, if: 3, else: 4, end: 5, br: 6, brIf: 7, brTable: 8, return: 9, call: 10, tailCall: 11, trap: 12,
  throw: 13, tryTable: 14, try: 15, catch: 16, delegate: 17, callFunc: 18, tailCallFunc: 19, refFunc: 20, global: 21, sized: 22, brOnCast: 23,
} as const;

/** The flow of each instruction, by its row in the opcode table. */
export const flowOf = new Uint8Array(opcodes.length);
// biome-ignore format: a table
const flows: Readonly<Record<string, number>> = {
  block: Flow.block, loop: Flow.loop, if: Flow.if, else: Flow.else, end: Flow.end, br: Flow.br, br_if: Flow.brIf, br_on_null: Flow.brIf,
  br_on_non_null: Flow.brIf, br_on_cast: Flow.brOnCast, br_on_cast_fail: Flow.brOnCast, br_table: Flow.brTable, return: Flow.return,
  call: Flow.callFunc, call_indirect: Flow.call, call_ref: Flow.call, return_call: Flow.tailCallFunc, return_call_indirect: Flow.tailCall,
  return_call_ref: Flow.tailCall, unreachable: Flow.trap, throw: Flow.throw, throw_ref: Flow.throw, rethrow: Flow.throw,
  try_table: Flow.tryTable, try: Flow.try, catch: Flow.catch, catch_all: Flow.catch, delegate: Flow.delegate, "ref.func": Flow.refFunc,
  "global.get": Flow.global, "global.set": Flow.global, "memory.grow": Flow.sized, "memory.copy": Flow.sized, "memory.fill": Flow.sized,
  "memory.init": Flow.sized, "table.copy": Flow.sized, "table.fill": Flow.sized, "table.init": Flow.sized, "table.grow": Flow.sized,
  "array.new": Flow.sized, "array.new_default": Flow.sized, "array.new_data": Flow.sized, "array.new_elem": Flow.sized, "array.fill": Flow.sized,
  "array.copy": Flow.sized, "array.init_data": Flow.sized, "array.init_elem": Flow.sized,
};
for (const [name, flow] of Object.entries(flows)) flowOf[rowNamed(name)] = flow;

/** One open block. */
export interface Frame {
  readonly flow: number;
  /** Absolute offset of the instruction that opened it. */
  readonly start: number;
  /** Whether control can reach the block at all. */
  readonly live: boolean;
  /** A catch clause leads to its label: there only the global is right. */
  readonly caught: boolean;
  /** A reachable branch leads to its label. */
  targeted: boolean;
  /** A part that ended before (then, try, a handler) reached its end. */
  partReached: boolean;
  sawElse: boolean;
}

/** A block that has just been entered. */
export function newFrame(flow: number, start: number, live: boolean, caught: boolean): Frame {
  return { flow, start, live, caught, targeted: false, partReached: false, sawElse: false };
}
