/**
 * Gives everything that plans bring its index in the module that is written: imports behind the module's own, what is
 * defined behind its own definitions, of each kind in the order of the plans. The meter's imports come last of their
 * kind, its globals first of those that are defined.
 */
import { internalError } from "../base/diagnostics.ts";
import type { BlockType } from "../wasm/emit.ts";
import { afterAddedImports, type IndexMap } from "../wasm/reindex.ts";
import type { Module, ValType } from "../wasm/types.ts";
import type { Hook, Indices } from "./action.ts";
import type { AddedTypes } from "./added-types.ts";
import type { MeterIndices } from "./meter.ts";
import type { Meter, Plan } from "./plan.ts";

/** A plan, and where its things stand. */
export interface LinkedPlan {
  readonly plan: Plan;
  readonly indices: Indices;
}

export interface Linked {
  readonly map: IndexMap;
  readonly plans: readonly LinkedPlan[];
  readonly meter: Meter | undefined;
  readonly meterAt: MeterIndices;
  /** Index of the first function that is defined behind all others: the one that starts several. */
  readonly nextFunction: number;
}

type Kind = "globals" | "memories" | "tables";
const isImported = (one: object): boolean => "import" in one && one.import !== undefined;

/** Whether a hook is an import; others are functions that the plan adds. */
export const isFromOutside = ({ added }: Hook): boolean => added === undefined;

/** Hands out the indices of one space: first those of imports, then those of definitions. */
class Space {
  #import: number;
  #define: number;

  constructor(imported: number, defined: number, addedImports: number) {
    this.#import = imported;
    this.#define = imported + addedImports + defined;
  }

  take(imported: boolean): number {
    return imported ? this.#import++ : this.#define++;
  }
}

export function link(module: Module, plans: readonly Plan[], types: AddedTypes): Linked {
  const meters = plans.flatMap(({ meter }) => meter ?? []);
  if (meters.length > 1) throw internalError("more than one plan has a meter");
  const [meter] = meters;
  const importsMeter = meter?.globals.kind === "import" ? 2 : 0;
  const definesMeter = meter?.globals.kind === "define" ? 2 : 0;
  const tick = meter?.checks ? 1 : 0;

  const hooks = plans.reduce((count, plan) => count + plan.hooks.filter(isFromOutside).length, tick);
  const importsOf = (kind: Kind) =>
    plans.flatMap(({ added }) => (added?.[kind] ?? []).filter(isImported)).length;
  const added = {
    func: hooks,
    table: importsOf("tables"),
    memory: importsOf("memories"),
    global: importsOf("globals") + importsMeter,
  };
  const had = (kind: "table" | "memory") =>
    module.imports.filter(({ description }) => description.kind === kind).length;
  const functions = new Space(
    module.importedFunctions,
    module.functions.length - module.importedFunctions,
    added.func,
  );
  const globals = new Space(
    module.importedGlobals,
    module.globals.length - module.importedGlobals,
    added.global,
  );
  const spaces: Readonly<Record<Kind, Space>> = {
    globals,
    memories: new Space(had("memory"), module.memories.length - had("memory"), added.memory),
    tables: new Space(had("table"), module.tables.length - had("table"), added.table),
  };
  // The meter's own globals are defined before all others, and imported after them.
  const definedMeter = definesMeter ? [globals.take(false), globals.take(false)] : [];
  let data = module.data.length;
  let elements = module.elements;
  const map = afterAddedImports(module, added);

  const linked = plans.map((plan): LinkedPlan => {
    const each = <T extends object>(list: readonly T[] | undefined, space: Space) =>
      (list ?? []).map((one) => space.take(isImported(one)));
    const added = (plan.added?.functions ?? []).map(() => functions.take(false));
    const at = {
      hook: plan.hooks.map((hook) => (isFromOutside(hook) ? functions.take(true) : added[hook.added!]!)),
      function: added,
      global: each(plan.added?.globals, spaces.globals),
      memory: each(plan.added?.memories, spaces.memories),
      table: each(plan.added?.tables, spaces.tables),
      data: (plan.added?.data ?? []).map(() => data++),
      element: (plan.added?.elements ?? []).map(() => elements++),
    };
    const find = (kind: keyof typeof at) => (n: number) => {
      const index = at[kind][n];
      if (index === undefined) throw internalError(`a plan names ${kind} ${n} of ${at[kind].length}`);
      return index;
    };
    const indices: Indices = {
      hook: find("hook"),
      function: find("function"),
      global: find("global"),
      memory: find("memory"),
      table: find("table"),
      data: find("data"),
      element: find("element"),
      type: (params, results) => types.index(params, results),
      blockType: (params, results) => blockType(types, params, results),
      moved: map,
    };
    return { plan, indices };
  });
  const tickAt = tick ? functions.take(true) : null;
  const [counter = 0, limit = 0] = importsMeter ? [globals.take(true), globals.take(true)] : definedMeter;
  return {
    map,
    plans: linked,
    meter,
    meterAt: { counter, limit, tick: tickAt },
    nextFunction: functions.take(false),
  };
}

/** The type of a block, in its shortest form. */
export function blockType(
  types: AddedTypes,
  params: readonly ValType[],
  results: readonly ValType[],
): BlockType {
  if (params.length === 0 && results.length === 0) return null;
  if (params.length === 0 && results.length === 1) return { result: results[0]! };
  return { type: types.index(params, results) };
}
