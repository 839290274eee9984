/**
 * Names for a module's native functions, with or without a name section: QuickJS's builtins and the embedder's natives
 * as JavaScript calls them (`Array.prototype.map`, `JSON.parse`, `Javy.IO.readSync`), and the engine functions that
 * matter, by category. One vocabulary for both kinds of module: the name section is not read.
 *
 * One function often implements several builtins and is told by its last parameter which (`magic`): those names are
 * kept by magic, for a probe to read.
 */
import { codeFacts } from "../../wasm/facts/code-facts.ts";
import { initialMemory } from "../../wasm/facts/initial-memory.ts";
import { initialTable } from "../../wasm/facts/initial-table.ts";
import type { Module } from "../../wasm/types.ts";
import type { Dispatch } from "../dispatch.ts";
import { type EngineVersion, versions } from "../engines/versions.ts";
import { engineFunctions } from "./engine-functions.ts";
import type { EngineCategory } from "./engine-marks.ts";
import { ListReader, magicParameter } from "./function-lists.ts";
import { type Heap, walkHeap } from "./heap-walk.ts";
import { searchAllocators, searchConstructors, searchLists } from "./list-search.ts";
import { joinedName, type NamedNative } from "./native-names.ts";

export interface NativeName {
  readonly kind: "builtin" | "engine";
  /** Of a builtin: all its names joined. Of engine work: its category. */
  readonly name: string;
  /** Where the names differ by it: the parameter that holds the magic, and the name by its value. */
  readonly magic?: { readonly parameter: number; readonly names: ReadonlyMap<number, string> };
}

/** What the module's memory holds of an engine before it runs; null where none of `engines` can be found there. */
export function findHeap(module: Module, engines: readonly EngineVersion[] = versions): Heap | null {
  const lists = new ListReader(module, initialMemory(module), initialTable(module));
  for (const version of engines) {
    const heap = walkHeap(lists, version);
    if (heap !== null) return heap;
  }
  return null;
}

/**
 * JavaScript that the engine begins with, by the address of its bytecode: `TextDecoder.decode`. Prototypes stand for
 * their constructors, as in all names of JavaScript.
 */
export function scriptNames(heap: Heap | null): readonly (readonly [address: number, name: string])[] {
  return (heap?.scripts ?? []).map(([address, name]) => [address, name.replace(".prototype", "")] as const);
}

/** The builtins of a module, by name; the engine's own functions are left alone. */
export function findBuiltins(module: Module, heap: Heap | null): readonly NamedNative[] {
  if (heap) return heap.natives;
  const facts = codeFacts(module);
  const lists = new ListReader(module, initialMemory(module), initialTable(module));
  return [...searchLists(lists, facts).natives, ...searchConstructors(lists, facts)];
}

/** The functions that the engine allocates with: calloc where it has one, malloc, free, realloc, what tells a block's size. */
export function findAllocators(module: Module, heap: Heap | null): readonly number[] {
  return (
    heap?.allocators ?? searchAllocators(new ListReader(module, initialMemory(module), initialTable(module)))
  );
}

/** Names by absolute function index. */
export function nameNatives(
  module: Module,
  dispatch: Dispatch,
  heap: Heap | null = findHeap(module),
): Map<number, NativeName> {
  const memory = initialMemory(module);
  const table = initialTable(module);
  const facts = codeFacts(module);
  const lists = new ListReader(module, memory, table);
  const found = heap ? { natives: [], installers: [] } : searchLists(lists, facts);
  const natives = heap?.natives ?? [...found.natives, ...searchConstructors(lists, facts)];
  const names = builtinNames(natives);
  const regexp = [...names].flatMap(([index, { name }]) =>
    name.startsWith("RegExp.prototype.exec") ? [index] : [],
  );
  const allocators = heap?.allocators ?? searchAllocators(lists);
  const categories = engineFunctions({
    module,
    memory,
    table,
    facts,
    dispatch,
    allocators,
    regexp,
    installers: found.installers,
  });
  for (const [index, category] of categories)
    if (!names.has(index)) names.set(index, { kind: "engine", name: category satisfies EngineCategory });
  nameExported(module, names);
  return names;
}

/** What a module exports has a name in any case: often the embedder's own code around the engine. */
function nameExported({ exports, importedFunctions }: Module, names: Map<number, NativeName>): void {
  for (const { kind, index, name } of exports)
    if (kind === "func" && index >= importedFunctions && !names.has(index))
      names.set(index, { kind: "engine", name: `${name} (exported)` });
}

/** Accessors that give back what they are called on; compilers merge them with the engine's own functions. */
const trivial = /\[Symbol\.species\]$/;

/** Names by the function that they are names of. */
export function builtinNames(natives: readonly NamedNative[]): Map<number, NativeName> {
  const byFunction = new Map<number, NamedNative[]>();
  for (const native of natives)
    if (!trivial.test(native.name))
      byFunction.set(native.function, [...(byFunction.get(native.function) ?? []), native]);
  return new Map(
    [...byFunction].map(([index, all]): [number, NativeName] => {
      const name = joinedName(all.map((native) => native.name));
      const parameter = magicParameter(all[0]!.convention);
      const magics = new Set(all.map(({ magic }) => magic));
      const sameWay = all.every(({ convention }) => magicParameter(convention) === parameter);
      if (parameter === undefined || !sameWay || magics.size < 2) return [index, { kind: "builtin", name }];
      const names = new Map(
        [...magics].map((magic) => [
          magic,
          joinedName(all.filter((native) => native.magic === magic).map((native) => native.name)),
        ]),
      );
      return [index, { kind: "builtin", name, magic: { parameter, names } }];
    }),
  );
}
