/**
 * The text of a line of a source that a result names. Its name comes from the program, so only files below the folder are
 * read, links followed; what is not there has no text.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { SourceLines } from "../format/source-lines.ts";

/** Bytes of a source that is read for a few of its lines. */
const mostBytes = 16_000_000;

/** `folder` is absolute. Lines are 1-based. */
export function sourceReader(folder: string): (file: string, line: number) => string | undefined {
  const known = new Map<string, SourceLines | null>();
  return (file, line) => {
    const lines = known.get(file) ?? read(folder, file);
    known.set(file, lines);
    return lines?.text(line, null);
  };
}

function read(folder: string, file: string): SourceLines | null {
  try {
    const path = realpathSync(resolve(folder, file));
    const below = relative(realpathSync(folder), path);
    if (below.startsWith("..") || isAbsolute(below)) return null;
    const { size } = statSync(path);
    return size > mostBytes ? null : new SourceLines(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
