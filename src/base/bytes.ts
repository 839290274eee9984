/**
 * A bounds-checked reader and a growing writer of bytes, with LEB128 as WebAssembly and QuickJS use it.
 * Errors carry the absolute offset in the file: a reader over a part of a file is given where that part starts.
 */
import { DecodeError } from "./diagnostics.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const utf8Lossy = new TextDecoder("utf-8");

/** Reads forward over `bytes`; `base` is the absolute offset of `bytes[0]` in the file, for errors. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly base: number;
  /** Index of the next byte in `bytes`. */
  at = 0;

  constructor(bytes: Uint8Array, base = 0) {
    this.bytes = bytes;
    this.base = base;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  fail(what: string, at = this.at): never {
    throw new DecodeError(what, this.base + at);
  }

  u8(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) this.fail("unexpected end");
    this.at += 1;
    return byte;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  /** A fixed-width little-endian u32. */
  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  /** `length` bytes as a view (not a copy). */
  take(length: number): Uint8Array {
    const start = this.at;
    this.skip(length);
    return this.bytes.subarray(start, this.at);
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    if (length < 0 || this.at + length > this.bytes.length)
      this.fail(`unexpected end: ${length} bytes wanted`);
    this.at += length;
  }

  /** A reader over the next `length` bytes, with absolute offsets kept. */
  sub(length: number): ByteReader {
    const start = this.at;
    return new ByteReader(this.take(length), this.base + start);
  }

  /** Unsigned LEB128 of at most 32 bits (at most 5 bytes, no overlong bits). */
  leb(): number {
    const start = this.at;
    const first = this.bytes[start]!;
    if (first < 0x80) {
      this.at = start + 1;
      return first;
    }
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    const last = this.u8();
    if (last > 0x0f) this.fail("LEB128 is longer than 32 bits", start);
    return result + last * 2 ** 28;
  }

  /** Signed LEB128 of at most 32 bits. */
  sleb(): number {
    const start = this.at;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && (byte & 0x78) !== 0 && (byte & 0x78) !== 0x78)
          this.fail("signed LEB128 is longer than 32 bits", start);
        return shift < 28 && (byte & 0x40) !== 0 ? result | (-1 << (shift + 7)) : result;
      }
    }
    return this.fail("signed LEB128 is longer than 32 bits", start);
  }

  /** LEB128 of at most `bits` bits as a bigint. */
  bigLeb(bits: number, signed: boolean): bigint {
    const start = this.at;
    const longest = Math.ceil(bits / 7);
    let result = 0n;
    for (let i = 0; i < longest; i++) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        const value = signed ? BigInt.asIntN(7 * (i + 1), result) : result;
        const fits = signed ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
        if (!fits) this.fail(`LEB128 is longer than ${bits} bits`, start);
        return value;
      }
    }
    return this.fail(`LEB128 is longer than ${bits} bits`, start);
  }

  /** A LEB-prefixed UTF-8 name; malformed UTF-8 is an error, as in the core specification. */
  name(): string {
    const start = this.at;
    const bytes = this.take(this.leb());
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail("malformed UTF-8", start);
    }
  }
}

/** Decodes UTF-8 that need not be well formed (guest output, JavaScript strings). */
export function decodeText(bytes: Uint8Array): string {
  return utf8Lossy.decode(bytes);
}

const encoder = new TextEncoder();

/** The UTF-8 bytes of `text`. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Appends to a buffer that grows by doubling. */
export class ByteWriter {
  #bytes: Uint8Array;
  /** Count of bytes written. */
  length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(Math.max(16, capacity));
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const need = this.length + more;
    if (need <= this.#bytes.length) return;
    let capacity = this.#bytes.length * 2;
    while (capacity < need) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  u8(byte: number): void {
    if (this.length === this.#bytes.length) this.reserve(1);
    this.#bytes[this.length++] = byte;
  }

  u32(value: number): void {
    this.u8(value & 0xff);
    this.u8((value >>> 8) & 0xff);
    this.u8((value >>> 16) & 0xff);
    this.u8(value >>> 24);
  }

  /** Copies `source[from..to)`. */
  copy(source: Uint8Array, from = 0, to = source.length): void {
    const count = to - from;
    this.reserve(count);
    if (count < 24) {
      const bytes = this.#bytes;
      let at = this.length;
      for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    } else {
      this.#bytes.set(source.subarray(from, to), this.length);
    }
    this.length += count;
  }

  /** Unsigned LEB128 in its shortest form; `value` is an integer below 2^53. */
  leb(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** Unsigned LEB128 of a bigint (a u64) in its shortest form. */
  bigLeb(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  /** Signed LEB128 in its shortest form; `value` is an i32. */
  sleb(value: number): void {
    let rest = value | 0;
    for (;;) {
      const byte = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40)) {
        this.u8(byte);
        return;
      }
      this.u8(byte | 0x80);
    }
  }

  /** Signed LEB128 of a bigint (an i64) in its shortest form. */
  bigSleb(value: bigint): void {
    let rest = value;
    for (;;) {
      const byte = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40)) {
        this.u8(byte);
        return;
      }
      this.u8(byte | 0x80);
    }
  }

  /** A LEB-prefixed UTF-8 name. */
  name(text: string): void {
    this.sized(encodeText(text));
  }

  /** A LEB-prefixed run of bytes. */
  sized(bytes: Uint8Array): void {
    this.leb(bytes.length);
    this.copy(bytes);
  }

  /** Forgets what was written, and keeps the room. */
  clear(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** A view of what was written, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
