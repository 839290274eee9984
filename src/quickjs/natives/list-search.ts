/**
 * The natives of a module that has not run yet: no heap to walk, but the lists from which QuickJS will make its
 * builtins stand in the data segments, and its constructors are made by calls with constant arguments.
 *
 * Lists lie one behind the other; where one begins, code or another list points. A list whose beginning or whose owner
 * is not known names nothing: in a module that was pre-initialised nothing points to lists any more.
 */
import type { CodeFacts } from "../../wasm/facts/code-facts.ts";
import { Glance } from "../memory/checked-view.ts";
import { constructors, type Owner, owners, taggedGlobals } from "./builtin-owners.ts";
import { entrySize, type ListEntry, type ListReader } from "./function-lists.ts";
import { intrinsicName, memberName, type NamedNative } from "./native-names.ts";

export interface FoundLists {
  /** The natives of the lists in memory. */
  readonly natives: readonly NamedNative[];
  /** The functions that lists are handed to, each with its length: they make builtins of them. */
  readonly installers: readonly number[];
}

export function searchLists(lists: ListReader, facts: ReadonlyMap<number, CodeFacts>): FoundLists {
  const found = readEntries(lists);
  const starts = listStarts(lists, found, facts);
  const natives: NamedNative[] = [];
  const lengths = new Map<number, number>();
  const objects = new Set(
    [...found.values()].flatMap((entry) => (entry.kind === "object" ? [entry.list] : [])),
  );
  for (const at of starts) {
    const list: ListEntry[] = [];
    for (let next = at; found.has(next) && (next === at || !starts.has(next)); next += entrySize)
      list.push(found.get(next)!);
    lengths.set(at, list.length);
    const owner = objects.has(at) ? null : ownerOf(list);
    if (owner !== null) for (const entry of list) addNatives(natives, owner, entry, found);
  }
  // the lists of JSON, Math and the like, each in a list of its own
  for (const entry of found.values())
    if (entry.kind === "object" && lengths.get(entry.list) === entry.length && !entry.name.startsWith("["))
      addNatives(natives, "", entry, found);
  return { natives: unique(natives), installers: installersOf(facts, lengths) };
}

/** So many lists have to be handed to a function before it counts as one that makes builtins. */
const fewestLists = 4;

function installersOf(facts: ReadonlyMap<number, CodeFacts>, lengths: ReadonlyMap<number, number>): number[] {
  const handed = new Map<number, Set<number>>();
  for (const { runs } of facts.values())
    for (const { values, callee } of runs) {
      const [list = 0, length = 0] = values.slice(-2);
      if (callee !== null && lengths.get(list) === length)
        handed.set(callee, (handed.get(callee) ?? new Set()).add(list));
    }
  return [...handed].filter(([, all]) => all.size >= fewestLists).map(([callee]) => callee);
}

function readEntries(lists: ListReader): Map<number, ListEntry> {
  const found = new Map<number, ListEntry>();
  for (let at = 8; at + entrySize <= lists.memory.length; at += 8) {
    const entry = lists.entry(at);
    if (entry) found.set(at, entry);
  }
  return found;
}

/** Addresses of entries that code refers to, that an entry names as a list, or that stand side by side in an array. */
function listStarts(
  { memory }: ListReader,
  found: ReadonlyMap<number, ListEntry>,
  facts: ReadonlyMap<number, CodeFacts>,
): Set<number> {
  const starts = new Set<number>();
  for (const { constants } of facts.values())
    for (const constant of constants) if (found.has(constant)) starts.add(constant);
  for (const entry of found.values()) if (entry.kind === "object") starts.add(entry.list);
  const glance = new Glance({ bytes: memory });
  for (let at = 4; at + 8 <= memory.length; at += 4) {
    const [one, other] = [glance.u32(at), glance.u32(at + 4)];
    if (!found.has(one) || !found.has(other) || one === other) continue;
    starts.add(one);
    starts.add(other);
  }
  return starts;
}

/** The owner of a list, null where none or more than one could be. */
function ownerOf(list: readonly ListEntry[]): string | null {
  const names = new Set(list.map(({ name }) => name));
  const fits = ({ marks, alone }: Owner) =>
    marks.every((mark) => names.has(mark)) && (!alone || names.size === marks.length);
  const candidates = new Set(owners.filter(fits).map(({ name }) => name));
  for (const entry of list) {
    if (entry.kind !== "text" || entry.name !== "[Symbol.toStringTag]") continue;
    const owner = taggedGlobals.has(entry.text) ? `${entry.text}.prototype` : intrinsicName(entry.text);
    if (owner !== null) candidates.add(owner);
  }
  const [owner = null] = candidates;
  return candidates.size === 1 ? owner : null;
}

function addNatives(
  natives: NamedNative[],
  owner: string,
  entry: ListEntry,
  found: ReadonlyMap<number, ListEntry>,
): void {
  const name = memberName(owner, entry.name);
  if (entry.kind === "function") natives.push({ ...entry.native, name });
  else if (entry.kind === "accessor") {
    if (entry.getter) natives.push({ ...entry.getter, name: `get ${name}` });
    if (entry.setter) natives.push({ ...entry.setter, name: `set ${name}` });
  } else if (entry.kind === "object") {
    for (let i = 0; i < entry.length; i++) {
      const inner = found.get(entry.list + i * entrySize);
      if (inner && inner.kind !== "object") addNatives(natives, name, inner, found);
    }
  }
}

function unique(natives: readonly NamedNative[]): NamedNative[] {
  return [...new Map(natives.map((native) => [`${native.function} ${native.name}`, native])).values()];
}

/** JSCFunctionEnum: constructor, constructor_or_func and the like. */
const constructorKinds = [2, 3, 4, 5];

/**
 * Constructors, from the constants in front of a call: the name and the function side by side, in either order, with the
 * number of parameters behind them, and perhaps how the function is called.
 */
export function searchConstructors(lists: ListReader, facts: ReadonlyMap<number, CodeFacts>): NamedNative[] {
  const claims = new Map<string, Map<number, NamedNative>>();
  const claim = (nameAt: number, pointer: number, rest: readonly number[]) => {
    const name = lists.text(nameAt);
    if (name === null || !constructors.has(name)) return;
    const [length = -1, kind = -1, magic = 0] = rest;
    if (length < 0 || length > 7) return;
    const kinds = constructorKinds.includes(kind) ? [kind] : [4];
    for (const one of kinds) {
      const native = lists.native(pointer, one, one % 2 === 1 ? (magic << 16) >> 16 : 0);
      if (native) claims.set(name, (claims.get(name) ?? new Map()).set(native.function, { ...native, name }));
    }
  };
  for (const { runs } of facts.values())
    for (const { values: run } of runs)
      for (let i = 0; i + 2 < run.length; i++) {
        claim(run[i]!, run[i + 1]!, run.slice(i + 2));
        claim(run[i + 1]!, run[i]!, run.slice(i + 2));
      }
  return [...claims.values()].flatMap((all) => (all.size === 1 ? [...all.values()] : []));
}

/** JSMallocFunctions: calloc, malloc, free, realloc and what tells a block's size; older engines have no calloc. */
const allocatorTypes = ["iii>i", "ii>i", "ii>", "iii>i", "i>i"];

/** The functions that a runtime will allocate with, where the one table of them stands in memory. */
export function searchAllocators(lists: ListReader): readonly number[] {
  for (const types of [allocatorTypes, allocatorTypes.slice(1)]) {
    const tables: number[][] = [];
    for (let at = 8; at + 4 * types.length <= lists.memory.length; at += 4) {
      const found = lists.functions(at, types.length);
      if (found.length > 0 && found.every((index, i) => lists.typeOf(index) === types[i])) tables.push(found);
    }
    if (tables.length === 1) return tables[0]!;
  }
  return [];
}
