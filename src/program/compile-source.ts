/** JavaScript compiled with a plugin, and what its compiler says in the user's own words. */
import { encodeText } from "../base/bytes.ts";
import { Diagnostic, type Span, unsupported } from "../base/diagnostics.ts";
import { splitLines } from "../base/lines.ts";
import type { CompileJob, Compiler } from "../javy/compile.ts";
import { entryFile } from "../javy/module.ts";
import { type MapData, OriginalPlaces } from "../result/original-places.ts";
import type { Plugin } from "./plugin.ts";
import { preparedCode } from "./prepared-engine.ts";
import { syntaxErrorAt } from "./syntax-error.ts";

/** The bytecode, or that the source imports what it does not have in it, and how to say so. */
export type CompiledEntry =
  | { readonly kind: "bytecode"; readonly bytecode: Uint8Array }
  | { readonly kind: "imports"; readonly error: Diagnostic };

/**
 * Compiles a source, which `map` leads from; `folder`: where it is, null where it is in none. @throws Diagnostic (usage) on a syntax error, (unsupported) where the plugin
 * cannot compile.
 */
export async function compileSource(
  compiler: Compiler,
  plugin: Plugin,
  source: string,
  name: string,
  map: MapData | null,
  folder: string | null = null,
): Promise<CompiledEntry> {
  const outcome = await compiler.compile(compileJob(plugin, source));
  if (outcome.kind === "bytecode") return outcome;
  const error = await compileError(outcome.message, source, name, map, folder);
  if (!error.message.startsWith("could not load module")) throw error;
  return { kind: "imports", error };
}

/** What a compiler is asked for. @throws Diagnostic (unsupported) where the plugin cannot compile. */
export function compileJob(plugin: Pick<Plugin, "bytes" | "abi" | "prepared">, source: string): CompileJob {
  const { realloc, compile } = plugin.abi;
  if (compile === null)
    throw unsupported(
      "the plugin cannot compile JavaScript",
      "it exports neither compile-src nor compile_src",
    );
  // one compiled module serves the compiler and the run
  const code = plugin.prepared ? preparedCode.value : plugin.bytes;
  return { kind: "compile", plugin: code, abi: { realloc, ...compile }, source: encodeText(source) };
}

/** The compiler's message, with the file's own name and the place in the user's own text. */
async function compileError(
  message: string,
  source: string,
  name: string,
  map: MapData | null,
  folder: string | null,
): Promise<Diagnostic> {
  const [first = "the compiler gave no message", ...rest] = message
    .split("\n")
    .map((line) => line.replaceAll(entryFile, name).trim());
  const place = rest.map((line) => /^at (.*):(\d+):(\d+)$/.exec(line)).find((found) => found !== null);
  const text = first.replace(/^Error: /, "");
  const details = rest.filter((line) => line !== "" && line !== place?.[0]);
  if (text.startsWith("could not load module"))
    details.push(
      `a program is one file: bundle it, for example: npx esbuild ${name} --bundle --format=esm --outfile=bundle.js`,
    );
  const error = { kind: "usage", message: text, details, file: place?.[1] ?? name } as const;
  if (!place) return new Diagnostic(error);
  const span = await syntaxErrorAt(source, Number(place[2]), text, folder);
  const places = span.column === null ? null : map && new OriginalPlaces(map);
  const original = places?.at(entryFile, span.line, byteColumn(span));
  if (!original || original.file === name) return new Diagnostic({ ...error, span });
  const line = splitLines(places?.sourceOf(original.file) ?? "")[original.line - 1];
  const there = { line: original.line, column: original.column, text: line };
  return new Diagnostic({ ...error, file: original.file, span: there });
}

/** As engines count columns, in bytes of UTF-8, 1-based. */
function byteColumn({ column, text = "" }: Span): number {
  return encodeText(text.slice(0, (column ?? 1) - 1)).length + 1;
}
