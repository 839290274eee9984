/**
 * The atom operands of a function's code, by offset: a map that holds where they stand and looks a text up when somebody
 * asks for it. A bundle has hundreds of thousands of them, most of which nobody asks for.
 */

/** What tells the text of an atom by its number: null for a symbol or private brand, undefined where there is no such atom. */
export interface AtomTexts {
  text(atom: number): string | null | undefined;
}

export class CodeAtoms implements ReadonlyMap<number, string | null> {
  /** Offsets of the operands in the code, ascending. */
  readonly offsets: readonly number[];
  /** What the operands are atoms of. */
  readonly texts: AtomTexts;
  readonly #view: DataView;

  /** @throws nothing: that each of the operands is an atom of `texts` is its maker's to see. */
  constructor(code: Uint8Array, offsets: readonly number[], texts: AtomTexts) {
    this.offsets = offsets;
    this.texts = texts;
    this.#view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  }

  get size(): number {
    return this.offsets.length;
  }

  /** Of the operand at an offset of the code. */
  get(offset: number): string | null | undefined {
    return this.has(offset) ? this.#text(offset) : undefined;
  }

  has(offset: number): boolean {
    const { offsets } = this;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return offsets[low] === offset;
  }

  #text(offset: number): string | null {
    return this.texts.text(this.#view.getUint32(offset, true))!;
  }

  /** Whether the other code has atoms of the same texts at the same offsets. */
  isSame(other: CodeAtoms): boolean {
    const { offsets } = this;
    if (offsets.length !== other.offsets.length) return false;
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]!;
      if (other.offsets[i] !== offset || other.#text(offset) !== this.#text(offset)) return false;
    }
    return true;
  }

  *entries(): MapIterator<[number, string | null]> {
    for (const offset of this.offsets) yield [offset, this.#text(offset)];
  }

  *keys(): MapIterator<number> {
    yield* this.offsets;
  }

  *values(): MapIterator<string | null> {
    for (const offset of this.offsets) yield this.#text(offset);
  }

  [Symbol.iterator](): MapIterator<[number, string | null]> {
    return this.entries();
  }

  forEach(
    visit: (text: string | null, offset: number, map: ReadonlyMap<number, string | null>) => void,
  ): void {
    for (const [offset, text] of this) visit(text, offset, this);
  }
}
