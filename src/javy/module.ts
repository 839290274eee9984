/**
 * What kind of Javy module a wasm module is, and where its parts are: a *plugin* (QuickJS itself, with a namespace),
 * a *dynamic* module (imports a plugin, holds bytecode), or something else. Sources: javy-codegen 4, javy-plugin-api 7.
 */
import { brotliDecompressSync } from "node:zlib";
import { decodeText } from "../base/bytes.ts";
import type { Module } from "../wasm/types.ts";

export interface PluginModule {
  readonly kind: "plugin";
  readonly namespace: string;
}

export interface DynamicModule {
  readonly kind: "dynamic";
  /** The plugin that it imports. */
  readonly namespace: string;
  /** The serialized program: a copy of the passive data segment. */
  readonly payload: Uint8Array;
  /** The source as `javy_source` holds it, null where it was omitted. */
  readonly source: string | null;
}

export interface OtherModule {
  readonly kind: "other";
}

export type JavyModule = PluginModule | DynamicModule | OtherModule;

/** Tells the kind of a decoded module. */
export function recognise(module: Module): JavyModule {
  const section = module.sections.find(({ id, name }) => id === 0 && name === "import_namespace");
  const exported = (name: string) =>
    module.exports.some((entry) => entry.name === name && entry.kind === "func");
  if (section && exported("invoke") && exported("cabi_realloc")) {
    return { kind: "plugin", namespace: decodeText(customContent(module, "import_namespace")!) };
  }
  const namespace = module.imports.find(({ name }) => name === "invoke")?.module;
  const passive = module.data.find(({ mode }) => mode === "passive");
  if (namespace !== undefined && passive) {
    return {
      kind: "dynamic",
      namespace,
      payload: module.bytes.slice(passive.bytes.start, passive.bytes.end),
      source: embeddedSource(module),
    };
  }
  return { kind: "other" };
}

/** The contents of a custom section, without its name. */
export function customContent(module: Module, name: string): Uint8Array | undefined {
  const section = module.sections.find((candidate) => candidate.id === 0 && candidate.name === name);
  if (!section) return undefined;
  return module.bytes.subarray(section.content + 1 + name.length, section.end);
}

/** More source than this is damage or an attack: a payload of that size would not run on any platform. */
const longestSource = 64 * 1024 * 1024;

function embeddedSource(module: Module): string | null {
  const bytes = customContent(module, "javy_source");
  if (!bytes) return null;
  try {
    return decodeText(brotliDecompressSync(bytes, { maxOutputLength: longestSource }));
  } catch {
    return decodeText(bytes);
  }
}
