/**
 * A script's text and what is wrong with it. A problem is data: where (a half-open range of offsets in UTF-16 units),
 * what, and the likely cure. All problems of a script are collected; format/ writes them with the line and a caret.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Source {
  /** Name as the user gave it, for messages. */
  readonly file: string;
  readonly text: string;
}

export interface Problem {
  readonly span: Span;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to write instead. */
  readonly cure?: string | undefined;
  /** A name that nothing has: perhaps only because its declaration could not be read. */
  readonly unknown?: boolean;
  /** The library that the script calls and that is not there. */
  readonly library?: string;
}

/** Thrown when a script has problems: all of them, in the order of the text, each once. */
export class ScriptError extends Error {
  readonly source: Source;
  readonly problems: readonly Problem[];

  constructor(source: Source, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
    const seen = new Set<string>();
    const distinct = sorted.filter((problem) => {
      const key = `${problem.span.start} ${problem.message}`;
      return !seen.has(key) && seen.add(key);
    });
    const [first] = distinct;
    const { line, column } = position(source.text, first?.span.start ?? 0);
    super(`${source.file}:${line}:${column}: ${first?.message}${first?.cure ? ` (${first.cure})` : ""}`);
    this.name = "ScriptError";
    this.source = source;
    this.problems = distinct;
  }
}

/** 1-based line, and 1-based column in characters (code points), of an offset; `text` is the whole line. */
export function position(text: string, offset: number): { line: number; column: number; text: string } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", offset);
  return {
    line: before.split("\n").length,
    column: [...text.slice(start, offset)].length + 1,
    text: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, ""),
  };
}
