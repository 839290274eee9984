/**
 * Text in terminal columns: how many cells it takes, padding it, cutting it. Expects inert text (inert.ts).
 * Width is by code point (wide CJK and emoji two, combining marks none), which is what terminals agree on.
 */

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NONE = /\p{Mn}|\p{Me}|\u200c|\u200d/u;

const charWidth = (char: string): number =>
  char < "\u0300" ? 1 : NONE.test(char) ? 0 : WIDE.test(char) ? 2 : 1;

/** The cells that `text` takes on a terminal. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** `text` with spaces up to `width` cells, on its left (`right`-aligned) or right. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const spaces = " ".repeat(Math.max(0, width - cellWidth(text)));
  return align === "left" ? text + spaces : spaces + text;
}

/** `text` in at most `width` cells; an ellipsis stands for what is cut from its start or end. */
export function cut(text: string, width: number, from: "start" | "end"): string {
  if (cellWidth(text) <= width) return text;
  const chars = from === "end" ? [...text] : [...text].reverse();
  const kept: string[] = [];
  let left = width - 1;
  for (const char of chars) {
    left -= charWidth(char);
    if (left < 0) break;
    kept.push(char);
  }
  if (width < 1) return "";
  return from === "end" ? kept.join("") + "…" : "…" + kept.reverse().join("");
}
