/**
 * What stood in memory at the addresses of functions, to be compared when an address is seen again. All of it lies in a few
 * large arrays: a program can have hundreds of thousands of functions, most of which are never called.
 */
import type { FunctionFields } from "../quickjs/memory/functions.ts";

/** A function of a unit, by index. */
export interface UnitPlace {
  readonly unit: number;
  readonly index: number;
}

/** Entries of a chunk, and bytes of code. */
const chunkEntries = 4096;
const chunkBytes = 1 << 18;

/** Words of an entry: unit, index, chunk of the code, where it begins there, its length, room there; then the fields. */
const headWords = 6;

export class KnownAddresses {
  readonly #entryAt = new Map<number, number>();
  readonly #chunks: Float64Array[] = [];
  readonly #codes: Uint8Array[] = [];
  #codeEnd = 0;
  #words = 0;

  /** The function that was at an address, if what stands there now is the same; else undefined. */
  find(address: number, fields: FunctionFields, code: Uint8Array): UnitPlace | undefined {
    const entry = this.#entryAt.get(address);
    if (entry === undefined) return undefined;
    const words = this.#entry(entry);
    const values = valuesOf(fields);
    for (let i = 0; i < values.length; i++) if (words[headWords + i] !== values[i]) return undefined;
    const [unit, index, chunk, start, length] = words as unknown as number[];
    const known = this.#codes[chunk!]!.subarray(start!, start! + length!);
    return Buffer.compare(known, code) === 0 ? { unit: unit!, index: index! } : undefined;
  }

  /** Keeps what stands at an address; `code` is copied. */
  set(address: number, { unit, index }: UnitPlace, fields: FunctionFields, code: Uint8Array): void {
    const values = valuesOf(fields);
    this.#words = headWords + values.length;
    let entry = this.#entryAt.get(address);
    const isNew = entry === undefined;
    if (entry === undefined) this.#entryAt.set(address, (entry = this.#entryAt.size));
    const words = this.#entry(entry);
    // code that fits where the last one was takes its place
    const room = isNew ? -1 : words[5]!;
    const place =
      code.length <= room ? { chunk: words[2]!, start: words[3]!, room } : this.#allocate(code.length);
    this.#codes[place.chunk]!.set(code, place.start);
    words.set([unit, index, place.chunk, place.start, code.length, place.room, ...values]);
  }

  #entry(entry: number): Float64Array {
    const chunk = Math.floor(entry / chunkEntries);
    const start = (entry % chunkEntries) * this.#words;
    const words = (this.#chunks[chunk] ??= new Float64Array(chunkEntries * this.#words));
    return words.subarray(start, start + this.#words);
  }

  #allocate(length: number): { readonly chunk: number; readonly start: number; readonly room: number } {
    const last = this.#codes.at(-1);
    if (!last || this.#codeEnd + length > last.length) {
      this.#codes.push(new Uint8Array(Math.max(length, chunkBytes)));
      this.#codeEnd = 0;
    }
    const start = this.#codeEnd;
    this.#codeEnd += length;
    return { chunk: this.#codes.length - 1, start, room: length };
  }
}

function valuesOf(fields: FunctionFields): number[] {
  return Object.values(fields).map(Number);
}
