/**
 * Where a user's own `javy` is: what was asked for by name, or the first on PATH, or in node_modules/.bin.
 * The deprecated npm package javy-cli is a script that downloads a binary when it is first run. It is recognised and
 * never started: nothing is downloaded behind the user's back.
 */
import { access, constants, readFile, realpath, stat } from "node:fs/promises";
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { foldersUp } from "../base/folders.ts";

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface UserJavy {
  readonly path: string;
  /** Where it was found, in words: `--javy`, `JAVY`, `PATH`, `node_modules`. */
  readonly from: string;
}

export interface Found {
  /** Null where there is none. */
  readonly javy: UserJavy | null;
  /** What was passed over, and why. */
  readonly skipped: readonly string[];
}

const windows = delimiter === ";";
const downloader = "the npm package javy-cli, which downloads a program at its first run";

/**
 * Finds javy: what was asked for by name (`--javy`, or else the variable JAVY), or the first on PATH, or in
 * node_modules/.bin of this folder or one above. @throws Diagnostic where it was asked for and cannot be used.
 */
export async function findJavy(wanted: string | undefined, world: World): Promise<Found> {
  const asked = wanted ?? (world.env["JAVY"] || undefined);
  if (asked !== undefined) {
    const from = wanted === undefined ? "JAVY" : "--javy";
    return { javy: { path: await askedFor(asked, from, world), from }, skipped: [] };
  }
  const skipped: string[] = [];
  for (const { path, from } of places("javy", world)) {
    const problem = await problemOf(path);
    if (problem === null) return { javy: { path, from }, skipped };
    if (problem !== missing) skipped.push(`${from}: ${problem}`);
  }
  return { javy: null, skipped };
}

async function askedFor(asked: string, from: string, world: World): Promise<string> {
  const candidates = [resolve(world.cwd, asked)];
  // A bare name is a command, as a shell has it.
  if (basename(asked) === asked) candidates.push(...places(asked, world).map(({ path }) => path));
  let found = missing;
  for (const path of candidates) {
    const problem = await problemOf(path);
    if (problem === null) return path;
    if (found === missing) found = problem;
  }
  throw usageError(
    `${from} names ${asked}: ${found}`,
    found === downloader
      ? "nothing is downloaded from here: name the javy program itself, or leave it out to use the embedded engine"
      : "it has to be the javy program; leave it out to use the embedded engine",
  );
}

/** Where a command may lie, in order. Relative entries of PATH are passed over: they would depend on the folder. */
function places(name: string, { env, cwd }: World): UserJavy[] {
  const file = windows && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  const path = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter(isAbsolute);
  const above = foldersUp(cwd).map((folder) => join(folder, "node_modules", ".bin"));
  return [
    ...path.map((folder) => ({ path: join(folder, file), from: "PATH" })),
    ...above.map((folder) => ({ path: join(folder, file), from: "node_modules" })),
  ];
}

const missing = "there is no such file";

/** Why a file cannot be the program; null if nothing speaks against it. */
async function problemOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found) return missing;
  if (!found.isFile()) return "it is not a file";
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!executable) return "it is not executable";
  return (await downloads(path, found.size)) ? downloader : null;
}

/** Whether it is javy-cli's script: by the package that it lies in, or by what a package manager's starter names. */
async function downloads(path: string, size: number): Promise<boolean> {
  const real = await realpath(path);
  for (let folder = dirname(real); dirname(folder) !== folder; folder = dirname(folder)) {
    const described = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
    if (described === null) continue;
    if (/"name"\s*:\s*"javy-cli"/.test(described)) return true;
    break;
  }
  // The program itself has tens of megabytes; a starter is a few lines of text.
  if (size > 65536) return false;
  const text = await readFile(real, "latin1");
  return !text.includes("\0") && /node_modules[\\/]javy-cli[\\/]|[\\/]javy-cli[\\/]index\.js/.test(text);
}
