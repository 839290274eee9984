/**
 * The plan of a monitor as one for a file that needs no host of ours: the support library and the script's libraries
 * become part of the module, each with a memory of its own; copying between memories becomes code; what a host needs
 * to read the report is exported. An engine needs multi-memory (Node 22, wasmtime, browsers of 2024) where the script
 * has maps, strings, printed text or libraries with memories, and where the program has a memory too.
 */
import { unsupported } from "../../base/diagnostics.ts";
import type { Hook } from "../../probe/action.ts";
import type { AddedExport, AddedFunction } from "../../probe/additions.ts";
import { type Lists, type Merged, merge } from "../../probe/merge.ts";
import type { Plan } from "../../probe/plan.ts";
import { decodeModule } from "../../wasm/decode.ts";
import { emit } from "../../wasm/emit.ts";
import type { ExternKind, Import, Module } from "../../wasm/types.ts";
import { supportBytes, supportLibrary } from "../support/library.ts";
import type { Script } from "../tree.ts";
import { firstForeign, hostModule, libraryModule, supportModule } from "./calls.ts";
import { copyFunction, memoriesOf, type NumberedMemory, sizeFunction } from "./memories.ts";
import { supportExports } from "./state.ts";

/** What a script uses: its libraries in order, null for the support library. */
export interface UsedLibrary {
  readonly name: string;
  readonly module: Uint8Array | null;
}

/** `given`: modules by the libraries' names. */
export function usedLibraries(
  { libraries }: Pick<Script, "libraries">,
  given: ReadonlyMap<string, Uint8Array>,
): UsedLibrary[] {
  return libraries.map((name) => ({ name, module: given.get(name) ?? null }));
}

/** Whether one of the libraries is the support library, or imports from it. */
export function askForSupport(libraries: readonly UsedLibrary[]): boolean {
  return libraries.some(
    (one) =>
      one.module === null || decodeModule(one.module).imports.some(({ module }) => module === supportLibrary),
  );
}

export interface SelfContained {
  readonly plan: Plan;
  /** undefined where it is not part of the file. */
  readonly support: Merged | undefined;
  /** All that generated code can name. */
  readonly memories: readonly NumberedMemory[];
}

/** How bytes are copied between memories, and sizes asked for. */
export interface Between {
  readonly copy: (memories: readonly NumberedMemory[]) => AddedFunction;
  readonly size: (memories: readonly NumberedMemory[]) => AddedFunction;
}

/**
 * @param plan of the rewriting target for `module`, whose hooks are all of the libraries or the host
 * @param needsSupport whether the support library is wanted in any case
 * @throws Diagnostic (unsupported) where a library imports what the file does not have
 */
export function selfContained(
  plan: Plan,
  module: Module,
  libraries: readonly UsedLibrary[],
  needsSupport: boolean,
  between: Between = { copy: copyFunction, size: sizeFunction },
): SelfContained {
  const { functions = [], globals = [], exports = [], start } = plan.added ?? {};
  const lists: Lists = {
    ...{
      functions: [...functions],
      globals: [...globals],
      memories: [],
      tables: [...(plan.added?.tables ?? [])],
      data: [],
      elements: [],
    },
  };
  const asked = (name: string) => plan.hooks.some((hook) => hook.module === name);
  const usesSupport =
    needsSupport ||
    asked(supportModule) ||
    libraries.some((one) => one.module === null || asksSupport(one.module));
  const support = usesSupport
    ? merge("the support library", decodeModule(supportBytes()), lists, () => undefined)
    : undefined;
  const merged = libraries.map(({ name, module: bytes }) =>
    bytes
      ? merge(`the library ${name}`, decodeModule(bytes), lists, (from) => ofSupport(from, support))
      : support!,
  );
  const memories = memoriesOf(module);
  [support, ...merged].forEach((one, n) => {
    const memory = one?.exported("memory", "memory");
    if (memory !== undefined)
      memories.push({
        number: firstForeign + n,
        is64: lists.memories[memory]!.limits.is64,
        index: (indices) => indices.memory(memory),
      });
  });
  const byModule = new Map([
    [supportModule, support],
    ...libraries.map(({ name }, n) => [libraryModule(name), merged[n]] as const),
  ]);
  const hooks = plan.hooks.map((hook): Hook => {
    if (hook.module === hostModule) {
      lists.functions.push(hook.name === "copy" ? between.copy(memories) : between.size(memories));
      return { ...hook, added: lists.functions.length - 1 };
    }
    const added = byModule.get(hook.module)?.exported("func", hook.name);
    if (added === undefined) throw unsupported(`the library has no function ${hook.name}`);
    return { ...hook, added };
  });
  const first = startOf(merged, start);
  if (first) lists.functions.push(first);
  const begins = first ? lists.functions.length - 1 : start;
  return {
    plan: {
      ...plan,
      hooks,
      added: {
        ...lists,
        exports: [...exports.filter(({ kind }) => kind !== "memory"), ...(support ? exportsOf(support) : [])],
        ...(begins !== undefined && { start: begins }),
      },
      // No host of ours calls a start function later.
      deferStart: false,
    },
    support,
    memories,
  };
}

function asksSupport(bytes: Uint8Array): boolean {
  return decodeModule(bytes).imports.some(({ module }) => module === supportLibrary);
}

function ofSupport({ module, name, description }: Import, support: Merged | undefined): number | undefined {
  return module === supportLibrary ? support?.exported(description.kind, name) : undefined;
}

/** What a reader of reports asks the support library for. */
function exportsOf(support: Merged): AddedExport[] {
  return Object.entries(supportExports).map(([own, { name, kind }]) => ({
    ...{ name, kind },
    of: { added: support.exported(kind as ExternKind, own)! },
  }));
}

/** Libraries begin before the script does. */
function startOf(merged: readonly Merged[], start: number | undefined): AddedFunction | undefined {
  const begins = merged.flatMap((one) => [one.start ?? [], one.exported("func", "_initialize") ?? []].flat());
  if (begins.length === 0) return undefined;
  const all = start === undefined ? begins : [...begins, start];
  return {
    ...{ params: [], results: [] },
    write: (w, indices) => {
      for (const n of all) emit(w, "call", indices.function(n));
    },
  };
}
