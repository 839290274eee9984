/**
 * What builtins are called, by what a call of one says of it (gateways.ts): the pointer to the C function, which is an
 * index in the module's table, and the magic. The embedder's own natives, which are called otherwise, have numbers.
 * Plain data: it is kept beside the prepared engine, and crosses into the guest's thread.
 */
import { initialTable } from "../../wasm/facts/initial-table.ts";
import type { Module } from "../../wasm/types.ts";
import type { Heap } from "./heap-walk.ts";
import { builtinNames, findBuiltins } from "./natives.ts";

export interface CalledBuiltins {
  /** Pointer, name, and where one function is several builtins the name by its magic. */
  readonly byPointer: readonly (readonly [
    pointer: number,
    name: string,
    byMagic?: readonly (readonly [magic: number, name: string])[],
  ])[];
  /** By number, which a call tells as -1 - number. */
  readonly embedded: readonly string[];
}

/** The names, and the absolute function indices of the embedder's natives by number. */
export function calledBuiltins(
  module: Module,
  heap: Heap | null,
): { readonly names: CalledBuiltins; readonly embedded: readonly number[] } {
  const natives = findBuiltins(module, heap);
  const named = builtinNames(natives.filter(({ convention }) => convention >= 0));
  const embedded = builtinNames(natives.filter(({ convention }) => convention < 0));
  const byPointer: CalledBuiltins["byPointer"][number][] = [];
  for (const [pointer, index] of initialTable(module)) {
    const found = named.get(index);
    if (found)
      byPointer.push(found.magic ? [pointer, found.name, [...found.magic.names]] : [pointer, found.name]);
  }
  byPointer.sort(([a], [b]) => a - b);
  return {
    names: { byPointer, embedded: [...embedded.values()].map(({ name }) => name) },
    embedded: [...embedded.keys()],
  };
}

/** Says the name of a builtin; of one that nobody named, where its C function is. */
export function namesOf({ byPointer, embedded }: CalledBuiltins): (key: number, magic: number) => string {
  const found = new Map(
    byPointer.map(([pointer, name, byMagic]) => [pointer, { name, byMagic: new Map(byMagic) }]),
  );
  return (key, magic) => {
    if (key < 0) return embedded[-1 - key]!;
    const { name, byMagic } = found.get(key) ?? {};
    return byMagic?.get(magic) ?? name ?? `(C function ${key})`;
  };
}
