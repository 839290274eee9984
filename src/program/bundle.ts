/**
 * TypeScript, JSX and programs of several files, bundled with esbuild into the one script that Javy takes, with the
 * source map that leads back. Nothing is written. How it bundles is what `npx esbuild app.ts --bundle --format=esm
 * --target=es2023` does, with the project's tsconfig.json: not minified, and with the packages' browser variants, since
 * QuickJS has none of Node's modules.
 */
import { isBuiltin } from "node:module";
import { dirname, posix } from "node:path";
import { Diagnostic, internalError } from "../base/diagnostics.ts";
import { findEsbuild } from "./esbuild.ts";

/** What QuickJS does not run as it is. */
const needsBundling = /\.(?:[cm]?ts|tsx|jsx)$/;

export interface Bundle {
  readonly text: string;
  /** The source map, as JSON; its sources are paths from the entry's folder. */
  readonly map: string;
}

/** Whether a file, by its name, is to be bundled before anything else is tried. */
export function isForBundler(name: string): boolean {
  return needsBundling.test(name);
}

/**
 * Bundles the program in `file` (an absolute path), which is `name` to the user. @throws Diagnostic (usage) with what
 * esbuild says, or where there is no esbuild.
 */
export async function bundle(file: string, name: string): Promise<Bundle> {
  const folder = dirname(file);
  const { buildSync } = await findEsbuild(folder, name);
  let outputs: ReturnType<typeof buildSync>["outputFiles"];
  try {
    ({ outputFiles: outputs } = buildSync({
      entryPoints: [file],
      outfile: `${file}.bundle.js`,
      absWorkingDir: folder,
      bundle: true,
      write: false,
      format: "esm",
      target: "es2023",
      sourcemap: "external",
      sourcesContent: true,
      logLevel: "silent",
    }));
  } catch (error) {
    throw bundlingFailed(error, name);
  }
  const text = outputs?.find(({ path }) => path.endsWith(".js"))?.text;
  const map = outputs?.find(({ path }) => path.endsWith(".js.map"))?.text;
  if (text === undefined || map === undefined)
    throw internalError("esbuild gave no bundle, or no source map");
  return { text, map };
}

/** One of esbuild's messages: lines are 1-based, columns 0-based, in bytes. */
interface Message {
  readonly text: string;
  readonly location?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

function bundlingFailed(error: unknown, name: string): Diagnostic {
  const { errors } = error as { readonly errors?: readonly Message[] };
  const [first, ...others] = errors ?? [];
  if (!first) {
    const message = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    return new Diagnostic({ kind: "usage", message: `esbuild failed: ${message}`, file: name });
  }
  // esbuild's paths begin at the entry's folder, the user's at the working directory
  const shown = (file: string) => posix.join(posix.dirname(name), file);
  const place = ({ location }: Message) =>
    location ? `${shown(location.file)}:${location.line}:${location.column + 1}: ` : "";
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
    span: location ? { line: location.line, column: location.column + 1 } : null,
  });
}
