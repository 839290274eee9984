/**
 * Finds and reads the configuration: `javy-prof.config.{json,js,mjs,ts}` or the `javy-prof` key of package.json, in the
 * working directory or above it. A TypeScript one is read by Node where Node strips types (22.18 and later), and else by
 * the esbuild that is installed beside it.
 */
import { randomBytes } from "node:crypto";
import { stat, unlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { lilconfig } from "lilconfig";
import { Diagnostic, unreadable, usageError } from "../base/diagnostics.ts";
import { type Config, parseConfig } from "../index.ts";
import type { CommandIo } from "./io.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** As errors call it. */
  readonly file: string;
  /** Absolute; the configuration's paths are relative to it. */
  readonly folder: string;
}

const names = ["json", "js", "mjs", "ts"].map((extension) => `javy-prof.config.${extension}`);

/** The files, absolute, in which a configuration in a folder may be; `path`: the one that was named. */
export function configPlaces(path: string | undefined, cwd: string): string[] {
  const places = path === undefined ? searching.searchPlaces : [path];
  return places.map((place) => resolve(cwd, place));
}

const importDefault = async (file: string): Promise<unknown> => {
  const { href } = pathToFileURL(file);
  // Node.js keeps a module by its address: what was written since has another
  const written = Math.round((await stat(file)).mtimeMs);
  const module = (await import(`${href}?${written}`)) as { readonly default?: unknown };
  return module.default;
};

const searching = {
  searchPlaces: [...names, "package.json"],
  loaders: { ".js": importDefault, ".mjs": importDefault, ".ts": loadTypeScript },
  cache: false,
};
const searcher = lilconfig("javy-prof", searching);

/** `path`: where it is, instead of searching. @throws Diagnostic (usage). */
export async function loadConfig(path: string | undefined, io: CommandIo): Promise<LoadedConfig> {
  const found = await search(path, io.cwd);
  if (found === null)
    throw usageError(
      "there is no configuration here",
      `looked for ${names.join(", ")} and the javy-prof key of package.json, here and above`,
    );
  const file = relative(io.cwd, found.filepath).split("\\").join("/");
  if (found.isEmpty || found.config === undefined) throw usageError(`${file} has no configuration in it`);
  const isKey = basename(found.filepath) === "package.json";
  const config = parseConfig(found.config, isKey ? `${file} (javy-prof)` : file);
  return { config, file, folder: dirname(found.filepath) };
}

/** What has a configuration in it of the files of a folder, not above it; null where none has. @throws Diagnostic (usage). */
export async function configIn(folder: string): Promise<string | null> {
  const own = lilconfig("javy-prof", { ...searching, stopDir: folder });
  const found = await own.search(folder).catch((error: unknown) => {
    throw usageError(`cannot read the configuration: ${(error as Error).message}`);
  });
  return found && basename(found.filepath);
}

async function search(path: string | undefined, cwd: string) {
  try {
    return path === undefined ? await searcher.search(cwd) : await searcher.load(resolve(cwd, path));
  } catch (error) {
    if (error instanceof Diagnostic) throw error;
    if (path !== undefined && (error as NodeJS.ErrnoException).code === "ENOENT")
      throw unreadable(path, "the configuration", error);
    throw usageError(
      `cannot read the configuration${path === undefined ? "" : ` ${path}`}: ${(error as Error).message}`,
    );
  }
}

async function loadTypeScript(file: string): Promise<unknown> {
  try {
    return await importDefault(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
  }
  // beside the original, so that what it imports is found
  const outfile = `${file}.${randomBytes(8).toString("hex")}.mjs`;
  try {
    const { build } = esbuildBeside(file);
    const options = { bundle: true, packages: "external", format: "esm", platform: "node" } as const;
    await build({ ...options, entryPoints: [file], outfile, logLevel: "silent" });
    return await importDefault(outfile);
  } finally {
    await unlink(outfile).catch(() => {});
  }
}

interface Bundler {
  readonly build: (options: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

function esbuildBeside(file: string): Bundler {
  try {
    return createRequire(file)("esbuild") as Bundler;
  } catch {
    throw usageError(
      `${basename(file)} is TypeScript, which this Node.js does not read`,
      "Node.js 22.18 and later do; or install esbuild beside it: npm install --save-dev esbuild",
    );
  }
}
