/** Writes code at an address that moves on: bytes, LEBs in their shortest form, the few instructions of the meter, and what is copied. */
import { Opcode } from "./numbers";

/** Address of the next byte that is written. */
export let to: usize = 0;
/** Address of the first byte of the original that was not copied yet. */
export let copied: usize = 0;

/** Goes on writing at `address`. */
export function writeAt(address: usize): void {
  to = address;
}

/** What stands before `address` is not copied (any more). */
export function passOver(address: usize): void {
  copied = address;
}

export function put(byte: u32): void {
  store<u8>(to++, byte);
}

export function putLeb(value: u32): void {
  while (value >= 0x80) {
    put((value & 0x7f) | 0x80);
    value >>= 7;
  }
  put(value);
}

/** Writes i64.const. */
export function putConstant(value: i64): void {
  put(Opcode.I64Const);
  for (;;) {
    const byte = <u32>value & 0x7f;
    value >>= 7;
    if ((value === 0 && byte < 0x40) || (value === -1 && byte >= 0x40)) return put(byte);
    put(byte | 0x80);
  }
}

/** Writes an instruction whose immediate is one index. */
export function putIndexed(opcode: u32, index: u32): void {
  put(opcode);
  putLeb(index);
}

/** Copies the original up to `address`. Up to 7 bytes behind what was written may change. */
export function copyTo(address: usize): void {
  if (address <= copied) return;
  const length = address - copied;
  if (length > 64) memory.copy(to, copied, length);
  else for (let i: usize = 0; i < length; i += 8) store<u64>(to + i, load<u64>(copied + i));
  to += length;
  copied = address;
}
