/**
 * Where instructions end. Addresses are of the kernel's memory. What is damaged, too long, or of a kind that the kernel
 * does not know has no end here: 0 says so, and the rewriter in JavaScript has a look.
 */
import { Imm } from "./numbers";

/** An instruction's number: its byte, or where those of its prefix begin (0xfb at 256, 512 each) and its sub-opcode. */
export const numbers: u32 = 256 + 4 * 512;
/** By number: the kind of immediates, and 1; 0 where the instruction is not known here. */
export const kinds: usize = memory.data(numbers);

/** The value that readLeb read last. */
export let value: u32 = 0;
/** What numberAt read last: the address of the first immediate. */
export let immediates: usize = 0;
/** What readLocals read last: the count of groups, where their declarations begin, and how many locals they declare. */
export let groups: u32 = 0;
export let declarations: usize = 0;
export let locals: u32 = 0;

/** Reads a body's declarations of locals; the address of its code. */
export function readLocals(start: usize, end: usize): usize {
  declarations = readLeb(start);
  if (declarations === 0) return 0;
  groups = value;
  locals = 0;
  let at = declarations;
  for (let group: u32 = 0; group < groups; group++) {
    at = readLeb(at);
    if (at === 0 || at >= end || value > 100_000) return 0;
    locals += value;
    const type = load<u8>(at++);
    // a reference in its long form
    if (type === 0x63 || type === 0x64 || locals > 100_000) return 0;
  }
  return at <= end ? at : 0;
}

/** The number of the instruction at `at`; `numbers` where there can be none. */
export function numberAt(at: usize): u32 {
  const byte = <u32>load<u8>(at);
  immediates = at + 1;
  if (byte < 0xfb || byte === 0xff) return byte;
  immediates = readLeb(at + 1);
  return immediates === 0 || value >= 512 ? numbers : 256 + (byte - 0xfb) * 512 + value;
}

/** Reads an unsigned LEB of 32 bits into `value`; the address behind it. */
export function readLeb(at: usize): usize {
  let byte = <u32>load<u8>(at);
  let result = byte & 0x7f;
  for (let shift: u32 = 7; byte >= 0x80; shift += 7) {
    byte = <u32>load<u8>(++at);
    if (shift === 28 && byte > 0x0f) return 0;
    result |= (byte & 0x7f) << shift;
  }
  value = result;
  return at + 1;
}

/** The address behind a LEB of at most `longest` bytes. */
function skipLeb(at: usize, longest: usize): usize {
  for (const end = at + longest; at < end; ) if (load<u8>(at++) < 0x80) return at;
  return 0;
}

/** The address behind the immediates at `at` of an instruction of that number; `end`: that of the code. */
export function skipImmediates(at: usize, number: u32, end: usize): usize {
  const kind = <u32>load<u8>(kinds + number);
  if (kind === 0) return 0;
  switch (kind - 1) {
    case Imm.None:
      return at;
    case Imm.Index:
    case Imm.Label:
    case Imm.I32:
      return skipLeb(at, 5);
    case Imm.I64:
      return skipLeb(at, 10);
    case Imm.Memarg:
      return skipMemarg(at);
    case Imm.Block: {
      const byte = load<u8>(at);
      // a reference in its long form has a heap type behind it
      return byte === 0x63 || byte === 0x64 ? 0 : skipLeb(at, 5);
    }
    case Imm.Index2:
      at = skipLeb(at, 5);
      return at === 0 ? 0 : skipLeb(at, 5);
    case Imm.Labels:
      return skipLabels(at, end);
    case Imm.F32:
      return at + 4;
    case Imm.F64:
      return at + 8;
    case Imm.Byte:
      return at + 1;
    case Imm.Bytes16:
      return at + 16;
    case Imm.MemargLane:
      at = skipMemarg(at);
      return at === 0 ? 0 : at + 1;
    default:
      return 0;
  }
}

function skipMemarg(at: usize): usize {
  at = readLeb(at);
  // bit 6: a memory's index follows
  if (at !== 0 && (value & 0x40) !== 0) at = skipLeb(at, 5);
  return at === 0 ? 0 : skipLeb(at, 10);
}

function skipLabels(at: usize, end: usize): usize {
  at = readLeb(at);
  if (at === 0 || at >= end || <usize>value >= end - at) return 0;
  for (let left = value + 1; left > 0; left--) {
    if (at === 0 || at >= end) return 0;
    at = skipLeb(at, 5);
  }
  return at;
}
