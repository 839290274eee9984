/**
 * The one walk over a function's code: instruction by instruction, as offsets and the row in THE table, without
 * objects in between, since modules have half a million of them.
 *
 *   for (const code = codeOf(module, index); code.advance(); )
 *     if (code.row === CALL) found.push(code.at);
 *
 * Who wants a few kinds of instructions only walks by `advanceTo`, which takes a third of the time.
 */
import { DecodeError } from "../base/diagnostics.ts";
import { opcodeEnd, rowAt, skipImmediates } from "./instructions.ts";
import { localDeclarations } from "./locals.ts";
import { Imm, immediateOfRow, noRow, opcodes, rowOfByte } from "./opcodes.ts";
import type { Module } from "./types.ts";

/** What follows a one-byte opcode, by byte: one LEB, a byte and one LEB, a block's type, or nothing; 0 for something else. */
const [LEB, MEMARG, BLOCK, NONE] = [1, 2, 3, 4];
const shapes = new Uint8Array(256);
for (const [byte, row] of rowOfByte.entries()) {
  const kind = immediateOfRow[row];
  if (kind === Imm.none) shapes[byte] = NONE;
  else if (kind === Imm.index || kind === Imm.label || kind === Imm.i32 || kind === Imm.i64)
    shapes[byte] = LEB;
  else if (kind === Imm.memarg) shapes[byte] = MEMARG;
  else if (kind === Imm.block) shapes[byte] = BLOCK;
}

/** A mark for each instruction of that name, by row: what advanceTo stops at. */
export function marked(names: Iterable<string>): Uint8Array {
  const wanted = new Set(names);
  return Uint8Array.from(opcodes, ({ name }) => (wanted.has(name) ? 1 : 0));
}

const free = new Uint32Array(opcodes.length);

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
  /** Offset of the instruction before it, and the sum of the costs of those that advanceTo passed over. */
  previous: number;
  passed = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.end = end;
    this.at = start;
    this.immediates = start;
    this.next = start;
    this.previous = start;
  }

  /** Goes to the next instruction; false at the end. @throws DecodeError where there is no instruction, or half of one. */
  advance(): boolean {
    const at = this.next;
    if (at >= this.end) return false;
    const { bytes } = this;
    const byte = bytes[at]!;
    let row = rowOfByte[byte]!;
    let immediates = at + 1;
    let next = shortEnd(bytes, at, shapes[byte]!);
    if (next === 0) {
      row = rowAt(bytes, at);
      if (row === noRow) throw new DecodeError(`unknown instruction 0x${byte.toString(16)}`, at);
      immediates = opcodeEnd(bytes, at);
      next = skipImmediates(bytes, immediates, row);
    }
    if (!(next <= this.end)) throw new DecodeError("an instruction runs past the function's end", at);
    this.previous = this.at;
    this.at = at;
    this.row = row;
    this.immediates = immediates;
    this.next = next;
    return true;
  }

  /**
   * Goes to the next instruction whose row `stops` marks, and adds up in `passed` what the others before it cost; false
   * where there is none up to the end. @throws DecodeError as advance does.
   */
  advanceTo(stops: Uint8Array, costs: Uint32Array = free): boolean {
    const { bytes, end } = this;
    let passed = 0;
    let { at, next } = this;
    while (next < end) {
      const byte = bytes[next]!;
      const row = rowOfByte[byte]!;
      const behind = stops[row] === 0 ? shortEnd(bytes, next, shapes[byte]!) : 0;
      if (behind > 0 && behind <= end) {
        at = next;
        next = behind;
        passed += costs[row]!;
        continue;
      }
      // one to stop at, an unusual one, or damage
      this.at = at;
      this.next = next;
      this.advance();
      this.passed = passed;
      if (stops[this.row] !== 0) return true;
      ({ at, next } = this);
      passed += costs[this.row]!;
    }
    this.at = at;
    this.next = next;
    this.passed = passed;
    return false;
  }
}

/** Offset behind an instruction of one byte at `at` whose immediates have that shape and are short; 0 where they are otherwise. */
function shortEnd(bytes: Uint8Array, at: number, shape: number): number {
  if (shape === NONE) return at + 1;
  const byte = bytes[at + 1]!;
  if (shape === LEB) {
    if (byte < 0x80) return at + 2;
    if (bytes[at + 2]! < 0x80) return at + 3;
    if (bytes[at + 3]! < 0x80) return at + 4;
    return bytes[at + 4]! < 0x80 ? at + 5 : 0;
  }
  if (shape === MEMARG && byte < 0x40) {
    if (bytes[at + 2]! < 0x80) return at + 3;
    return bytes[at + 3]! < 0x80 ? at + 4 : 0;
  }
  // a reference in its long form has a heap type behind it
  return shape === BLOCK && byte < 0x80 && byte !== 0x63 && byte !== 0x64 ? at + 2 : 0;
}

/** Absolute offset of pc 0 of a function that the module defines: its byte that counts the groups of locals. */
export const codeStart = (module: Module, index: number): number =>
  module.bodies[index - module.importedFunctions]!.start;

/** Bytes from the first function's body to the end of the last. */
export function codeSize({ bodies }: Module): number {
  return bodies.length === 0 ? 0 : bodies.at(-1)!.end - bodies[0]!.start;
}

/** The code of function `index` (absolute, a defined one), from its first instruction to its last `end`. */
export function codeOf(module: Module, index: number): CodeWalk {
  const body = module.bodies[index - module.importedFunctions]!;
  return new CodeWalk(module.bytes, localDeclarations(module.bytes, body).bytes.end, body.end);
}
