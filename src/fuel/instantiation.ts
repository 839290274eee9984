/**
 * What wasmtime charges for instantiating a module, its start function's own code aside. Since version 46 what cannot
 * be laid out beforehand is done by a hidden function that runs first, and is charged like any other:
 *
 *   1 for entering it
 *   globals            an initialiser that is more than a number: its instructions
 *   passive elements   their expressions; a list of functions is free, but the hidden function is there
 *   tables             a filling that is not laid out: its instructions, and 1 an element
 *   active elements    from the first on that is not laid out: offset, expressions, and 1 an element
 *   data               all of it, where any is not laid out: offset, and 1 a byte
 *                      laid out, it is looked whether it has to be copied: that loses what is pending
 *   start              1 for calling it
 *
 * Up to version 49 only what was saved counts: the end of the hidden function loses what is pending, and it is saved
 * where data is copied, where a table is worked on with more than some elements, and where the start function is
 * called. Measured case by case: test/fuel/instantiation.json, scripts/record-instantiation.py.
 */
import { type Expression, type Initialisers, initialisers } from "../wasm/facts/initialisers.ts";
import { rowNamed } from "../wasm/opcodes.ts";
import type { Module } from "../wasm/types.ts";
import type { CostModel } from "./models.ts";

/** A table of more elements is never laid out beforehand. */
const largestTable = 1n << 20n;
/** A memory's data is laid out if it lies within this, or fills half of what it spans. */
const alwaysImage = 1n << 24n;

const numbers = ["i32.const", "i64.const", "f32.const", "f64.const", "v128.const"].map(rowNamed);
const [CALL, REF_FUNC, MEMORY_INIT, TABLE_INIT, TABLE_FILL] = [
  "call",
  "ref.func",
  "memory.init",
  "table.init",
  "table.fill",
].map(rowNamed) as [number, number, number, number, number];

/** Fuel of a module's instantiation, without that of its start function. Pure. */
export function instantiationFuel(module: Module, model: CostModel): bigint {
  const rule = model.startup;
  if (rule === null) return 0n;
  const parts = initialisers(module);
  const globals = parts.globals.filter((one) => !isLone(one, numbers));
  const passive = parts.elements.filter(({ mode }) => mode === "passive");
  const tables = fillings(module, parts);
  const elements = copiedElements(module, parts);
  const images = dataImages(module, parts);
  const data = images === null ? parts.data : [];
  const work = [globals, passive, tables, elements, data].some((list) => list.length > 0);
  if (!work && module.start === null) return 0n;

  let saved = BigInt(model.entry);
  let pending = 0n;
  const save = () => {
    saved += pending;
    pending = 0n;
  };
  const evaluate = (...all: readonly Expression[]) => {
    for (const { rows } of all) for (const row of rows) pending += BigInt(model.cost[row]!);
  };
  /** Charges by size; what is small enough to be known when the module is compiled is not saved at once. */
  const units = (row: number, count: bigint, savedAbove: number) => {
    pending += count * BigInt(model.perUnit[row]!);
    if (count > BigInt(savedAbove)) save();
  };
  evaluate(...globals, ...passive.flatMap(({ expressions }) => expressions ?? []));
  for (const { expression, size } of tables) {
    evaluate(expression);
    units(TABLE_FILL, size, rule.tablesSavedAbove);
  }
  for (const { offset, expressions, length } of elements) {
    const items = expressions ?? [];
    evaluate(offset!);
    if (rule.elements !== "units first") evaluate(...items);
    if (rule.elements !== "no units") units(TABLE_INIT, BigInt(length), rule.tablesSavedAbove);
    if (rule.elements === "units first") evaluate(...items);
  }
  for (const { offset, length } of data) {
    evaluate(offset);
    units(MEMORY_INIT, BigInt(length), -1);
  }
  if (images !== null && images > 0) pending = 0n;
  if (module.start !== null) {
    pending += BigInt(model.cost[CALL]!);
    save();
  }
  return rule.endCounts ? saved + pending : saved;
}

function isLone({ rows }: Expression, among: readonly number[]): boolean {
  return rows.length === 1 && among.includes(rows[0]!);
}

function isLaidOut(expression: Expression | null, size: bigint): boolean {
  return expression === null || (isLone(expression, [REF_FUNC]) && size <= largestTable);
}

/** The tables that are filled when the module is instantiated. */
function fillings(module: Module, { tables }: Initialisers) {
  const imported = module.tables.length - tables.length;
  return tables.flatMap((expression, i) => {
    const size = module.tables[imported + i]!.limits.min;
    return expression === null || isLaidOut(expression, size) ? [] : [{ expression, size }];
  });
}

/** The active element segments that are copied when the module is instantiated: all from the first that has to be. */
function copiedElements(module: Module, { tables, elements }: Initialisers) {
  const active = elements.filter(({ mode }) => mode === "active");
  const imported = module.tables.length - tables.length;
  const first = active.findIndex(({ table, offset, expressions, length }) => {
    if (table < imported || expressions !== null || offset!.value === null) return true;
    const { min } = module.tables[table]!.limits;
    const end = BigInt.asUintN(32, offset!.value) + BigInt(length);
    return end > min || end > largestTable || !isLaidOut(tables[table - imported]!, min);
  });
  return first < 0 ? [] : active.slice(first);
}

/** How many memories have their data laid out beforehand, as one image each; null where any has not, and so none. */
function dataImages(module: Module, { data }: Initialisers): number | null {
  const imported = module.imports.filter(({ description }) => description.kind === "memory").length;
  const images = new Map<number, { start: bigint; end: bigint; bytes: bigint }>();
  for (const { memory, offset, length } of data) {
    if (memory < imported || offset.value === null) return null;
    const { min, is64 } = module.memories[memory]!;
    const start = BigInt.asUintN(is64 ? 64 : 32, offset.value);
    const end = start + BigInt(length);
    if (end > min << 16n) return null;
    if (length === 0) continue;
    const image = images.get(memory) ?? { start, end, bytes: 0n };
    images.set(memory, {
      start: start < image.start ? start : image.start,
      end: end > image.end ? end : image.end,
      bytes: image.bytes + BigInt(length),
    });
  }
  const fits = [...images.values()].every(
    ({ start, end, bytes }) => end - start < alwaysImage || end - start < 2n * bytes,
  );
  return fits ? images.size : null;
}
