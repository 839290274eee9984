/** The scripts and libraries that monitor and instrument are given, and those that come with the package. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { problemLines } from "../format/script-problems.ts";
import { libraryNames, libraryScript, monitorNamed, ScriptError, summaryOf } from "../index.ts";
import { readInput, readText } from "./input.ts";
import type { CommandIo } from "./io.ts";

/** A file, or where there is none of that name, a monitor of the library. */
export async function readScript(path: string, io: CommandIo): Promise<{ file: string; text: string }> {
  const named = /^[\w-]+$/.test(path) && !existsSync(resolve(io.cwd, path));
  if (!named) return { file: path, text: await readText(path, io.cwd, "the script") };
  return monitorNamed(path, "there is no file and no monitor");
}

/** The library, a line a monitor. */
export function listMonitors(): string {
  const names = libraryNames();
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${summaryOf(libraryScript(name)!)}\n`).join("");
}

export async function readLibraries(
  given: readonly string[],
  io: CommandIo,
): Promise<Map<string, Uint8Array>> {
  const libraries = new Map<string, Uint8Array>();
  for (const one of given) {
    const [, name, path] = /^(\w+)=(.+)$/.exec(one) ?? [];
    if (!name || !path) throw usageError(`--lib ${one}: write --lib name=path.wasm`);
    libraries.set(name, await readInput(path, io.cwd, `the library ${name}`));
  }
  return libraries;
}

/** Says the problems of a script; throws what is none. */
export function refused(error: unknown, io: CommandIo): Ending {
  if (!(error instanceof ScriptError)) throw error;
  for (const line of problemLines(error)) io.stderr(`${line}\n`);
  return "usage";
}
