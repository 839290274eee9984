/**
 * TypeScript, JSX and programs of several files, bundled with esbuild into the one script that Javy takes, with the
 * source map that leads back. Nothing is written. How it bundles is what `npx esbuild app.ts --bundle --format=esm
 * --target=es2023` does, with the project's tsconfig.json: not minified, and with the packages' browser variants, since
 * QuickJS has none of Node's modules.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, dirname, extname, join, posix, resolve } from "node:path";
import { Diagnostic, internalError } from "../base/diagnostics.ts";
import { foldersUp } from "../base/folders.ts";
import { type Esbuild, type EsbuildMessage, findEsbuild, spanOf } from "./esbuild.ts";

/** What QuickJS does not run as it is. */
const needsBundling = /\.(?:[cm]?ts|tsx|jsx)$/;

/** What esbuild makes of a program. */
interface Built {
  readonly outputFiles?: readonly { readonly path: string; readonly text: string }[];
  /** Paths of inputs are those from the entry's folder. */
  readonly metafile?: { readonly inputs: Readonly<Record<string, { readonly format?: "cjs" | "esm" }>> };
}

export interface Bundle {
  readonly text: string;
  /** The source map, as JSON; its sources are paths from the entry's folder. */
  readonly map: string;
  /** The files that it is made of, absolute. */
  readonly files: readonly string[];
}

/** What esbuild calls the text around a file. */
const aroundName = "(function)";

/** Whether a file, by its name, is to be bundled before anything else is tried. */
export function isForBundler(name: string): boolean {
  return needsBundling.test(name);
}

/**
 * Bundles the program in `file` (an absolute path), which is `name` to the user; `around`: TypeScript that imports the file
 * and stands for it. @throws Diagnostic (usage) with what esbuild says, or where there is no esbuild.
 */
export async function bundle(file: string, name: string, around?: string): Promise<Bundle> {
  const folder = dirname(file);
  const { buildSync } = await findEsbuild(folder, name);
  let built: Built;
  try {
    const source =
      around === undefined
        ? { entryPoints: [file] }
        : { stdin: { contents: around, resolveDir: folder, sourcefile: aroundName, loader: "ts" } };
    built = build(buildSync, file, source);
    if (around === undefined && isCommonJs(built, file)) built = build(buildSync, file, await asText(file));
  } catch (error) {
    throw bundlingFailed(error, name);
  }
  const output = (end: string) => built.outputFiles?.find(({ path }) => path.endsWith(end))?.text;
  const [text, map] = [output(".js"), output(".js.map")];
  if (text === undefined || map === undefined)
    throw internalError("esbuild gave no bundle, or no source map");
  const inputs = Object.keys(built.metafile?.inputs ?? {});
  // what stands around the file is none
  const files = inputs.filter((path) => path !== aroundName).map((path) => resolve(folder, path));
  return { text, map, files };
}

function build(buildSync: Esbuild["buildSync"], file: string, entry: object): Built {
  return buildSync({
    ...entry,
    outfile: `${file}.bundle.js`,
    absWorkingDir: dirname(file),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    sourcemap: "external",
    sourcesContent: true,
    metafile: true,
    logLevel: "silent",
  });
}

/** Whether esbuild took the entry for a CommonJS module, which it puts into a function. */
function isCommonJs({ metafile }: Built, file: string): boolean {
  return metafile?.inputs[basename(file)]?.format === "cjs";
}

/**
 * The entry as a text without a package: a file of a package of `"type": "commonjs"` that only imports is CommonJS to
 * esbuild, and that is no more than a wrapper around each part of the program. What a text has in it decides by itself:
 * one with `require`, `module` or `exports` is wrapped all the same.
 */
async function asText(file: string): Promise<object> {
  const folder = dirname(file);
  const stdin = {
    contents: await readFile(file, "utf8"),
    sourcefile: basename(file),
    resolveDir: folder,
    loader: extname(file).replace(/^\.[cm]?/, ""),
  };
  // that of a file is found by esbuild, that of a text is not
  const tsconfig = foldersUp(folder)
    .map((one) => join(one, "tsconfig.json"))
    .find((path) => existsSync(path));
  return { stdin, ...(tsconfig === undefined ? {} : { tsconfig }) };
}

function bundlingFailed(error: unknown, name: string): Diagnostic {
  const { errors } = error as { readonly errors?: readonly EsbuildMessage[] };
  const [first, ...others] = errors ?? [];
  if (!first) {
    const message = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    return new Diagnostic({ kind: "usage", message: `esbuild failed: ${message}`, file: name });
  }
  // esbuild's paths begin at the entry's folder, the user's at the working directory
  const shown = (file: string) => posix.join(posix.dirname(name), file);
  const place = (message: EsbuildMessage) => {
    const { location } = message;
    return location ? `${shown(location.file)}:${location.line}:${spanOf(message)!.column}: ` : "";
  };
  const { location } = first;
  const imported = /^Could not resolve "(.*)"$/.exec(first.text)?.[1] ?? "";
  return new Diagnostic({
    kind: "usage",
    message: first.text,
    details: [
      ...(isBuiltin(imported) ? ["QuickJS has none of Node's modules"] : []),
      ...others.slice(0, 5).map((one) => `${place(one)}${one.text}`),
    ],
    file: location ? shown(location.file) : name,
    span: spanOf(first),
  });
}
