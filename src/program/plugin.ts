/** A plugin that was read and understood: the embedded one, or one that was given. */
import { createHash } from "node:crypto";
import { named, unsupported } from "../base/diagnostics.ts";
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
import { refuseUnrunnable } from "./runnable.ts";

export interface Plugin {
  readonly origin: Exclude<EngineOrigin, "static">;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly module: Module;
  /** What its modules import from. */
  readonly namespace: string;
  readonly abi: PluginAbi;
  readonly engine: EngineModule;
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
  if (given === undefined) {
    const { bytes, sha256 } = readEmbeddedPlugin();
    return readPlugin(bytes, sha256, "embedded", options);
  }
  const { bytes, name } = await readGivenFile(given, cwd, "the plugin");
  return named(name, () => readPlugin(bytes, sha256Of(bytes), "plugin", options));
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
  refuseUnrunnable(module);
  refuseUnknownImports(module, []);
  const { namespace, abi } = kind;
  const engine = new EngineModule(module, dispatchFunction);
  return { origin, bytes, sha256, module, abi, namespace: namespace ?? importedAs, engine };
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
