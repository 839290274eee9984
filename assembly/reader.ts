/**
 * Where instructions end. Addresses are of the kernel's memory. What is damaged, too long, or of a kind that the kernel
 * does not know has no end here: 0 says so, and the rewriter in JavaScript has a look.
 */
import { Imm } from "./numbers";

/** The value that readLeb read last. */
export let value: u32 = 0;

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

/** The address behind the immediates at `at` of an instruction whose kind they are; `end`: that of the code. */
export function skipImmediates(at: usize, kind: u32, end: usize): usize {
  switch (kind) {
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
  for (let left = value + 1; left > 0 && at !== 0; left--) at = skipLeb(at, 5);
  return at;
}
