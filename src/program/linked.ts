/**
 * Modules that a program imports from and that were given under the names it imports them by, as wasmtime's --preload takes
 * them: what a platform provides as WebAssembly, a library that is shared. They are metered like the program. Each may
 * import from those before it, and WASI.
 */
import { named, unsupported, usageError } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { refuseUnknownImports, wasiModule } from "../host/wasi.ts";
import { decodeModule } from "../wasm/decode.ts";
import { functionNames } from "../wasm/names.ts";
import { signature } from "../wasm/type-text.ts";
import type { Module } from "../wasm/types.ts";
import { type Given, readGivenFile } from "./given.ts";
import { sha256Of } from "./plugin.ts";
import { refuseReservedNames } from "./reserved-names.ts";
import { refuseUnrunnable } from "./runnable.ts";

/** A module under the name that others import it by. */
export interface LinkedModule {
  readonly namespace: string;
  /** Its file, for messages. */
  readonly name: string;
  readonly module: Module;
  readonly sha256: string;
  /** Function names of its name section, by absolute index. */
  readonly names: Kept<ReadonlyMap<number, string>>;
}

/** Reads them, in their order. @throws Diagnostic: usage where a file cannot be read, unsupported where it is no module. */
export async function readLinked(given: ReadonlyMap<string, Given>, cwd: string): Promise<LinkedModule[]> {
  const linked: LinkedModule[] = [];
  for (const [namespace, one] of given) {
    if (namespace === wasiModule)
      throw usageError(`a module cannot be linked as ${wasiModule}`, "WASI is the host's");
    const { bytes, name } = await readGivenFile(one, cwd, `the module to link as ${namespace}`);
    const module = named(name, () => decodeModule(bytes));
    const names = new Kept(() => functionNames(module));
    linked.push({ namespace, name, module, sha256: sha256Of(bytes), names });
  }
  return linked;
}

/** Why modules cannot be linked to a program. @throws Diagnostic (usage or unsupported). */
export function refuseLinked(program: Module, linked: readonly LinkedModule[]): void {
  linked.forEach(({ namespace, name, module }, i) => {
    const users = [program, ...linked.slice(i + 1).map((one) => one.module)];
    if (!users.some(({ imports }) => imports.some((entry) => entry.module === namespace)))
      throw usageError(
        `nothing imports from "${namespace}", as which ${name} is to be linked`,
        `the program imports from ${[...new Set(program.imports.map((entry) => entry.module))].join(", ") || "nowhere"}`,
      );
    const before = linked.slice(0, i);
    named(name, () => {
      refuseReservedNames(module, namespace);
      refuseUnrunnable(module);
      refuseUnknownImports(
        module,
        before.map((one) => one.namespace),
      );
      for (const one of before) refuseUnfit(module, one);
    });
  });
  for (const one of linked) refuseUnfit(program, one);
}

/** Each import from a module must be there, as the kind and with the type that is expected. */
function refuseUnfit(module: Module, { namespace, module: given }: LinkedModule): void {
  const wrong = misfits(module, namespace, given);
  if (wrong.length === 0) return;
  throw unsupported(
    `the module linked as "${namespace}" does not go with this one`,
    ...wrong,
    ...(wrong.some((one) => /^shopify_function_\w+ is missing$/.test(one))
      ? ["its names have an underscore in front: @shopify/cli gives them to a function that it has built"]
      : []),
  );
}

/** What is wrong with the imports of a module from another one. */
export function misfits(module: Module, namespace: string, from: Module): string[] {
  return module.imports.flatMap(({ module: of, name, description }) => {
    if (of !== namespace) return [];
    const given = from.exports.find((one) => one.name === name);
    if (!given) return [`${name} is missing`];
    if (given.kind !== description.kind)
      return [`${name} is a ${given.kind}, wanted is a ${description.kind}`];
    if (description.kind !== "func") return [];
    const [wanted, found] = [
      signature(module, description.type),
      signature(from, from.functions[given.index]!),
    ];
    return wanted === found ? [] : [`${name} is ${found}, wanted is ${wanted}`];
  });
}
