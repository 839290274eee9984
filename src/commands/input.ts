/** Files that a command reads besides the program. */
import { basename, resolve } from "node:path";
import { decodeText } from "../base/bytes.ts";
import { mostText, readWhole } from "../base/read-whole.ts";
import { parseResult, type Result } from "../index.ts";

/** Reads a file by its path from `cwd`. @throws Diagnostic (usage) that says `what` it should have been. */
export function readInput(path: string, cwd: string, what: string): Promise<Uint8Array> {
  return readWhole(resolve(cwd, path), path, what);
}

/** The same for what is to be a text, which is not as large as a file may be. */
export function readTextBytes(path: string, cwd: string, what: string): Promise<Uint8Array> {
  return readWhole(resolve(cwd, path), path, what, mostText);
}

export async function readText(path: string, cwd: string, what: string): Promise<string> {
  return decodeText(await readTextBytes(path, cwd, what));
}

/** What the files that are made of a result are called, without an extension: `cart` of `out/cart.fuel.json`. */
export function baseOfResult(path: string): string {
  return basename(path).replace(/(\.fuel)?\.json$/, "");
}

/** The result in the file at `path`. */
export async function readResult(path: string, cwd: string): Promise<Result> {
  return parseResult(await readText(path, cwd, "the result"), path);
}
