/** The files that `run` writes: where they go, whether they can be written there, and writing them. */
import { access, constants, mkdir, open, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { foldersUp } from "../base/folders.ts";
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
  { out, outDir = "" }: Pick<RunFlags, "out" | "outDir">,
): readonly ProfileFile[] {
  const base = basename(path).replace(/\.(?:[cm]?[jt]s|[jt]sx|wasm)$/, "");
  return formats.map((format) => ({ format, out: out ?? join(outDir, base + format.extension) }));
}

const another = "give another place with --out";

/**
 * Before anything runs: can the profile be written where it is wanted? A long run should not end in a typing error. A folder
 * that is not there is made.
 * `inputs`: what must not be overwritten. @throws Diagnostic (usage).
 */
export async function checkProfileFiles(
  files: readonly ProfileFile[],
  inputs: readonly NamedFile[],
  cwd: string,
): Promise<void> {
  for (const { out } of files) if (out !== "-") await makeFolder(out, cwd);
  const outputs = files.map(({ out }) => ({ what: "the profile", file: out, flag: "--out" }));
  await refuseOverwriting(outputs, inputs, cwd);
  for (const { out } of files) {
    const why = out === "-" ? null : await hindrance(resolve(cwd, out));
    if (why !== null) throw usageError(`cannot write the profile ${out}: ${why}`, another);
  }
}

async function makeFolder(out: string, cwd: string): Promise<void> {
  const folder = dirname(out);
  if (folder === ".") return;
  await makeFolders(resolve(cwd, folder)).catch((error: unknown) => {
    throw cannotWrite(`the profile ${out}`, error, another);
  });
}

/**
 * Makes a folder, by its absolute path, and those around it that are not there. One by one: where a file system takes no
 * folders at all (/proc), Node's own recursive way never ends. @throws what the system says.
 */
async function makeFolders(folder: string): Promise<void> {
  for (const one of foldersUp(folder).reverse()) {
    const found = await stat(one).catch(() => null);
    if (found && !found.isDirectory()) throw Object.assign(new Error(one), { code: "ENOTDIR" });
    if (found) continue;
    await mkdir(one).catch((error: NodeJS.ErrnoException) => {
      // another run may have made it
      if (error.code !== "EEXIST") throw error;
    });
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

/** How a profile's file names its input within its first bytes: speedscope's, and the result itself. */
const inputOf = /"input":\s*(?:\{\s*"bytes":\s*\d+,\s*"sha256":\s*)?"([0-9a-f]{64})"/;

/** Whether the file at `path` is a profile that says that it is of another input. */
async function isOfOtherInput(path: string, sha256: string): Promise<boolean> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return false;
  try {
    if (!(await handle.stat()).isFile()) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const found = inputOf.exec(buffer.toString("latin1", 0, bytesRead));
    return found !== null && found[1] !== sha256;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
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
    const file = resolve(io.cwd, out);
    if (await isOfOtherInput(file, result.run.input.sha256))
      notes.push(`${out} was the profile of another input; --out or --out-dir keeps both`);
    try {
      // one that fails does not keep the others from being written
      await writeWhole(file, contentOf(format, result, { events: events !== undefined }));
      written.push(out);
    } catch (cause) {
      error = cannotWrite(`the profile ${out}`, cause, another);
    }
  }
  return { files: written, notes, error };
}
