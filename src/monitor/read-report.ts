/**
 * Reads a report out of a module that has run, however it ended: from the values that it gives by number, and from the
 * memory of the support library.
 */
import { decodeText } from "../base/bytes.ts";
import { integer } from "./evaluate.ts";
import { flatten, isInteger, isMap, isTuple, type MapType, type Type } from "./language-types.ts";
import { formatFloat } from "./number-text.ts";
import type { Report, ReportLayout, ReportMap, ReportValue } from "./report.ts";
import { MapHeader, Mark, StringEntry } from "./support/layout.ts";

/** The state that a module left. */
export interface Remains {
  /** The bits of value `n`, unsigned. */
  readonly value: (n: number) => bigint;
  /** null where the support library was not used. */
  readonly support: SupportRemains | null;
}

export interface SupportRemains {
  readonly memory: Uint8Array;
  /** Address of the entries of strings, and their count. */
  readonly strings: number;
  readonly stringCount: number;
  /** Where printed text is. */
  readonly output: number;
  readonly outputLength: number;
}

export function readReport(layout: ReportLayout, remains: Remains): Report {
  const reader = new Reader(layout, remains.support);
  const rows = layout.rows.map(({ variable, type, place, first }) => {
    const words = flatten(type).map((_, n) => remains.value(first + n));
    return { variable, type, place, value: reader.value(type, wordsToParts(type, words)) };
  });
  return { rows, output: reader.output() };
}

class Reader {
  readonly #layout: ReportLayout;
  readonly #support: SupportRemains | null;
  readonly #view: DataView;

  constructor(layout: ReportLayout, support: SupportRemains | null) {
    this.#layout = layout;
    this.#support = support;
    const { buffer, byteOffset, byteLength } = support?.memory ?? new Uint8Array();
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  value(type: Type, parts: readonly (number | bigint)[]): ReportValue {
    if (isTuple(type)) {
      let from = 0;
      return type.items.map((item) => {
        const count = flatten(item).length;
        from += count;
        return this.value(item, parts.slice(from - count, from));
      });
    }
    const [part] = parts as [number | bigint];
    if (isMap(type)) return this.#map(type, Number(part));
    if (type === "str") return this.#string(Number(part) >>> 0);
    if (type === "bool") return part !== 0;
    if (type === "funcref") return Number(part) - 1;
    return isInteger(type) ? (integer(type, BigInt(part)) as number | bigint) : part;
  }

  #string(number: number): string {
    const known = this.#layout.strings[number];
    if (known !== undefined) return known;
    const entry = this.#support!.strings + number * StringEntry.size;
    return this.#text(this.#word(entry + StringEntry.address), this.#word(entry + StringEntry.length));
  }

  #text(address: number, length: number): string {
    return decodeText(this.#support!.memory.subarray(address, address + length));
  }

  #word(address: number): number {
    return this.#view.getUint32(address, true);
  }

  #map({ key, value }: MapType, address: number): ReportMap {
    if (address === 0 || !this.#support) return { map: [] };
    const keyWords = this.#word(address + MapHeader.keyWords);
    const stride = keyWords + this.#word(address + MapHeader.valueWords);
    const entries = this.#word(address + MapHeader.entries);
    const map = Array.from({ length: this.#word(address + MapHeader.count) }, (_, n) => {
      const words = Array.from({ length: stride }, (_, i) =>
        this.#view.getBigUint64(entries + 8 * (n * stride + i), true),
      );
      return [
        this.#fromWords(key, words.slice(0, keyWords)),
        this.#fromWords(value, words.slice(keyWords)),
      ] as const;
    });
    return { map: map.sort(([a], [b]) => compareKeys(a, b)) };
  }

  #fromWords(type: Type, words: readonly bigint[]): ReportValue {
    const parts = flatten(type).map((_, i) => words[i]!);
    return this.value(type, wordsToParts(type, parts));
  }

  /** What was printed; floats become text here. */
  output(): string {
    if (!this.#support) return "";
    const { memory, output, outputLength } = this.#support;
    const bytes: number[] = [];
    for (let at = output; at < output + outputLength; at++) {
      const byte = memory[at]!;
      const mark = byte === Mark.escape ? memory[at + 1] : undefined;
      if (mark === undefined) bytes.push(byte);
      else if (mark === Mark.itself) {
        bytes.push(Mark.escape);
        at += 1;
      } else {
        const single = mark === Mark.single;
        const value = single ? this.#view.getFloat32(at + 2, true) : this.#view.getFloat64(at + 2, true);
        bytes.push(...new TextEncoder().encode(formatFloat(value, single)));
        at += single ? 5 : 9;
      }
    }
    return decodeText(Uint8Array.from(bytes));
  }
}

/** Words as the parts of a value: floats from their bits. */
function wordsToParts(type: Type, words: readonly bigint[]): (number | bigint)[] {
  const bits = new DataView(new ArrayBuffer(8));
  const leaves = (inner: Type): Type[] => (isTuple(inner) ? inner.items.flatMap(leaves) : [inner]);
  return leaves(type).map((leaf, i) => {
    const word = words[i]!;
    bits.setBigUint64(0, word, true);
    if (leaf === "f32") return bits.getFloat32(0, true);
    if (leaf === "f64") return bits.getFloat64(0, true);
    return leaf === "u64" || leaf === "i64" ? word : Number(BigInt.asUintN(32, word));
  });
}

/** Ascending, items of tuples one after the other; text by its characters. */
function compareKeys(a: ReportValue, b: ReportValue): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (const [i, item] of a.entries()) {
      const order = compareKeys(item, b[i]!);
      if (order !== 0) return order;
    }
    return 0;
  }
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}
