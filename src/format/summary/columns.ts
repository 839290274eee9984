/**
 * The tables of the summary: what the fuel went to, by function, line, opcode, builtin or phase. Each table
 * is sorted, cut to its top rows and to a least fuel, and says what the hidden rows add up to, so that a
 * reader can always add up the total.
 */

import { grouped, percent } from "../../base/numbers.ts";
import { outerPhases, phaseName } from "../../result/phases.ts";
import type { FunctionRow, Result } from "../../result/result.ts";
import type { By, Sort } from "../choices.ts";
import { inertText } from "../inert.ts";
import { frameName, placeOf, withoutPlace } from "../labels.ts";
import type { Paint } from "../paint.ts";
import { type Column, renderTable, type TableRow } from "./aligned-table.ts";

export interface BreakdownOptions {
  /** Rows at most. */
  readonly top: number;
  readonly sort: Sort;
  /** Least own fuel of a row. */
  readonly min: number;
  /** Terminal columns. */
  readonly width: number;
}

/** A row of any table, with what it is sorted by. */
interface Row extends TableRow {
  readonly self: number;
  readonly total: number;
  readonly calls: number;
  /** Part of it, in a line of its own below. */
  readonly part?: TableRow;
}

/** Of the total, what a function's dearest builtin has to cost to be shown below it. */
const leastPart = 0.03;

/** The lines of one table. */
export function breakdown(by: By, result: Result, options: BreakdownOptions, paint: Paint): string[] {
  if (result.toolchain.quickjs === null && by !== "function")
    return [`no ${by} rows: this run kept the functions of the module only (--frames wasm)`];
  const rows = ROWS[by](result, options.width);
  if (by === "builtin" && rows.length === 0)
    return ["no builtin rows: this run kept JavaScript frames only; --frames engine gives them"];
  const order = [...rows].sort((a, b) => compare(a, b, options.sort));
  const wanted = order.filter((row) => row.self >= options.min);
  const shown = wanted.slice(0, options.top);
  const all = shown.flatMap((row) => [row, ...(row.part ? [row.part] : [])]);
  const lines = renderTable(COLUMNS[by], all, {
    title: by,
    paintName: paint.bold,
    paintPlace: paint.dim,
    width: options.width,
  });
  const hidden = rows.length - shown.length;
  if (hidden > 0) {
    const fuel = rows.reduce((sum, row) => sum + row.self, 0) - shown.reduce((sum, row) => sum + row.self, 0);
    const flag = wanted.length > shown.length ? `--top ${rows.length}` : "--min 0";
    lines.push(paint.dim(`  … ${hidden} more with ${grouped(fuel)} fuel (${flag} shows them)`));
  }
  return lines;
}

function compare(a: Row, b: Row, sort: Sort): number {
  const byName = a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return sort === "name" ? byName || b.self - a.self : b[sort] - a[sort] || b.self - a.self || byName;
}

const right = (title: string, gap: number): Column => ({ title, align: "right", gap });
const SELF: readonly Column[] = [right("self", 1), right("%", 1)];
const FUEL: readonly Column[] = [right("fuel", 1), right("%", 1)];
const CALLS: readonly Column[] = [...SELF, right("total", 2), right("%", 1), right("calls", 2)];

const COLUMNS: Readonly<Record<By, readonly Column[]>> = {
  function: [...CALLS, { title: "min/med/max", align: "left", gap: 2, optional: true }],
  line: [...FUEL, right("hits", 2)],
  opcode: [...FUEL, right("count", 2), right("fuel/op", 2)],
  builtin: CALLS,
  phase: FUEL,
};

const ROWS: Readonly<Record<By, (result: Result, width: number) => Row[]>> = {
  function: functionRows,
  builtin: builtinRows,
  line: lineRows,
  opcode: opcodeRows,
  phase: (result) => [costRow("your JS", result.phases.js, result, 0, []), ...phaseRows(result, [], true)],
};

/** JavaScript functions with their native work, each with its dearest builtin; and what ran outside of them. */
function functionRows(result: Result, width: number): Row[] {
  const within = new Map<number, number>();
  for (const { natives = [] } of result.functions)
    for (const share of natives) within.set(share.function, (within.get(share.function) ?? 0) + share.self);
  const isNative = ({ kind }: FunctionRow) => kind === "builtin" || kind === "engine";
  const outside = result.functions
    .filter(isNative)
    .reduce((fuel, row) => fuel + row.self - (within.get(row.id) ?? 0), 0);
  // of native functions outside of JavaScript, the tree has one root (--frames engine)
  const root = result.functions.find((row) => isNative(row) && row.total === result.fuel.total);
  const rows = result.functions.filter((row) => !isNative(row) && (row.total > 0 || row.calls > 0));
  return [
    ...rows.map((row) => ({
      ...functionRow(row, result, [perCall(row, width)]),
      ...dearestPart(row, result),
    })),
    ...(root && outside > 0 ? [functionRow({ ...root, self: outside }, result, [""])] : []),
  ];
}

function dearestPart({ natives = [] }: FunctionRow, result: Result): { part?: TableRow } {
  const whole = result.fuel.total;
  const dearest = natives.find((share) => result.functions[share.function]!.kind === "builtin");
  if (!dearest || dearest.self < whole * leastPart) return {};
  const name = inertText(`  └ ${result.functions[dearest.function]!.name}`);
  return {
    part: { name, place: "", cells: [grouped(dearest.self), percent(dearest.self, whole), "", "", "", ""] },
  };
}

function functionRow(row: FunctionRow, result: Result, more: readonly string[]): Row {
  const { self, total, calls } = row;
  const whole = result.fuel.total;
  const place = inertText(placeOf(row, result.files) ?? "");
  // The place stands beside the name here: `(anonymous app.js:3:9)` and `(module app.js)` need none inside.
  const bare = place === "" ? row.name : withoutPlace(row.name);
  const name = row.kind === "js" ? bare || "(anonymous)" : frameName(row, result.files);
  const cells = [
    ...[grouped(self), percent(self, whole), grouped(total), percent(total, whole)],
    ...[row.kind === "phase" ? "" : grouped(calls), ...more],
  ];
  return { name: inertText(name), place, self, total, calls, cells };
}

/**
 * Own fuel of one call: one number where all calls cost the same; a median of buckets is marked `~`; where
 * the three are too long for the terminal's width the median gives way to the function's name.
 */
function perCall({ min, median, max, medianApprox }: FunctionRow, width: number): string {
  if (min === null || median === null || max === null) return "";
  if (min === max) return grouped(min);
  const all = `${grouped(min)}/${medianApprox ? "~" : ""}${grouped(median)}/${grouped(max)}`;
  return all.length <= Math.max(16, width - 64) ? all : `${grouped(min)}/…/${grouped(max)}`;
}

/** Native work, and the interpreter's own: what JavaScript functions cost where native frames take the rest. */
function builtinRows(result: Result): Row[] {
  const native = result.functions.filter(({ kind }) => kind === "builtin" || kind === "engine");
  if (native.length === 0) return [];
  const interpreter = result.functions.filter(({ kind }) => kind === "js");
  const sum = (key: "self" | "calls" | "resumes") => interpreter.reduce((total, row) => total + row[key], 0);
  const inNatives = interpreter
    .flatMap(({ natives = [] }) => natives)
    .reduce((total, share) => total + share.self, 0);
  const self = sum("self") - inNatives;
  const total = percent(result.phases.js, result.fuel.total);
  const cells = [
    ...[grouped(self), percent(self, result.fuel.total), grouped(result.phases.js), total],
    grouped(sum("calls") + sum("resumes")),
  ];
  return [
    ...[...native, ...result.functions.filter(({ kind }) => kind === "phase")]
      .filter((row) => row.self > 0 || row.calls > 0)
      .map((row) => functionRow(row, result, [])),
    { name: "[quickjs] interpreter", place: "", self, total: result.phases.js, calls: sum("calls"), cells },
  ];
}

function lineRows(result: Result): Row[] {
  const rows = result.lines.map((row) =>
    costRow(placeOf(row, result.files)!, row.self, result, row.hits, [grouped(row.hits)]),
  );
  const noLine = result.pcs.filter((pc) => pc.line === null);
  const fuel = noLine.reduce((sum, pc) => sum + pc.fuel, 0);
  const hits = noLine.reduce((sum, pc) => sum + pc.hits, 0);
  if (fuel > 0) rows.push(costRow("(no line)", fuel, result, hits, [grouped(hits)]));
  return [...rows, ...phaseRows(result, [""], false)];
}

function opcodeRows(result: Result): Row[] {
  const rows = result.opcodes.map((row) =>
    costRow(row.name, row.fuel, result, row.count, [
      grouped(row.count),
      row.count === 0 ? "" : (row.fuel / row.count).toFixed(1),
    ]),
  );
  return [...rows, ...phaseRows(result, ["", ""], false)];
}

function phaseRows(result: Result, more: readonly string[], zeros: boolean): Row[] {
  const shown = outerPhases.filter((phase) => zeros || result.phases[phase] > 0);
  return shown.map((phase) => costRow(phaseName(phase), result.phases[phase], result, 0, more));
}

function costRow(name: string, fuel: number, result: Result, calls: number, more: readonly string[]): Row {
  const cells = [grouped(fuel), percent(fuel, result.fuel.total), ...more];
  return { name: inertText(name), place: "", self: fuel, total: fuel, calls, cells };
}
