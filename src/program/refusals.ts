/** Why a module cannot be run: what does not go together is refused before anything runs, and is said by `info`. */
import { type Diagnostic, unsupported } from "../base/diagnostics.ts";
import { refuseUnknownImports } from "../host/wasi.ts";
import type { JavyModule } from "../javy/module.ts";
import { whereToFind } from "../javy/plugin-families.ts";
import { signature } from "../wasm/type-text.ts";
import type { Module } from "../wasm/types.ts";
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
  hosted: boolean,
): void {
  refuseReservedNames(module);
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
      if (!hosted) refuseUnknownImports(module, []);
  }
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
