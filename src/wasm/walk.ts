/**
 * The one walk over a function's code: instruction by instruction, as offsets and the row in THE table, without
 * objects in between, since modules have half a million of them.
 *
 *   for (const code = codeOf(module, index); code.advance(); )
 *     if (code.row === CALL) found.push(code.at);
 */
import { DecodeError } from "../base/diagnostics.ts";
import { opcodeEnd, rowAt, skipImmediates } from "./instructions.ts";
import { localDeclarations } from "./locals.ts";
import { noRow } from "./opcodes.ts";
import type { Module } from "./types.ts";

export class CodeWalk {
  readonly bytes: Uint8Array;
  /** Offset behind the code. */
  readonly end: number;
  /** Absolute offset of the instruction, and its row in THE table; noRow before the first. */
  at: number;
  row: number = noRow;
  /** Offset of its first immediate, and of the instruction behind it. */
  immediates: number;
  next: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.end = end;
    this.at = start;
    this.immediates = start;
    this.next = start;
  }

  /** Goes to the next instruction; false at the end. @throws DecodeError where there is no instruction, or half of one. */
  advance(): boolean {
    const at = this.next;
    if (at >= this.end) return false;
    const { bytes } = this;
    const row = rowAt(bytes, at);
    if (row === noRow) throw new DecodeError(`unknown instruction 0x${bytes[at]!.toString(16)}`, at);
    const immediates = opcodeEnd(bytes, at);
    const next = skipImmediates(bytes, immediates, row);
    if (!(next <= this.end)) throw new DecodeError("an instruction runs past the function's end", at);
    this.at = at;
    this.row = row;
    this.immediates = immediates;
    this.next = next;
    return true;
  }
}

/** The code of function `index` (absolute, a defined one), from its first instruction to its last `end`. */
export function codeOf(module: Module, index: number): CodeWalk {
  const body = module.bodies[index - module.importedFunctions]!;
  return new CodeWalk(module.bytes, localDeclarations(module.bytes, body).bytes.end, body.end);
}
