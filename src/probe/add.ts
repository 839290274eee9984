/**
 * Writes what plans and the meter add to a module, as entries of its sections, in the order in which link.ts numbered
 * them: imports, the plans' own functions, globals and so on, exports, and what runs at the start.
 */
import { internalError, unsupported } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { body, entry, exportEntry, importEntry, writeLimits, writeTableType } from "../wasm/encode.ts";
import { I64, type ImportDescription, type Module, SectionId } from "../wasm/types.ts";
import type { AddedTypes } from "./added-types.ts";
import type { AddedExport, ImportedFrom, Reference } from "./additions.ts";
import { codeEntry, dataEntry, elementsEntry, globalEntry } from "./entries.ts";
import { isFromOutside, type Linked, type LinkedPlan } from "./link.ts";
import { meterNames } from "./plan.ts";

/** Entries that sections gain, by section id; the start function where it is another than before. */
export interface Added {
  readonly entries: ReadonlyMap<number, readonly Uint8Array[]>;
  /** undefined: as it was; null: none. */
  readonly start: number | null | undefined;
}

class Entries {
  readonly byId = new Map<number, Uint8Array[]>();

  put(id: number, item: Uint8Array): void {
    const there = this.byId.get(id);
    if (there) there.push(item);
    else this.byId.set(id, [item]);
  }
}

export function added(module: Module, linked: Linked, types: AddedTypes): Added {
  const entries = new Entries();
  putImports(entries, linked, types);
  const start = startOf(module, linked);
  if (start.deferred !== undefined)
    entries.put(
      SectionId.export,
      exportEntry({ name: meterNames.start, kind: "func", index: start.deferred }),
    );
  putMeter(entries, module, linked);
  for (const one of linked.plans) putPlan(entries, module, linked, one, types);
  if (start.runs.length > 1) {
    entries.put(
      SectionId.function,
      entry((w) => w.leb(types.index([], []))),
    );
    entries.put(
      SectionId.code,
      body([], (w) => {
        for (const index of start.runs) emit(w, "call", index);
        emit(w, "end");
      }),
    );
  }
  const [only = null] = start.runs;
  const changed = start.deferred !== undefined || start.added;
  return {
    entries: entries.byId,
    start: changed ? (start.runs.length > 1 ? linked.nextFunction : only) : undefined,
  };
}

function putImports(entries: Entries, linked: Linked, types: AddedTypes): void {
  const put = ({ module, name }: ImportedFrom, description: ImportDescription) =>
    entries.put(SectionId.import, importEntry({ module, name, description }));
  for (const { plan } of linked.plans) {
    for (const { params, results = [], ...from } of plan.hooks.filter(isFromOutside))
      put(from, { kind: "func", type: types.index(params, results) });
  }
  const { meter } = linked;
  if (meter?.checks)
    put({ module: meterNames.module, name: meterNames.tick }, { kind: "func", type: types.index([], []) });
  for (const { plan } of linked.plans) {
    const { globals = [], memories = [], tables = [] } = plan.added ?? {};
    for (const one of globals) if ("import" in one) put(one.import, { kind: "global", global: one });
    for (const one of memories) if (one.import) put(one.import, { kind: "memory", memory: one.limits });
    for (const one of tables) if (one.import) put(one.import, { kind: "table", table: one });
  }
  if (meter?.globals.kind !== "import") return;
  for (const name of [meterNames.counter, meterNames.limit])
    put({ module: meter.globals.module, name }, { kind: "global", global: { type: I64, mutable: true } });
}

/** The meter's globals where the module has them itself, at 0 and out of reach. */
function putMeter(entries: Entries, module: Module, { meter, meterAt }: Linked): void {
  if (meter?.globals.kind !== "define") return;
  if (module.exports.some(({ name }) => name === meterNames.counter)) {
    throw unsupported(
      "this module is already instrumented by javy-prof",
      `it exports ${meterNames.counter}`,
      "give the original module",
    );
  }
  for (const initial of [0n, 2n ** 63n - 1n]) entries.put(SectionId.global, globalEntry(I64, true, initial));
  const { counter, limit } = meterAt;
  for (const [name, index] of [
    [meterNames.counter, counter],
    [meterNames.limit, limit],
  ] as const)
    entries.put(SectionId.export, exportEntry({ name, kind: "global", index }));
}

function putPlan(
  entries: Entries,
  module: Module,
  linked: Linked,
  { plan, indices }: LinkedPlan,
  types: AddedTypes,
): void {
  const {
    functions = [],
    globals = [],
    memories = [],
    tables = [],
    data = [],
    elements = [],
  } = plan.added ?? {};
  for (const one of functions) {
    const type = types.index(one.params, one.results);
    entries.put(
      SectionId.function,
      entry((w) => w.leb(type)),
    );
    entries.put(SectionId.code, codeEntry(one, indices));
  }
  for (const one of globals)
    if ("initial" in one) entries.put(SectionId.global, globalEntry(one.type, one.mutable, one.initial));
  for (const one of memories)
    if (!one.import)
      entries.put(
        SectionId.memory,
        entry((w) => writeLimits(w, one.limits)),
      );
  for (const one of tables)
    if (!one.import)
      entries.put(
        SectionId.table,
        entry((w) => writeTableType(w, one)),
      );
  for (const one of data)
    entries.put(SectionId.data, dataEntry(one, one.active ? indices.memory(one.active.memory) : 0));
  for (const { table, from, functions } of elements) {
    const listed = functions.map((of) => indexOf("func", of, linked, indices));
    entries.put(SectionId.element, elementsEntry(indices.table(table), from, listed));
  }
  for (const { name, kind, of } of plan.added?.exports ?? []) {
    if (module.exports.some((one) => one.name === name))
      throw unsupported(`the module has an export named ${JSON.stringify(name)} already`);
    entries.put(SectionId.export, exportEntry({ name, kind, index: indexOf(kind, of, linked, indices) }));
  }
}

function indexOf(
  kind: AddedExport["kind"],
  of: Reference,
  { map }: Linked,
  indices: LinkedPlan["indices"],
): number {
  if ("original" in of) return map[kind](of.original);
  if ("hook" in of) {
    if (kind !== "func") throw internalError("a hook is a function");
    return indices.hook(of.hook);
  }
  const find = {
    func: indices.function,
    global: indices.global,
    memory: indices.memory,
    table: indices.table,
  };
  return find[kind](of.added);
}

/** What runs at instantiation: the plans' own, then the module's, unless that is deferred. */
function startOf(module: Module, { plans, map }: Linked) {
  const own = module.start === null ? undefined : map.func(module.start);
  const deferred = plans.some(({ plan }) => plan.deferStart) ? own : undefined;
  const runs = plans.flatMap(({ plan, indices }) =>
    plan.added?.start === undefined ? [] : [indices.function(plan.added.start)],
  );
  const added = runs.length > 0;
  if (own !== undefined && deferred === undefined) runs.push(own);
  return { runs, deferred, added };
}
