/**
 * The program that a command is given: read, told apart (JavaScript or WebAssembly), built where it is source,
 * together with the plugin that it runs on.
 */
import { createHash } from "node:crypto";
import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { decodeText } from "../base/bytes.ts";
import { named, unsupported, usageError } from "../base/diagnostics.ts";
import { readEmbeddedPlugin } from "../javy/embedded.ts";
import { recognise } from "../javy/module.ts";
import {
  type App,
  buildApp,
  missingPlugin,
  neededPlugin,
  type Plugin,
  readApp,
  readPlugin,
} from "../program/app.ts";
import { type GivenSource, isStripped } from "../run/lines.ts";
import type { GuestThread } from "../run/thread.ts";
import { decodeModule, isWasm } from "../wasm/decode.ts";
import { looksLikeResult, readInput } from "./result-file.ts";

export interface ChosenPlugin {
  readonly plugin: Plugin;
  readonly engine: "embedded" | "plugin";
}

/** A module has its engine in it. */
export interface NoPlugin {
  readonly plugin: null;
  readonly engine: "static";
  /** A plugin to compile its source with, where one was given and its bytecode was stripped. */
  readonly compiler: Plugin | null;
}

/** The plugin of --plugin, or the embedded one. `importedAs`: for plugins that do not say what they are imported as. */
export async function choosePlugin(
  path: string | undefined,
  cwd: string,
  importedAs?: string,
): Promise<ChosenPlugin> {
  if (path === undefined) {
    const { bytes, sha256 } = readEmbeddedPlugin();
    return { plugin: readPlugin(bytes, sha256), engine: "embedded" };
  }
  const bytes = await readInput(path, cwd, "the plugin");
  return { plugin: named(path, () => readPlugin(bytes, sha256Of(bytes), importedAs)), engine: "plugin" };
}

/** The plugin that a program is to run on: null for a module that is whole. */
export async function pluginFor(
  entry: Entry,
  path: string | undefined,
  cwd: string,
): Promise<ChosenPlugin | NoPlugin> {
  if (entry.kind === "source") return choosePlugin(path, cwd);
  const module = named(entry.name, () => decodeModule(entry.bytes));
  const namespace = neededPlugin(module);
  if (namespace === null) {
    // the module has its engine in it; a plugin that was given can do no harm, and may have to compile its source
    const found = recognise(module);
    const wanted = path !== undefined && found.kind === "static" && isStripped(found.payload);
    const compiler = wanted ? (await choosePlugin(path, cwd)).plugin : null;
    return { plugin: null, engine: "static", compiler };
  }
  const chosen = await choosePlugin(path, cwd, namespace);
  if (path === undefined && chosen.plugin.namespace !== namespace)
    named(entry.name, () => {
      throw missingPlugin(module, namespace);
    });
  return chosen;
}

export type Entry =
  | { readonly kind: "source"; readonly name: string; readonly text: string }
  | { readonly kind: "wasm"; readonly name: string; readonly bytes: Uint8Array };

/** Reads the entry; its name is the path from the working directory with `/`, or the file's own name outside of it. */
export async function readEntry(path: string, cwd: string): Promise<Entry> {
  const file = resolve(cwd, path);
  const bytes = await readInput(path, cwd, "the program");
  const name = shownPath(file, cwd);
  if (bytes.length === 0)
    throw usageError(
      `${name} is empty`,
      "supported: JavaScript (app.js), or a WebAssembly module (app.wasm)",
    );
  if (isWasm(bytes)) return { kind: "wasm", name, bytes };
  if (/\.[cm]?tsx?$/.test(name)) {
    throw usageError(
      `${name} is TypeScript, which QuickJS does not run`,
      `bundle it first, for example: npx esbuild ${name} --bundle --format=esm --outfile=app.js`,
    );
  }
  if (/\.json$/.test(name)) {
    throw usageError(
      `${name} is JSON, not a program`,
      looksLikeResult(bytes)
        ? `it is a result: look at it with javy-prof view ${name}`
        : `give it to a program as its input: javy-prof app.js --input ${name}`,
    );
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return { kind: "source", name, text };
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
export async function readSource(path: string, entry: Entry, cwd: string): Promise<GivenSource> {
  const name = shownPath(resolve(cwd, path), cwd);
  if (entry.kind === "source")
    throw usageError(`${entry.name} is source itself`, "--source is for modules: leave it out");
  const text = decodeText(await readInput(path, cwd, "the source"));
  return { name, text };
}

/** A path as results show it: never absolute, `/` between its parts. */
export function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  if (path === "" || path.startsWith("..") || isAbsolute(path)) return basename(file);
  return path.split(sep).join("/");
}

/** Builds or reads the app. `hosted`: a host that the user made gives it whatever it imports. */
export function makeApp(
  entry: Entry,
  plugin: Plugin | null,
  thread: GuestThread,
  hosted = false,
): Promise<App> {
  if (entry.kind === "source") return buildApp(thread, plugin!, entry.text, entry.name);
  return Promise.resolve(named(entry.name, () => readApp(entry.bytes, plugin, hosted)));
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
