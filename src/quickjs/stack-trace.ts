/**
 * Reads the stack trace that the engine prints for an uncaught exception:
 *
 *   Error: boom
 *       at inner (function.mjs:3:9)
 *       at native_sort (native)
 *       at <anonymous> (function.mjs:8:1)
 */

export interface TraceFrame {
  readonly function: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

export interface Trace {
  readonly message: string;
  /** Innermost first. */
  readonly frames: readonly TraceFrame[];
}

/** How the engine begins to print an exception: `Error: …`, `TypeError: …`, `Uncaught …`. */
const startsMessage = /^(Uncaught |\w*Error\b)/;

/** The last trace in what a guest wrote to stderr; null where it wrote nothing. */
export function lastTrace(stderr: string): Trace | null {
  const lines = stderr.trimEnd().split("\n");
  const frames: TraceFrame[] = [];
  let at = lines.length - 1;
  for (; at >= 0; at--) {
    const frame = parseFrame(lines[at]!);
    if (!frame) break;
    frames.unshift(frame);
  }
  // a message can have lines of its own: it begins where the engine says which error it is
  let first = at;
  while (first > 0 && !startsMessage.test(lines[first]!)) first--;
  if (!startsMessage.test(lines[first] ?? "")) first = at;
  const message = lines
    .slice(Math.max(0, first), at + 1)
    .join("\n")
    .trim();
  return message === "" && frames.length === 0 ? null : { message, frames };
}

/** The message with the class of what was thrown: whatever that is, the engine's embedder prints `Error: …`. */
export function messageOf({ message }: Trace, thrown: string | null): string {
  return thrown === null ? message : message.replace(/^Error(?=:|\n|$)/, () => thrown);
}

function parseFrame(line: string): TraceFrame | null {
  const match = /^\s+at (?:(.*?) \()?([^()]*?)(?::(\d+)(?::(\d+))?)?\)?$/.exec(line);
  if (!match) return null;
  const [, name = "", file = "", row, column] = match;
  if (row === undefined) return { function: name || file, file: null, line: null, column: null };
  return { function: name, file, line: Number(row), column: column === undefined ? null : Number(column) };
}
