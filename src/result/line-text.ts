/**
 * The text of a source line as a result carries it, so that whoever shows a line can show what stands there: without its
 * indentation, and of a line that is longer than `longestText` its beginning. Raw text of the program's author: whoever shows
 * it makes it inert. Sources are split when the first of their lines is asked for.
 */
import { splitLines } from "../base/lines.ts";

/** Most UTF-16 units of a line's text: a bundle's line can be megabytes long. */
export const longestText = 200;

/** The text of a line (1-based) of a file by its shown name; null where it is not known. */
export type LineText = (file: string, line: number) => string | null;

/** `sourceOf`: the whole source of a file by its shown name, undefined where it is not known. */
export function lineTexts(sourceOf: (file: string) => string | undefined): LineText {
  const split = new Map<string, readonly string[] | null>();
  return (file, line) => {
    let lines = split.get(file);
    if (lines === undefined) {
      const source = sourceOf(file);
      lines = source === undefined ? null : splitLines(source);
      split.set(file, lines);
    }
    const text = lines?.[line - 1];
    return text === undefined ? null : shortened(text.trim());
  };
}

/** No half of a surrogate pair stays at the end. */
function shortened(text: string): string {
  return text.length <= longestText ? text : text.slice(0, longestText).replace(/[\ud800-\udbff]$/, "");
}
