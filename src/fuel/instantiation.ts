/**
 * What wasmtime charges for instantiating a module, its start function's own code aside. Since version 46 what cannot
 * be laid out beforehand is done by a hidden function that runs first, and is charged like any other:
 *
 *   1 for entering it
 *   globals            an initialiser that is more than a number: its instructions, and an array's length
 *   passive elements   their expressions; a list of functions is free, but the hidden function is there
 *   tables             a filling that is not laid out: its instructions, and 1 an element
 *   active elements    from the first on that is not laid out: offset, expressions, and 1 an element
 *   data               all of it, where any is not laid out: offset, and 1 a byte
 *   start              1 for calling it
 *
 * Data that is laid out is one image a memory. Where no memory is imported the images are mapped, and what is pending
 * before them is lost; the hidden function also runs where another memory has no image. Where one is imported they are
 * copied instead: 1 a byte of the image, in whole pages of the host (4 KiB are assumed).
 *
 * Up to version 49 only what was saved counts: the end of the hidden function loses what is pending, and it is saved
 * where data is copied, where a table or an array is worked on with more than some elements, or with a number of them
 * that is not constant, and where the start function is called. Measured case by case: test/fuel/instantiation.json,
 * scripts/record-instantiation.py. Read in wasmtime 50: `try_static_init` and `translate_module_startup`.
 */
import { unsupported } from "../base/diagnostics.ts";
import type { Expression } from "../wasm/facts/expression.ts";
import { type Initialisers, initialisers } from "../wasm/facts/initialisers.ts";
import { rowNamed } from "../wasm/opcodes.ts";
import type { Module, Range } from "../wasm/types.ts";
import type { CostModel } from "./models.ts";

/** A table of more elements is never laid out beforehand. */
const largestTable = 1n << 20n;
/** A memory's data is laid out if it lies within this, or fills half of what it spans. */
const alwaysImage = 1n << 24n;
/** Images are in whole pages of the host that compiles. */
const hostPage = 4096;

const numbers = ["i32.const", "i64.const", "f32.const", "f64.const", "v128.const"].map(rowNamed);
const [CALL, REF_FUNC, MEMORY_INIT, TABLE_INIT, TABLE_FILL] = [
  "call",
  "ref.func",
  "memory.init",
  "table.init",
  "table.fill",
].map(rowNamed) as [number, number, number, number, number];

/**
 * Fuel of a module's instantiation, without that of its start function. Pure. An array whose length is an imported
 * global's counts as if it were empty.
 * @throws Diagnostic (unsupported) where the module names a table or a memory that it does not have.
 */
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
  const imports = module.imports.some(({ description }) => description.kind === "memory");
  const unmapped = images !== null && images.size > 0 && (imports || images.size < module.memories.length);
  const work = unmapped || [globals, passive, tables, elements, data].some((list) => list.length > 0);
  if (!work && module.start === null) return 0n;

  let saved = BigInt(model.entry);
  let pending = 0n;
  const save = () => {
    saved += pending;
    pending = 0n;
  };
  /** Charges by size; what is small enough to be known when the module is compiled is not saved at once. */
  const units = (row: number, count: bigint, savedAbove: number) => {
    pending += count * BigInt(model.perUnit[row]!);
    if (count > BigInt(savedAbove)) save();
  };
  const evaluate = (...all: readonly Expression[]) => {
    for (const { rows, arrays } of all) {
      rows.forEach((row, i) => {
        pending += BigInt(model.cost[row]!);
        const length = arrays.get(i)?.length;
        if (length)
          units(row, BigInt.asUintN(32, length.value ?? 0n), length.constant ? rule.savedAbove : -1);
      });
    }
  };
  evaluate(...globals, ...passive.flatMap(({ expressions }) => expressions ?? []));
  for (const { expression, size } of tables) {
    evaluate(expression);
    units(TABLE_FILL, size, rule.savedAbove);
  }
  for (const { offset, expressions, length } of elements) {
    const items = expressions ?? [];
    const charge = () => units(TABLE_INIT, BigInt(length), rule.savedAbove);
    const last = rule.elements === "many last" && length > rule.savedAbove;
    evaluate(offset!);
    if (rule.elements !== "no units" && !last) charge();
    evaluate(...items);
    if (last) charge();
  }
  for (const { offset, content } of data) {
    evaluate(offset);
    units(MEMORY_INIT, BigInt(content.end - content.start), -1);
  }
  if (images !== null && images.size > 0) {
    if (imports) for (const image of images.values()) units(MEMORY_INIT, imageSize(module, image), -1);
    else pending = 0n;
  }
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
    const type = module.tables[table];
    if (!type) throw unsupported(`an element segment is for table ${table}, which the module does not have`);
    if (table < imported || expressions !== null || offset!.value === null) return true;
    const { min } = type.limits;
    const end = BigInt.asUintN(32, offset!.value) + BigInt(length);
    return end > min || end > largestTable || !isLaidOut(tables[table - imported]!, min);
  });
  return first < 0 ? [] : active.slice(first);
}

/** The data of one memory that is laid out beforehand. */
interface Image {
  start: bigint;
  end: bigint;
  /** In the order in which they are written. */
  readonly segments: { readonly start: bigint; readonly content: Range }[];
}

/** The images by memory; null where any data cannot be laid out, and so none is. */
function dataImages(module: Module, { data }: Initialisers): ReadonlyMap<number, Image> | null {
  const imported = module.imports.filter(({ description }) => description.kind === "memory").length;
  const images = new Map<number, Image>();
  for (const { memory, offset, content } of data) {
    const type = module.memories[memory];
    if (!type) throw unsupported(`a data segment is for memory ${memory}, which the module does not have`);
    if (memory < imported || offset.value === null) return null;
    const start = BigInt.asUintN(type.is64 ? 64 : 32, offset.value);
    const end = start + BigInt(content.end - content.start);
    if (end > type.min << 16n) return null;
    if (end === start) continue;
    const image = images.get(memory) ?? { start, end, segments: [] };
    images.set(memory, image);
    if (start < image.start) image.start = start;
    if (end > image.end) image.end = end;
    image.segments.push({ start, content });
  }
  const fits = [...images.values()].every(({ start, end, segments }) => {
    const bytes = segments.reduce((sum, { content }) => sum + content.end - content.start, 0);
    return end - start < alwaysImage || end - start < 2n * BigInt(bytes);
  });
  return fits ? images : null;
}

/** Bytes of an image as it is copied: without the zeros around it, unless there is nothing else, and in whole pages. */
function imageSize(module: Module, { start, end, segments }: Image): bigint {
  const bytes = new Uint8Array(Number(end - start));
  for (const { content, ...one } of segments)
    bytes.set(module.bytes.subarray(content.start, content.end), Number(one.start - start));
  const first = bytes.findIndex((byte) => byte !== 0);
  const [from, to] = first < 0 ? [0, bytes.length] : [first, bytes.findLastIndex((byte) => byte !== 0) + 1];
  const inPage = Number(start % BigInt(hostPage));
  const pages = Math.ceil((inPage + to) / hostPage) - Math.floor((inPage + from) / hostPage);
  return BigInt(pages * hostPage);
}
