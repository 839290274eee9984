/**
 * What kind of Javy module a wasm module is, and where its parts are, by imports, exports and segments alone:
 *   plugin   QuickJS itself, without a program; dynamic modules import it
 *   dynamic  imports a plugin and holds bytecode
 *   static   a plugin with a program merged into it: has memory and an entry of its own
 *   other    none of these: it may hold QuickJS all the same (quickjs/dispatch.ts tells)
 * Sources: javy-codegen 1 to 4, javy-plugin-api 1 to 7, and the modules of Javy 0.x and 1.x.
 */
import { brotliDecompressSync } from "node:zlib";
import { decodeText } from "../base/bytes.ts";
import { versions } from "../quickjs/engines/versions.ts";
import { customSection } from "../wasm/sections.ts";
import { funcTypeAt, type Module } from "../wasm/types.ts";
import { type PluginAbi, pluginAbi } from "./abi.ts";
import { commandExport } from "./startup-exports.ts";

export interface PluginModule {
  readonly kind: "plugin";
  /** What its modules import from; null where it does not say, as providers of Javy 1 and 2. */
  readonly namespace: string | null;
  readonly abi: PluginAbi;
}

export interface DynamicModule {
  readonly kind: "dynamic";
  /** The plugin that it imports. */
  readonly namespace: string;
  /** The serialized program: a copy of the passive data segment; null where none looks like one. */
  readonly payload: Uint8Array | null;
  /** The source as `javy_source` holds it, null where it was omitted. */
  readonly source: string | null;
}

export interface StaticModule {
  readonly kind: "static";
  /** Null where the program is in memory already, or is made at run time, or was cut into pieces by an optimiser. */
  readonly payload: Uint8Array | null;
  readonly source: string | null;
}

export interface OtherModule {
  readonly kind: "other";
}

export type JavyModule = PluginModule | DynamicModule | StaticModule | OtherModule;

/** What Javy calls the program's file, in bytecode and in messages. */
export const entryFile = "function.mjs";

/** What a dynamic module takes from a plugin, in any generation. */
const pluginFunctions = ["invoke", "eval_bytecode", "cabi_realloc", "canonical_abi_realloc"];

/** Tells the kind of a decoded module. */
export function recognise(module: Module): JavyModule {
  const namespace = module.imports.find(({ name }) => pluginFunctions.includes(name))?.module;
  if (namespace !== undefined)
    return { kind: "dynamic", namespace, payload: findPayload(module), source: embeddedSource(module) };
  const abi = pluginAbi(module);
  const declared = customSection(module, "import_namespace")?.bytes;
  const exported = (name: string) => module.exports.some((entry) => entry.name === name);
  if (abi && (declared || !exported(commandExport)))
    return { kind: "plugin", namespace: declared ? decodeText(declared) : null, abi };
  const payload = findPayload(module);
  const source = embeddedSource(module);
  if (exported("memory") && (payload || source !== null)) return { kind: "static", payload, source };
  return { kind: "other" };
}

/** Names of the functions that can be called without arguments: what --export can name. */
export function entryPoints(module: Module): string[] {
  return module.exports
    .filter(({ kind, index }) => {
      const type = kind === "func" ? funcTypeAt(module, module.functions[index]!) : undefined;
      return type?.params.length === 0;
    })
    .map(({ name }) => name);
}

/** The passive data segment that begins like a serialized program; names of exported functions are others. */
function findPayload(module: Module): Uint8Array | null {
  const passive = module.data
    .filter(({ mode }) => mode === "passive")
    .map(({ bytes }) => module.bytes.subarray(bytes.start, bytes.end));
  const known = passive.filter((bytes) => versions.some(({ version }) => version === bytes[0]));
  // one of an unknown version is still the program: the longest
  const candidates = known.length > 0 ? known : passive.filter((bytes) => bytes.length > 16);
  const longest = candidates.reduce<Uint8Array | null>(
    (best, bytes) => (best && best.length >= bytes.length ? best : bytes),
    null,
  );
  return longest?.slice() ?? null;
}

/** More source than this is damage or an attack: a payload of that size would not run on any platform. */
const longestSource = 64 * 1024 * 1024;

function embeddedSource(module: Module): string | null {
  const bytes = customSection(module, "javy_source")?.bytes;
  if (!bytes) return null;
  try {
    return decodeText(brotliDecompressSync(bytes, { maxOutputLength: longestSource }));
  } catch {
    return decodeText(bytes);
  }
}
