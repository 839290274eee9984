/**
 * What was given, as bytes or as the path of a file: read, and told apart into JavaScript and WebAssembly. Nothing is
 * decoded here.
 */
import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { decodeText } from "../base/bytes.ts";
import { unsupported, usageError } from "../base/diagnostics.ts";
import { mostText, readWhole, tooLarge } from "../base/read-whole.ts";
import { looksLikeResult } from "../result/read-result.ts";
import type { SourceMap } from "../result/source-map.ts";
import { isWasm } from "../wasm/decode.ts";

/** A path from the working directory, or the bytes with the name that is to be shown. */
export type Given = string | { readonly name: string; readonly bytes: Uint8Array };

export interface SourceEntry {
  readonly kind: "source";
  readonly name: string;
  readonly text: string;
  /** Where it is, absolute; null for bytes. */
  readonly path: string | null;
  /** The source map of its text, where there is one. */
  readonly map: GivenMap | null;
  /** The files, absolute, that the text is a bundle of; null where it is none. */
  readonly bundled: readonly string[] | null;
  /** Exports that its module is to have besides `_start`. */
  readonly exports: readonly string[];
}

/** A source map as it was found. */
export interface GivenMap {
  /** As it is shown. */
  readonly name: string;
  readonly json: string;
  /** The same, read. */
  readonly parsed: SourceMap;
  /** What its sources are relative to, absolute. */
  readonly folder: string;
}

export type Entry =
  | SourceEntry
  | {
      readonly kind: "wasm";
      readonly name: string;
      readonly bytes: Uint8Array;
      /** As of a source. */
      readonly path: string | null;
    };

/** A source that was given for a module. */
export interface GivenSource {
  /** The file, as it is shown. */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads what was given, a path from the working directory or bytes; `what` it should have been stands in the error,
 * `most`: bytes that it may have. @throws Diagnostic (usage).
 */
export async function readGivenFile(
  given: Given,
  cwd: string,
  what: string,
  most?: number,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  if (typeof given !== "string") return given;
  return { name: given, bytes: await readWhole(resolve(cwd, given), given, what, most) };
}

/** A path as results show it: never absolute, `/` between its parts; the file's own name outside of the directory. */
export function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  if (path === "" || path.startsWith("..") || isAbsolute(path)) return basename(file);
  return path.split(sep).join("/");
}

/** Reads the program. @throws Diagnostic (usage or unsupported) where it is neither JavaScript nor WebAssembly. */
export async function readEntry(given: Given, cwd: string): Promise<Entry> {
  const { name: path, bytes } = await readGivenFile(given, cwd, "the program");
  const name = typeof given === "string" ? shownPath(resolve(cwd, path), cwd) : path;
  if (bytes.length === 0)
    throw usageError(
      `${name} is empty`,
      "supported: JavaScript (app.js), or a WebAssembly module (app.wasm)",
    );
  const where = typeof given === "string" ? resolve(cwd, given) : null;
  if (isWasm(bytes)) return { kind: "wasm", name, bytes, path: where };
  if (/\.json$/.test(name)) {
    throw usageError(
      `${name} is JSON, not a program`,
      looksLikeResult(bytes)
        ? `it is a result: look at it with javy-prof view ${name}`
        : `give it to a program as its input: javy-prof app.js --input ${name}`,
    );
  }
  if (bytes.length > mostText) throw tooLarge(name, "the program", bytes.length);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const asGiven = { map: null, bundled: null, exports: [] };
    if (!text.includes("\0")) return { kind: "source", name, text, path: where, ...asGiven };
  } catch {
    // Not UTF-8: neither kind.
  }
  const head = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw unsupported(
    `${name} is neither JavaScript nor WebAssembly`,
    `found: ${bytes.length} bytes beginning ${head}`,
    "supported: JavaScript in UTF-8 (app.js), or a WebAssembly module (app.wasm)",
  );
}

/** Reads the source that a module was built from. */
export async function readSource(given: Given, entry: Entry, cwd: string): Promise<GivenSource> {
  if (entry.kind === "source")
    throw usageError(`${entry.name} is source itself`, "--source is for modules: leave it out");
  const { name, bytes } = await readGivenFile(given, cwd, "the source", mostText);
  return {
    name: typeof given === "string" ? shownPath(resolve(cwd, given), cwd) : name,
    text: decodeText(bytes),
  };
}
