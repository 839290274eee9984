/**
 * The lines of a source as a listing shows them, one cell a tab. A bundle's line can be megabytes long: of such a line
 * what stands at a column is shown, and columns, which the bytecode counts in bytes of UTF-8, are worked out once a line.
 */
import { indicesOf, splitLines } from "../base/lines.ts";
import { inertText } from "./inert.ts";

/** Characters of a line that is shown whole. */
const longest = 200;

export class SourceLines {
  readonly lines: readonly string[];
  /** By line: for each byte the index of its character; null where all are one byte. */
  readonly #indices = new Map<number, Uint32Array | null>();

  constructor(text: string) {
    this.lines = splitLines(text);
  }

  /** Whether a line is shown by what stands at a column. */
  isLong(line: number): boolean {
    return (this.lines[line - 1]?.length ?? 0) > longest;
  }

  /** The text of a line (1-based), inert; of a long one from a column (1-based, in bytes). Undefined where there is none. */
  text(line: number, column: number | null): string | undefined {
    const whole = this.lines[line - 1];
    if (whole === undefined) return undefined;
    const from = column === null || !this.isLong(line) ? 0 : this.#index(line, whole, column - 1);
    const part = `${from > 0 ? "…" : ""}${whole.slice(from, from + longest)}`;
    return inertText(part.trimEnd().replaceAll("\t", "  "));
  }

  #index(line: number, text: string, byte: number): number {
    let indices = this.#indices.get(line);
    if (indices === undefined) {
      indices = indicesOf(text);
      this.#indices.set(line, indices);
    }
    if (indices === null) return byte;
    return byte < indices.length ? indices[byte]! : text.length;
  }
}
