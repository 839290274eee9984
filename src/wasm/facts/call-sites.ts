/** Where a function calls others: the offsets of its calls, and whom they call. */
import { lebAt, opcodeEnd, rowAt, skipImmediates } from "../instructions.ts";
import { localDeclarations } from "../locals.ts";
import { noRow, rowNamed } from "../opcodes.ts";
import type { Module } from "../types.ts";

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
  const { bytes } = module;
  const body = module.bodies[index - module.importedFunctions]!;
  const found: CallSite[] = [];
  for (let at = localDeclarations(bytes, body).bytes.end; at < body.end; ) {
    const row = rowAt(bytes, at);
    if (row === noRow) break;
    const immediates = opcodeEnd(bytes, at);
    if (row === CALL) found.push({ offset: at, callee: lebAt(bytes, immediates) });
    else if (row === CALL_INDIRECT) found.push({ offset: at, callee: null });
    at = skipImmediates(bytes, immediates, row);
  }
  return found;
}
