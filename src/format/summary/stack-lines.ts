/**
 * The JavaScript stack as lines for the terminal, innermost frame first, with the source of each. A recursion is thousands of frames deep:
 * repeated frames are counted instead of printed, and of what is still long only both ends are shown.
 */

import { grouped } from "../../base/numbers.ts";
import type { Result, StackFrame } from "../../result/result.ts";
import { cellWidth, cut } from "../cells.ts";
import { inertText } from "../inert.ts";
import { withoutPlace } from "../labels.ts";

/** Equal frames in a row that are all printed; of more, the first two and their number. */
const EQUAL = 4;
/** Lines of the inner and of the outer end. */
const INNER = 12;
const OUTER = 4;
/** Cells of source that are worth showing. */
const leastSource = 8;

interface Line {
  readonly text: string;
  readonly frames: number;
  /** What stands there, "" where that is not known. */
  readonly source: string;
}

export interface StackStyle {
  readonly width: number;
  /** Whether source that does not fit is cut. */
  readonly cuts: boolean;
}

/** `    at inner (app.js:3:9)  return x / y;` for each frame, folded. `dim`: paints what stands there. */
export function stackLines(
  stack: readonly StackFrame[],
  { files, lines: rows }: Pick<Result, "files" | "lines">,
  { width, cuts }: StackStyle,
  dim: (text: string) => string,
): string[] {
  const texts = new Map(rows.map(({ file, line, text }) => [`${file} ${line}`, text ?? ""]));
  const lines = foldEqual(
    stack.map((frame) => ({
      frame: frameText(frame, files),
      source: inertText((frame.text ?? texts.get(`${frame.file} ${frame.line}`) ?? "").replaceAll("\t", " ")),
    })),
  );
  const middle = lines.slice(INNER, -OUTER);
  const shown = middle.length > 1 ? [...lines.slice(0, INNER), left(middle), ...lines.slice(-OUTER)] : lines;
  return shown.map(({ text, source }) => {
    const at = `    ${text}`;
    const room = cuts ? width - cellWidth(at) - 2 : Number.POSITIVE_INFINITY;
    return source === "" || room < leastSource ? at : `${at}  ${dim(cut(source, room, "end"))}`;
  });
}

function foldEqual(frames: readonly { readonly frame: string; readonly source: string }[]): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < frames.length; ) {
    const { frame, source } = frames[at]!;
    let end = at;
    while (frames[end]?.frame === frame) end++;
    const shown = end - at > EQUAL ? 2 : end - at;
    for (let i = 0; i < shown; i++) lines.push({ text: `at ${frame}`, frames: 1, source });
    const more = end - at - shown;
    if (more > 0) lines.push({ text: `… ${grouped(more)} more ${frame}`, frames: more, source: "" });
    at = end;
  }
  return lines;
}

function left(lines: readonly Line[]): Line {
  const frames = lines.reduce((sum, line) => sum + line.frames, 0);
  return { text: `… ${grouped(frames)} more frames`, frames, source: "" };
}

function frameText({ function: name, file, line, column }: StackFrame, files: readonly string[]): string {
  const text = inertText(name || "(anonymous)");
  if (file === null || line === null) return text;
  return `${withoutPlace(text)} (${inertText(files[file]!)}:${line}${column === null ? "" : `:${column}`})`;
}
