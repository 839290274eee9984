/**
 * What is given to run, read and told apart: a plugin, a program that needs one, a program that is whole. Nothing is
 * instrumented here; what does not go together is refused here, before anything runs.
 */
import { encodeText } from "../base/bytes.ts";
import { Diagnostic, Exit, unsupported } from "../base/diagnostics.ts";
import { refuseUnknownImports } from "../host/wasi.ts";
import type { PluginAbi } from "../javy/abi.ts";
import type { CompileJob, Compiler } from "../javy/compile.ts";
import { linkDynamic } from "../javy/link.ts";
import { entryFile, type JavyModule, recognise } from "../javy/module.ts";
import { decodeModule } from "../wasm/decode.ts";
import { functionNames } from "../wasm/names.ts";
import { signature } from "../wasm/type-text.ts";
import type { Module } from "../wasm/types.ts";
import { refuseUnrunnable } from "./runnable.ts";

/** A plugin that was read and understood. */
export interface Plugin {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly module: Module;
  /** What its modules import from. */
  readonly namespace: string;
  readonly abi: PluginAbi;
  readonly names: ReadonlyMap<number, string>;
}

/** What providers of Javy 1 and 2, which do not name their namespace, are imported as. */
const oldNamespace = "javy_quickjs_provider_v1";

/**
 * Reads a plugin; throws Diagnostic (exit 4) where it is none. `importedAs`: what a module that is to run on it
 * imports from, for plugins that do not say.
 */
export function readPlugin(bytes: Uint8Array, sha256: string, importedAs = oldNamespace): Plugin {
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
  return { bytes, sha256, module, abi, namespace: namespace ?? importedAs, names: functionNames(module) };
}

export function describeExports(module: Module): string {
  const names = module.exports.map(({ name }) => name);
  return names.length === 0
    ? "no exports"
    : `exports ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
}

/** A program as it was built or given. */
export interface App {
  readonly kind: "dynamic" | "static" | "other";
  readonly bytes: Uint8Array;
  readonly module: Module;
  readonly names: ReadonlyMap<number, string>;
  /** The serialized program, where there is one. */
  readonly payload: Uint8Array | null;
  /** The source that the module carries. */
  readonly source: string | null;
}

/** Compiles JavaScript with the plugin and links it as a dynamic module. @throws Diagnostic (exit 2) on a syntax error. */
export async function buildApp(thread: Compiler, plugin: Plugin, source: string, name: string): Promise<App> {
  const outcome = await thread.compile(compileJob(plugin, source));
  if (outcome.kind === "failed") throw compileError(outcome.message, name);
  const bytes = linkDynamic(plugin, outcome.bytecode, source);
  const module = decodeModule(bytes);
  return { kind: "dynamic", bytes, module, names: functionNames(module), payload: outcome.bytecode, source };
}

/** What the guest's thread is told to compile. @throws Diagnostic (exit 4) where the plugin cannot. */
export function compileJob({ bytes, abi: { realloc, compile } }: Plugin, source: string): CompileJob {
  if (compile === null)
    throw unsupported(
      "the plugin cannot compile JavaScript",
      "it exports neither compile-src nor compile_src",
    );
  return { kind: "compile", plugin: bytes, abi: { realloc, ...compile }, source: encodeText(source) };
}

/** The compiler's message, with the file's own name: `SyntaxError: … at app.js:3:7`. */
function compileError(message: string, name: string): Diagnostic {
  const [first = "the compiler gave no message", ...rest] = message
    .split("\n")
    .map((line) => line.replaceAll(entryFile, name).trim());
  const place = rest.map((line) => /^at (.*:\d+:\d+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const text = first.replace(/^Error: /, "");
  const details = rest.filter((line) => line !== "" && line !== `at ${place}`);
  if (text.startsWith("could not load module"))
    details.push(
      `a program is one file: bundle it, for example: npx esbuild ${name} --bundle --format=esm --outfile=bundle.js`,
    );
  return new Diagnostic(Exit.usage, place ? `${place}: ${text}` : `${name}: ${text}`, details);
}

/** Where plugins of a namespace come from, for messages. */
function whereToFind(namespace: string): string {
  if (namespace.startsWith("shopify_functions_javy"))
    return "Shopify's function-runner carries it in its providers folder, under this name";
  if (namespace.startsWith("javy_quickjs_provider"))
    return "Javy 1 to 3 wrote it with `javy emit-provider -o provider.wasm`; Shopify's function-runner carries it in its providers folder";
  if (namespace.startsWith("javy-default-plugin"))
    return "Javy writes it with `javy emit-plugin -o plugin.wasm`; the version must be that of the module";
  return "it is the plugin that the module was built with (javy build -C plugin=…), from the platform it is for";
}

/** What a dynamic module imports from its plugin. */
function pluginImports(module: Module, namespace: string): string {
  return module.imports
    .filter((entry) => entry.module === namespace)
    .map(({ name }) => name)
    .join(", ");
}

/** The plugin that a program needs: its namespace, or null for one that needs none. */
export function neededPlugin(module: Module): string | null {
  const kind = recognise(module);
  return kind.kind === "dynamic" ? kind.namespace : null;
}

/** A dynamic module without its plugin. */
export function missingPlugin(module: Module, namespace: string): Diagnostic {
  const exported = module.exports.filter(({ kind }) => kind === "func").map(({ name }) => name);
  return unsupported(
    `this dynamic module needs the plugin "${namespace}": give it with --plugin <file>`,
    `it imports ${pluginImports(module, namespace)} from there, and exports ${exported.join(", ") || "nothing"}`,
    whereToFind(namespace),
  );
}

/** Reads a module to run. @throws Diagnostic (exit 4) where it is none, or does not go with the plugin. */
/** `hosted`: a host that the user made gives whatever the module imports. */
export function readApp(bytes: Uint8Array, plugin: Plugin | null, hosted = false): App {
  const module = decodeModule(bytes);
  const kind = recognise(module);
  switch (kind.kind) {
    case "plugin":
      throw unsupported(
        "this is a Javy plugin, not a program",
        "give the program, and this file as --plugin if the program imports it",
      );
    case "dynamic":
      return dynamicApp(module, kind, plugin);
    default: {
      refuseUnrunnable(module);
      if (!hosted) refuseUnknownImports(module, []);
      const [payload, source] = kind.kind === "static" ? [kind.payload, kind.source] : [null, null];
      return { kind: kind.kind, bytes, module, names: functionNames(module), payload, source };
    }
  }
}

function dynamicApp(
  module: Module,
  { namespace, payload, source }: Extract<JavyModule, { kind: "dynamic" }>,
  plugin: Plugin | null,
): App {
  if (plugin === null) throw missingPlugin(module, namespace);
  if (namespace !== plugin.namespace) {
    throw unsupported(
      `this module imports the plugin "${namespace}", but the plugin at hand is "${plugin.namespace}"`,
      "give the plugin that it was built for with --plugin <file>",
      whereToFind(namespace),
    );
  }
  refuseUnrunnable(module);
  refuseUnknownImports(module, [namespace]);
  refuseMistyped(module, plugin);
  return { kind: "dynamic", bytes: module.bytes, module, names: functionNames(module), payload, source };
}

/** Each import from the plugin must be there, as the kind and with the type that the module expects. */
function refuseMistyped(module: Module, plugin: Plugin): void {
  const wrong = module.imports.flatMap((entry) => {
    if (entry.module !== plugin.namespace) return [];
    const given = plugin.module.exports.find(({ name }) => name === entry.name);
    if (!given) return [`${entry.name} is missing`];
    const { description } = entry;
    if (given.kind !== description.kind)
      return [`${entry.name} is a ${given.kind}, wanted is a ${description.kind}`];
    if (description.kind !== "func") return [];
    const [wanted, found] = [
      signature(module, description.type),
      signature(plugin.module, plugin.module.functions[given.index]!),
    ];
    return wanted === found ? [] : [`${entry.name} is ${found}, wanted is ${wanted}`];
  });
  if (wrong.length === 0) return;
  throw unsupported(
    `the plugin at hand does not go with this module, which imports "${plugin.namespace}"`,
    ...wrong,
    "it is of another version: give the plugin that the module was built for with --plugin <file>",
  );
}
