/**
 * The lines of a source as a listing shows them, one cell a tab. A bundle's line can be megabytes long: of such a line
 * what stands at a column is shown; columns are the bytecode's, in bytes of UTF-8.
 */
import { ByteColumns, splitLines } from "../base/lines.ts";
import { inertText } from "./inert.ts";

/** Characters of a line that is shown whole. */
const longest = 200;

export class SourceLines {
  readonly lines: readonly string[];
  readonly #columns: ByteColumns;

  constructor(text: string) {
    this.lines = splitLines(text);
    this.#columns = new ByteColumns(this.lines);
  }

  /** Whether a line is shown by what stands at a column. */
  isLong(line: number): boolean {
    return (this.lines[line - 1]?.length ?? 0) > longest;
  }

  /** The text of a line (1-based), inert; of a long one from a column (1-based, in bytes). Undefined where there is none. */
  text(line: number, column: number | null): string | undefined {
    const whole = this.lines[line - 1];
    if (whole === undefined) return undefined;
    const from = column === null || !this.isLong(line) ? 0 : this.#columns.index(line, column - 1);
    const part = `${from > 0 ? "…" : ""}${whole.slice(from, from + longest)}`;
    return inertText(part.trimEnd().replaceAll("\t", "  "));
  }
}
