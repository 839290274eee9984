/**
 * Finds esbuild: the one of the project that the entry belongs to, so that it bundles as the project's own build does;
 * else the one beside this package, which is an optional peer. It is loaded when something is to be bundled, never before.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Span, unsupported, usageError } from "../base/diagnostics.ts";
import { textColumn } from "../quickjs/bytecode/line-table.ts";

/** What is used of it: two functions of its JavaScript API, as far as they are. */
export interface Esbuild {
  readonly version: string;
  readonly buildSync: (options: Readonly<Record<string, unknown>>) => {
    readonly outputFiles?: readonly { readonly path: string; readonly text: string }[];
  };
  /** Older ones may lack it. */
  readonly transformSync?:
    | ((source: string, options: Readonly<Record<string, unknown>>) => unknown)
    | undefined;
}

/** One of its messages, of which the errors that it throws have a list: lines are 1-based, columns 0-based, in bytes of UTF-8. */
export interface EsbuildMessage {
  readonly text: string;
  readonly location?: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

/** The place of a message, in characters. */
export function spanOf({ location }: EsbuildMessage): Span | null {
  if (!location) return null;
  const { line, column, lineText: text } = location;
  return { line, column: textColumn(text, column + 1), text };
}

/** The esbuild for an entry in `folder`. @throws Diagnostic (usage) where there is none. */
export async function findEsbuild(folder: string, name: string): Promise<Esbuild> {
  const found = projectsOwn(folder) ?? "esbuild";
  let loaded: Partial<Esbuild> & { readonly default?: Partial<Esbuild> };
  try {
    loaded = await import(found);
  } catch (error) {
    if (found === "esbuild") throw missing(name);
    throw unsupported(
      "the project's esbuild cannot be loaded",
      (error as Error).message.split("\n", 1)[0]!,
      "install it anew: npm install --save-dev esbuild",
    );
  }
  const {
    version = "of no version",
    buildSync,
    transformSync,
  } = loaded.buildSync ? loaded : (loaded.default ?? {});
  if (typeof buildSync !== "function")
    throw unsupported("what the project calls esbuild is none", `found: ${found}`);
  return { version, buildSync, transformSync };
}

/** The address of the module that `import "esbuild"` means in a folder; undefined where it means none. */
function projectsOwn(folder: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(folder, "entry.js")).resolve("esbuild")).href;
  } catch {
    return undefined;
  }
}

function missing(name: string) {
  return usageError(
    `${name} is to be bundled, and esbuild is not installed`,
    "install it in your project: npm install --save-dev esbuild",
    `or bundle it yourself: esbuild ${name} --bundle --format=esm --sourcemap --outfile=app.js`,
  );
}
