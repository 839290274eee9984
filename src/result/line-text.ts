/**
 * The text of a source line as a result carries it, so that whoever shows a line can show what stands there: without its
 * indentation, and of a line that is longer than `longestText` a part, around what is to be seen in it. Raw text of the
 * program's author: whoever shows it makes it inert. Sources are split when the first of their lines is asked for.
 */
import { ByteColumns, splitLines } from "../base/lines.ts";

/** Most UTF-16 units of a line's text: a bundle's line can be megabytes long. */
export const longestText = 200;

/** How far before a column the statement that it is in may begin, and what is shown before it otherwise. UTF-16 units. */
const farthest = 60;
const before = 24;

/**
 * The text of a line (1-based) of a file by its shown name; null where it is not known. Of a long one what stands around a
 * column (1-based, in UTF-16 units), its beginning where none is given. `…` stands for what is left out before it.
 */
export type LineText = (file: string, line: number, column?: number | null) => string | null;

/**
 * `sourceOf`: the whole source of a file by its shown name, undefined where it is not known. `counted`: what columns count,
 * bytes of UTF-8 as engines do, or units of UTF-16 as maps do.
 */
export function lineTexts(
  sourceOf: (file: string) => string | undefined,
  counted: "bytes" | "units" = "units",
): LineText {
  const split = new Map<string, Lines | null>();
  return (file, line, column = null) => {
    let source = split.get(file);
    if (source === undefined) {
      const whole = sourceOf(file);
      const lines = whole === undefined ? null : splitLines(whole);
      source = lines && { lines, columns: new ByteColumns(lines) };
      split.set(file, source);
    }
    const text = source?.lines[line - 1];
    if (source === null || text === undefined) return null;
    const whole = text.trim();
    if (whole.length <= longestText) return whole;
    if (column === null) return part(whole, 0);
    const index = counted === "bytes" ? source.columns.index(line, column - 1) : column - 1;
    return part(whole, index - text.indexOf(whole));
  };
}

interface Lines {
  readonly lines: readonly string[];
  readonly columns: ByteColumns;
}

/** What is shown of a long line, so that what stands at an index is seen. */
function part(whole: string, index: number): string {
  const start = startOf(whole, index);
  const shown = start === 0 ? "" : "…";
  // no half of a surrogate pair stays at either end
  return (
    shown +
    whole.slice(start, start + longestText - shown.length).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "")
  );
}

/** Where to begin, so that what stands at an index is seen: at its statement, where that is near. */
function startOf(text: string, index: number): number {
  const from = Math.max(0, index - farthest);
  if (from === 0) return 0;
  const [statement = ""] = /^.*[;{}]/s.exec(text.slice(from, index)) ?? [];
  return statement === "" ? index - before : from + statement.length;
}

/** What a frame of a stack says of its place where the line is long, and has more on it than the frame; else nothing. */
export function frameText(
  textOf: LineText | undefined,
  files: readonly string[],
  { file, line, column }: { file: number | null; line: number | null; column: number | null },
): { readonly text?: string } {
  if (file === null || line === null || column === null) return {};
  const text = textOf?.(files[file]!, line, column) ?? "";
  return text.length + 2 > longestText ? { text } : {};
}
