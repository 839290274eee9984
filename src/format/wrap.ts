/** Breaks text into lines for the terminal. Expects inert text. */
import { cellWidth } from "./cells.ts";

/** `text` in lines of at most `width` cells, broken at spaces, each behind `indent`; a longer word gets a line of its own. */
export function wrapped(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && cellWidth(last) + 1 + cellWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}
