/** The files that `run` writes: where they go, whether they can be written there, and writing them. */
import { access, constants, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import type { Format } from "../format/files/formats.ts";
import type { Result } from "../index.ts";
import { contentOf } from "./format-content.ts";
import type { CommandIo } from "./io.ts";
import { writeStdout, writeWhole } from "./output-file.ts";
import { placeOf } from "./output-place.ts";
import { type NamedFile, refuseOverwriting } from "./overwriting.ts";
import type { RunFlags } from "./run-flags.ts";
import type { RunSettings } from "./run-settings.ts";
import { cannotWrite } from "./unwritten.ts";

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
  const base = basename(path).replace(/\.(?:[cm]?[jt]s|[jt]sx|wasm)$/, "");
  return formats.map((format) => ({ format, out: out ?? base + format.extension }));
}

const another = "give another place with --out";

/**
 * Before anything runs: can the profile be written where it is wanted? A long run should not end in a typing error.
 * `inputs`: what must not be overwritten. @throws Diagnostic (usage).
 */
export async function checkProfileFiles(
  files: readonly ProfileFile[],
  inputs: readonly NamedFile[],
  cwd: string,
): Promise<void> {
  const outputs = files.map(({ out }) => ({ what: "the profile", file: out, flag: "--out" }));
  await refuseOverwriting(outputs, inputs, cwd);
  for (const { out } of files) {
    const why = out === "-" ? null : await hindrance(resolve(cwd, out));
    if (why !== null) throw usageError(`cannot write the profile ${out}: ${why}`, another);
  }
}

/** Why a file cannot be written there; null where nothing is known to hinder it. */
async function hindrance(file: string): Promise<string | null> {
  const place = await placeOf(file).catch(() => null);
  if (place === null) return "there is no such folder";
  const { path, existing, direct } = place;
  if (direct) return (await isDirectory(path)) ? "it is a folder" : null;
  if (!(await isWritable(dirname(path)))) return "its folder is read-only";
  return existing && !(await isWritable(path)) ? "it is read-only" : null;
}

const yes = () => true;
const no = () => false;

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(yes, no);
}

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
      await writeStdout(contentOf(format, result, { events: events !== undefined }), io);
      continue;
    }
    try {
      // one that fails does not keep the others from being written
      await writeWhole(resolve(io.cwd, out), contentOf(format, result, { events: events !== undefined }));
      written.push(out);
    } catch (cause) {
      error = cannotWrite(`the profile ${out}`, cause, another);
    }
  }
  return { files: written, notes, error };
}
