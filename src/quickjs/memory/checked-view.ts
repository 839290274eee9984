/**
 * Checked reads of a guest's linear memory. Nothing that is read is trusted: a pointer is followed only after
 * `holds` said that what it points at lies inside the memory.
 */
import type { BitField } from "../engines/layouts/layout.ts";

/** The memory of a running guest; `bytes` is the whole of it as it is now, since growing replaces it. */
export interface GuestMemory {
  readonly bytes: Uint8Array;
}

export function guestMemory(memory: WebAssembly.Memory): GuestMemory {
  return {
    get bytes() {
      return new Uint8Array(memory.buffer);
    },
  };
}

/** One look at the memory: valid until the guest runs again, and a memory to look at for as long. */
export class Glance implements GuestMemory {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** A look at `memory`: the same one where that is one. */
  static at(memory: GuestMemory): Glance {
    return memory instanceof Glance ? memory : new Glance(memory);
  }

  constructor(memory: GuestMemory) {
    this.bytes = memory.bytes;
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Whether `size` bytes at `pointer` lie inside the memory; a null pointer points at nothing. */
  holds(pointer: number, size: number, alignment = 4): boolean {
    return pointer > 0 && pointer % alignment === 0 && size >= 0 && pointer + size <= this.bytes.length;
  }

  /** Whether a structure lies inside the memory with what stands before it, down to offset `first` (0 or negative). */
  holdsStructure(pointer: number, first: number, size: number): boolean {
    const before = Math.min(first, 0);
    return this.holds(pointer + before, size - before);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, true);
  }

  /** A bit field of the structure at `base`. */
  field(base: number, field: BitField): number {
    const word = this.u32(base + field.offset) >>> field.shift;
    return field.bits === 32 ? word : word & (2 ** field.bits - 1);
  }

  /**
   * The first address from `from` to `last`, `step` apart, of a structure of which a bit field has a value; -1 where there is
   * none. The field has to lie inside one byte.
   */
  search(field: BitField, value: number, from: number, last: number, step: number): number {
    const { bytes } = this;
    const offset = field.offset + (field.shift >>> 3);
    const shift = field.shift & 7;
    const mask = ((1 << field.bits) - 1) << shift;
    const wanted = value << shift;
    for (let at = from; at <= last; at += step) if ((bytes[at + offset]! & mask) === wanted) return at;
    return -1;
  }

  /** The two halves of the NaN-boxed JSValue at an address. */
  value(at: number): Boxed {
    return { tag: this.i32(at + 4), pointer: this.u32(at) };
  }

  /** A copy of `size` bytes. */
  copy(at: number, size: number): Uint8Array {
    return this.bytes.slice(at, at + size);
  }
}

/** A NaN-boxed JSValue of the engine, taken apart. */
export interface Boxed {
  readonly tag: number;
  readonly pointer: number;
}

/** The two halves of a JSValue that the engine passes. */
export function boxed(value: bigint): Boxed {
  return { tag: Number(BigInt.asIntN(32, value >> 32n)), pointer: Number(BigInt.asUintN(32, value)) };
}
