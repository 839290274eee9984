/** Files that a command reads besides the program. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { decodeText } from "../base/bytes.ts";
import { unreadable } from "../base/diagnostics.ts";
import { parseResult, type Result } from "../index.ts";

/** Reads a file by its path from `cwd`. @throws Diagnostic (usage) that says `what` it should have been. */
export async function readInput(path: string, cwd: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (error) {
    throw unreadable(path, what, error);
  }
}

/** The result in the file at `path`. */
export async function readResult(path: string, cwd: string): Promise<Result> {
  return parseResult(decodeText(await readInput(path, cwd, "the result")), path);
}
