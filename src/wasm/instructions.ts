/**
 * Walking code: where an instruction ends, and what its immediates are.
 * `skipImmediates` is the fast path over raw bytes (no objects, no bounds checks of its own: callers compare the
 * returned offset with the end of the body); `readOpcode` and `readImmediates` are the checked path over a reader.
 */
import { ByteReader } from "../base/bytes.ts";
import { DecodeError } from "../base/diagnostics.ts";
import { Imm, immediateOfRow, noRow, rowOfByte, rowsOfPrefix } from "./opcodes.ts";
import { heapProblem } from "./types.ts";

/** Length limits of LEBs, in bytes. */
const LEB32 = 5;
const LEB64 = 10;

function skipLeb(bytes: Uint8Array, at: number, longest: number): number {
  let next = at;
  while (bytes[next]! >= 0x80) next += 1;
  next += 1;
  if (next - at > longest) throw new DecodeError("LEB128 is too long", at);
  return next;
}

/** Reads an unsigned LEB at `at` without moving anything; 32 bits. */
export function lebAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte < 0x80) return byte;
  // small numbers stay integers for the optimising compiler, which the last byte's may not be
  let result = byte & 0x7f;
  for (let i = 1; i < LEB32 - 1; i++) {
    const next = bytes[at + i]!;
    result |= (next & 0x7f) << (7 * i);
    if (next < 0x80) return result;
  }
  const last = bytes[at + LEB32 - 1]!;
  if (last < 0x80) return result + last * 2 ** 28;
  throw new DecodeError("LEB128 is too long", at);
}

/** Reads a signed LEB at `at`; up to 33 bits, as heap types have. */
export function signedAt(bytes: Uint8Array, at: number): number {
  const r = new ByteReader(bytes);
  r.at = at;
  return Number(r.bigLeb(33, true));
}

/** Offset after the unsigned LEB of 32 bits at `at`. */
export function lebEnd(bytes: Uint8Array, at: number): number {
  return bytes[at]! < 0x80 ? at + 1 : skipLeb(bytes, at, LEB32);
}

/** Row of the (prefixed) opcode at `at`; `noRow` where there is none. */
export function rowAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  const row = rowOfByte[byte]!;
  if (row !== noRow || byte < 0xfb || byte > 0xfe) return row;
  const sub = lebAt(bytes, at + 1);
  return sub < 512 ? rowsOfPrefix[byte - 0xfb]![sub]! : noRow;
}

/** Offset of the first immediate of the (valid) opcode at `at`. */
export function opcodeEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  return byte >= 0xfb && byte <= 0xfe ? lebEnd(bytes, at + 1) : at + 1;
}

/**
 * Offset after the immediates of an instruction of `row` whose first immediate is at `at`.
 * @throws DecodeError on an overlong LEB or a vector that does not fit the file.
 */
export function skipImmediates(bytes: Uint8Array, at: number, row: number): number {
  switch (immediateOfRow[row]) {
    case Imm.none:
      return at;
    case Imm.index:
    case Imm.label:
    case Imm.i32:
      return bytes[at]! < 0x80 ? at + 1 : skipLeb(bytes, at, LEB32);
    case Imm.index2:
      return skipLeb(bytes, skipLeb(bytes, at, LEB32), LEB32);
    case Imm.memarg:
      return skipMemarg(bytes, at);
    case Imm.memargLane:
      return skipMemarg(bytes, at) + 1;
    case Imm.block:
      return skipBlockType(bytes, at);
    case Imm.i64:
      return skipLeb(bytes, at, LEB64);
    case Imm.f32:
      return at + 4;
    case Imm.f64:
      return at + 8;
    case Imm.byte:
      return at + 1;
    case Imm.bytes16:
      return at + 16;
    case Imm.heap:
      return skipHeapType(bytes, at);
    case Imm.labels: {
      const count = vectorLength(bytes, at);
      let next = lebEnd(bytes, at);
      for (let i = 0; i <= count; i++) next = lebEnd(bytes, next);
      return next;
    }
    case Imm.types: {
      const count = vectorLength(bytes, at);
      let next = lebEnd(bytes, at);
      for (let i = 0; i < count; i++) next = skipValType(bytes, next);
      return next;
    }
    case Imm.catches: {
      let next = skipBlockType(bytes, at);
      const count = vectorLength(bytes, next);
      next = lebEnd(bytes, next);
      for (let i = 0; i < count; i++) {
        const kind = bytes[next]!;
        if (!(kind <= 3)) throw new DecodeError("unknown catch clause", next);
        next = lebEnd(bytes, kind < 2 ? lebEnd(bytes, next + 1) : next + 1);
      }
      return next;
    }
    case Imm.cast:
      return skipHeapType(bytes, skipHeapType(bytes, lebEnd(bytes, at + 1)));
    default:
      throw new DecodeError("unknown instruction", at);
  }
}

/** A vector's count, refused where its items could not fit in the file (each takes a byte at least). */
function vectorLength(bytes: Uint8Array, at: number): number {
  const count = lebAt(bytes, at);
  if (!(count <= bytes.length - at)) throw new DecodeError(`a vector of ${count} items does not fit`, at);
  return count;
}

function skipMemarg(bytes: Uint8Array, at: number): number {
  const flags = lebAt(bytes, at);
  let next = lebEnd(bytes, at);
  if (flags & 0x40) next = lebEnd(bytes, next);
  return skipLeb(bytes, next, LEB64);
}

/** Offset after the block type at `at`. */
export function skipBlockType(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  return byte === 0x63 || byte === 0x64 ? skipHeapType(bytes, at + 1) : skipLeb(bytes, at, LEB32);
}

function skipValType(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  return byte === 0x63 || byte === 0x64 ? skipHeapType(bytes, at + 1) : at + 1;
}

function skipHeapType(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  // of one byte and negative: an abstract type
  const problem = byte >= 0x40 && byte < 0x80 ? heapProblem(byte - 0x80) : null;
  if (problem !== null) throw new DecodeError(problem, at);
  return skipLeb(bytes, at, LEB32);
}

/** Row of the next opcode of a reader; throws DecodeError where there is none. */
export function readOpcode(r: ByteReader): number {
  const at = r.at;
  const byte = r.u8();
  if (byte >= 0xfb && byte <= 0xfe) r.leb();
  const row = rowAt(r.bytes, at);
  if (row === noRow) r.fail(`unknown instruction 0x${byte.toString(16)}`, at);
  return row;
}

/** Skips the immediates of `row` in a reader. */
export function readImmediates(r: ByteReader, row: number): void {
  const at = r.at;
  let end: number;
  try {
    end = skipImmediates(r.bytes, at, row);
  } catch (error) {
    return r.fail(error instanceof DecodeError ? error.message : String(error), at);
  }
  if (!(end <= r.bytes.length)) r.fail("unexpected end", at);
  r.at = end;
}

/** A memory argument: which memory, and the constant offset added to the address. */
export interface Memarg {
  readonly align: number;
  readonly memory: number;
  readonly offset: bigint;
}

/** Reads the memory argument at a reader's position. */
export function readMemarg(r: ByteReader): Memarg {
  const flags = r.leb();
  const memory = flags & 0x40 ? r.leb() : 0;
  return { align: flags & ~0x40, memory, offset: r.bigLeb(64, false) };
}

/** The memory argument at `at` in the code. */
export function memargAt(bytes: Uint8Array, at: number): Memarg {
  const r = new ByteReader(bytes);
  r.at = at;
  return readMemarg(r);
}
