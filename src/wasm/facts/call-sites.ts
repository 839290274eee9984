/** Where a function calls others: the offsets of its calls, and whom they call. */
import { lebAt } from "../instructions.ts";
import { rowNamed } from "../opcodes.ts";
import type { Module } from "../types.ts";
import { codeOf } from "../walk.ts";

export interface CallSite {
  /** Absolute byte offset of the opcode. */
  readonly offset: number;
  /** Absolute index of the function, null through a table. */
  readonly callee: number | null;
}

const CALL = rowNamed("call");
const CALL_INDIRECT = rowNamed("call_indirect");

/** The calls that return to the defined function `index`, in order. */
export function callSites(module: Module, index: number): CallSite[] {
  const found: CallSite[] = [];
  for (const code = codeOf(module, index); code.advance(); ) {
    if (code.row === CALL) found.push({ offset: code.at, callee: lebAt(module.bytes, code.immediates) });
    else if (code.row === CALL_INDIRECT) found.push({ offset: code.at, callee: null });
  }
  return found;
}
