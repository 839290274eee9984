/** Why a module cannot be run: what does not go together is refused before anything runs, and is said by `info`. */
import { type Diagnostic, unsupported, usageError } from "../base/diagnostics.ts";
import { isShopifyProvider } from "../host/shopify/shopify.ts";
import { refuseUnknownImports } from "../host/wasi.ts";
import type { JavyModule } from "../javy/module.ts";
import { whereToFind } from "../javy/plugin-families.ts";
import type { Module } from "../wasm/types.ts";
import { type LinkedModule, misfits, refuseLinked } from "./linked.ts";
import type { Plugin } from "./plugin.ts";
import { refuseReservedNames } from "./reserved-names.ts";
import { refuseUnrunnable } from "./runnable.ts";

/** What a dynamic module imports from its plugin. */
function pluginImports(module: Module, namespace: string): string {
  return module.imports
    .filter((entry) => entry.module === namespace)
    .map(({ name }) => name)
    .join(", ");
}

/** A dynamic module without its plugin. */
function missingPlugin(module: Module, namespace: string): Diagnostic {
  const exported = module.exports.filter(({ kind }) => kind === "func").map(({ name }) => name);
  return unsupported(
    `this dynamic module needs the plugin "${namespace}": give it with --plugin <file>`,
    `it imports ${pluginImports(module, namespace)} from there, and exports ${exported.join(", ") || "nothing"}`,
    whereToFind(namespace),
  );
}

/**
 * Why a decoded module cannot be run: it is no program, or does not go with its plugin, or needs what nobody gives it.
 * `hosted`: a host that the user made gives whatever the module imports.
 * @throws Diagnostic (unsupported).
 */
export function refuseProgram(
  module: Module,
  javy: JavyModule,
  plugin: Plugin | null,
  linked: readonly LinkedModule[],
  hosted: boolean,
): void {
  refuseReservedNames(module);
  if (linked.length > 0 && javy.kind === "dynamic")
    throw usageError("a dynamic module runs on its plugin alone", "leave --link out");
  if (linked.length > 0 && hosted)
    throw usageError("--host and --link both give the module what it imports", "leave one out");
  switch (javy.kind) {
    case "plugin":
      throw unsupported(
        "this is a Javy plugin, not a program",
        "give the program, and this file as --plugin if the program imports it",
      );
    case "dynamic":
      return refuseDynamic(module, javy.namespace, plugin);
    default:
      refuseUnrunnable(module);
      if (hosted) return;
      refuseMissingProvider(module, linked);
      refuseUnknownImports(
        module,
        linked.map(({ namespace }) => namespace),
      );
      refuseLinked(module, linked);
  }
}

/** A function in another language without the platform's module that it reads and writes through. */
function refuseMissingProvider(module: Module, linked: readonly LinkedModule[]): void {
  const provider = module.imports.map((entry) => entry.module).find(isShopifyProvider);
  if (provider === undefined || linked.some(({ namespace }) => namespace === provider)) return;
  throw unsupported(
    `this Shopify function needs the platform's module "${provider}": give it with --link ${provider}=provider.wasm`,
    `it imports ${pluginImports(module, provider)} from there`,
    "Shopify's function-runner carries it in its providers folder; cargo builds it of the crate shopify_function_provider of that major version, for wasm32-unknown-unknown",
  );
}

function refuseDynamic(module: Module, namespace: string, plugin: Plugin | null): void {
  if (plugin === null) throw missingPlugin(module, namespace);
  if (namespace !== plugin.namespace) {
    // nobody chose the embedded plugin: then the right one is missing
    if (plugin.origin === "embedded") throw missingPlugin(module, namespace);
    throw unsupported(
      `this module imports the plugin "${namespace}", but the plugin at hand is "${plugin.namespace}"`,
      "give the plugin that it was built for with --plugin <file>",
      whereToFind(namespace),
    );
  }
  refuseUnrunnable(module);
  refuseUnknownImports(module, [namespace]);
  refuseMistyped(module, plugin);
}

/** Each import from the plugin must be there, as the kind and with the type that the module expects. */
function refuseMistyped(module: Module, plugin: Plugin): void {
  const wrong = misfits(module, plugin.namespace, plugin.module);
  if (wrong.length === 0) return;
  throw unsupported(
    `the plugin at hand does not go with this module, which imports "${plugin.namespace}"`,
    ...wrong,
    "it is of another version: give the plugin that the module was built for with --plugin <file>",
  );
}
