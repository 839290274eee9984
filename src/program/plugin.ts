/** A plugin that was read and understood: the embedded one, or one that was given. */
import { createHash } from "node:crypto";
import { named, unsupported } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { refuseUnknownImports } from "../host/wasi.ts";
import type { PluginAbi } from "../javy/abi.ts";
import { readEmbeddedPlugin } from "../javy/embedded.ts";
import { recognise } from "../javy/module.ts";
import { unnamedProvider } from "../javy/plugin-families.ts";
import type { EngineOrigin } from "../result/result.ts";
import { decodeModule } from "../wasm/decode.ts";
import type { Module } from "../wasm/types.ts";
import { EngineModule } from "./engine-module.ts";
import { type Given, readGivenFile } from "./given.ts";
import { type PreparedFacts, preparedEngine } from "./prepared-engine.ts";
import { refuseReservedNames } from "./reserved-names.ts";
import { refuseUnrunnable } from "./runnable.ts";

interface PluginParts {
  readonly origin: Exclude<EngineOrigin, "static">;
  readonly sha256: string;
  readonly size: number;
  readonly namespace: string;
  readonly abi: PluginAbi;
  readonly exports: readonly string[];
  readonly module: Kept<Module>;
  readonly engine: EngineModule;
  readonly prepared: PreparedFacts | null;
}

export class Plugin {
  readonly origin: Exclude<EngineOrigin, "static">;
  readonly sha256: string;
  /** Bytes of its file. */
  readonly size: number;
  /** What its modules import from. */
  readonly namespace: string;
  readonly abi: PluginAbi;
  /** Names of its exports. */
  readonly exports: readonly string[];
  readonly engine: EngineModule;
  /** Where it is the embedded one, made ready when the package was built. */
  readonly prepared: PreparedFacts | null;
  readonly #module: Kept<Module>;

  constructor(parts: PluginParts) {
    this.origin = parts.origin;
    this.sha256 = parts.sha256;
    this.size = parts.size;
    this.namespace = parts.namespace;
    this.abi = parts.abi;
    this.exports = parts.exports;
    this.engine = parts.engine;
    this.prepared = parts.prepared;
    this.#module = parts.module;
  }

  get module(): Module {
    return this.#module.value;
  }

  get bytes(): Uint8Array {
    return this.module.bytes;
  }
}

export interface PluginOptions {
  /** What a module that is to run on it imports from, for plugins that do not say. */
  readonly importedAs?: string;
  /** The function index of its interpreter, where that cannot be found. */
  readonly dispatchFunction?: number | undefined;
}

/** The plugin that was given, or the embedded one. @throws Diagnostic (usage or unsupported) where it cannot be read, or is none. */
export async function choosePlugin(
  given: Given | undefined,
  cwd: string,
  options: PluginOptions = {},
): Promise<Plugin> {
  if (given === undefined) return embeddedPlugin(options);
  const { bytes, name } = await readGivenFile(given, cwd, "the plugin");
  return named(name, () => readPlugin(bytes, sha256Of(bytes), "plugin", options));
}

/** The embedded plugin: as it was prepared, or read anew where something is asked of it that was not. */
export function embeddedPlugin({ dispatchFunction }: PluginOptions = {}): Plugin {
  const prepared = dispatchFunction === undefined ? preparedEngine.found : null;
  if (!prepared) {
    const { bytes, sha256 } = readEmbeddedPlugin();
    return readPlugin(bytes, sha256, "embedded", { dispatchFunction });
  }
  const module = new Kept(() => decodeModule(readEmbeddedPlugin().bytes));
  const { sha256, bytes: size, namespace, abi, exports } = prepared;
  const engine = new EngineModule(module, undefined, prepared);
  return new Plugin({ origin: "embedded", sha256, size, namespace, abi, exports, module, engine, prepared });
}

/** Reads a plugin. @throws Diagnostic (unsupported) where it is none. */
export function readPlugin(
  bytes: Uint8Array,
  sha256: string,
  origin: Plugin["origin"],
  { importedAs = unnamedProvider, dispatchFunction }: PluginOptions = {},
): Plugin {
  const module = decodeModule(bytes);
  const kind = recognise(module);
  if (kind.kind !== "plugin") {
    throw unsupported(
      "this is no Javy plugin",
      "a plugin exports memory, cabi_realloc or canonical_abi_realloc, and invoke or eval_bytecode",
      `found: ${kind.kind === "dynamic" ? "a dynamic module: give it as the program" : describeExports(module)}`,
    );
  }
  refuseReservedNames(module, kind.namespace ?? importedAs);
  refuseUnrunnable(module);
  refuseUnknownImports(module, []);
  const decoded = new Kept(() => module);
  return new Plugin({
    ...{ origin, sha256, size: bytes.length, abi: kind.abi, namespace: kind.namespace ?? importedAs },
    exports: module.exports.map(({ name }) => name),
    module: decoded,
    engine: new EngineModule(decoded, dispatchFunction),
    prepared: null,
  });
}

function describeExports(module: Module): string {
  const names = module.exports.map(({ name }) => name);
  return names.length === 0
    ? "no exports"
    : `exports ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
