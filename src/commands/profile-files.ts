/** The files that `run` writes: where they go, whether they can be written there, and writing them. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import type { Format } from "../format/files/formats.ts";
import type { Result } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { cannotWrite, writeStdout } from "./output-file.ts";
import type { RunFlags, RunSettings } from "./run-flags.ts";

export interface ProfileFile {
  readonly format: Format;
  /** A path from the working directory, or `-` for stdout. */
  readonly out: string;
}

/** One file a format. `path`: the program's. */
export function profileFiles(
  path: string,
  { formats }: RunSettings,
  { out }: Pick<RunFlags, "out">,
): readonly ProfileFile[] {
  const base = basename(path).replace(/\.(js|mjs|cjs|wasm)$/, "");
  return formats.map((format) => ({ format, out: out ?? base + format.extension }));
}

/**
 * Before anything runs: can the profile be written where it is wanted? A long run should not end in a typing error.
 * `inputs`: paths that must not be overwritten. @throws Diagnostic (usage).
 */
export async function checkProfileFiles(
  files: readonly ProfileFile[],
  inputs: readonly (string | undefined)[],
  cwd: string,
): Promise<void> {
  const place = (file: string) => resolve(cwd, file);
  const sources = inputs.filter((file) => file !== undefined).map(place);
  for (const { out } of files) {
    if (out === "-") continue;
    if (sources.includes(place(out)))
      throw usageError(`the profile would overwrite ${out}`, "give another place with --out");
    const folder = dirname(place(out));
    const [isFolder, taken] = await Promise.all([isDirectory(folder), isDirectory(place(out))]);
    const writable = isFolder && (await access(folder, constants.W_OK).then(yes, no));
    if (writable && !taken) continue;
    throw usageError(
      `cannot write the profile ${out}: ${taken ? "it is a folder" : isFolder ? "its folder is read-only" : "there is no such folder"}`,
      "give another place with --out",
    );
  }
}

const yes = () => true;
const no = () => false;

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), no);
}

export interface Written {
  readonly files: readonly string[];
  /** What is to be said of them. */
  readonly notes: readonly string[];
  /** Why a file could not be written: said after everything else was. */
  readonly error: Error | null;
}

export async function writeProfileFiles(
  files: readonly ProfileFile[],
  result: Result,
  { events }: RunFlags,
  io: CommandIo,
): Promise<Written> {
  const written: string[] = [];
  const notes: string[] = [];
  let error: Error | null = null;
  for (const { format, out } of files) {
    const note = format.note(result);
    if (note !== null) notes.push(note);
    if (out === "-") {
      await writeStdout(format.write(result, { events: events !== undefined }), io);
      continue;
    }
    try {
      // one that fails does not keep the others from being written
      await writeFile(resolve(io.cwd, out), format.write(result, { events: events !== undefined }));
      written.push(out);
    } catch (cause) {
      error = cannotWrite(`the profile ${out}`, cause, "give another place with --out");
    }
  }
  return { files: written, notes, error };
}
