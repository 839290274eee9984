/**
 * The JavaScript stack as lines for the terminal, innermost frame first. A recursion is thousands of frames deep:
 * repeated frames are counted instead of printed, and of what is still long only both ends are shown.
 */

import { grouped } from "../../base/numbers.ts";
import type { StackFrame } from "../../result/result.ts";
import { inertText } from "../inert.ts";
import { withoutPlace } from "../labels.ts";

/** Equal frames in a row that are all printed; of more, the first two and their number. */
const EQUAL = 4;
/** Lines of the inner and of the outer end. */
const INNER = 12;
const OUTER = 4;

interface Line {
  readonly text: string;
  readonly frames: number;
}

/** `    at inner (app.js:3:9)` for each frame, folded. */
export function stackLines(stack: readonly StackFrame[], files: readonly string[]): string[] {
  const lines = foldEqual(stack.map((frame) => frameText(frame, files)));
  const cut = lines.slice(INNER, -OUTER);
  const shown = cut.length > 1 ? [...lines.slice(0, INNER), left(cut), ...lines.slice(-OUTER)] : lines;
  return shown.map(({ text }) => `    ${text}`);
}

function foldEqual(frames: readonly string[]): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < frames.length; ) {
    const frame = frames[at]!;
    let end = at;
    while (frames[end] === frame) end++;
    const shown = end - at > EQUAL ? 2 : end - at;
    for (let i = 0; i < shown; i++) lines.push({ text: `at ${frame}`, frames: 1 });
    const more = end - at - shown;
    if (more > 0) lines.push({ text: `… ${grouped(more)} more ${frame}`, frames: more });
    at = end;
  }
  return lines;
}

function left(lines: readonly Line[]): Line {
  const frames = lines.reduce((sum, line) => sum + line.frames, 0);
  return { text: `… ${grouped(frames)} more frames`, frames };
}

function frameText({ function: name, file, line, column }: StackFrame, files: readonly string[]): string {
  const text = inertText(name || "(anonymous)");
  if (file === null || line === null) return text;
  return `${withoutPlace(text)} (${inertText(files[file]!)}:${line}${column === null ? "" : `:${column}`})`;
}
