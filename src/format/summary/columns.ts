/**
 * The tables of the summary: what the fuel went to, by function, line, opcode, builtin or phase. Each table is sorted,
 * cut to its top rows and to a least fuel, and says what the hidden rows add up to, so that a reader can always add up
 * the total.
 */
import { compareText } from "../../base/compare-text.ts";
import { grouped, percent, plural } from "../../base/numbers.ts";
import { fuelOfCode } from "../../result/natives.ts";
import { outerPhases, phaseName } from "../../result/phases.ts";
import type { FunctionRow, Result } from "../../result/result.ts";
import type { By, Sort } from "../choices.ts";
import { inertText } from "../inert.ts";
import { frameName, fullPlaces, type Place, shortPlaces, withoutPlace } from "../labels.ts";
import type { Paint } from "../paint.ts";
import { type Column, cutFolders, renderTable, type TableRow } from "./aligned-table.ts";
import { lineVisits } from "./line-visits.ts";

export interface Table {
  readonly by: By;
  /** Rows at most; 0: all. */
  readonly top: number;
  /** A glance beside another table: without counts, without phases, and left out where there is nothing to show. */
  readonly brief?: boolean;
}

export interface BreakdownOptions {
  readonly sort: Sort;
  /** Least own fuel of a row. */
  readonly min: number;
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether texts that do not fit are cut. */
  readonly cuts: boolean;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** A row of any table, with what it is sorted by. */
interface Row extends TableRow {
  readonly self: number;
  readonly total: number;
  readonly calls: number;
  /** Fuel outside of any activation. */
  readonly isPhase: boolean;
  /** Part of it, in a line of its own below. */
  readonly part?: TableRow;
}

/** Of the total, what a function's dearest builtin has to cost to be shown below it. */
const leastPart = 0.03;

interface Shape {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Title of the texts. */
  readonly title: string;
  /** What a row is, for counting those that are hidden. */
  readonly noun: string;
  /** The rows stand in the order of their places, which is that of their names. */
  readonly isOrdered?: boolean;
}

/** From this width on there is room for everything that is known of a function. */
const wide = 110;

/** The lines of one table. */
export function breakdown(
  { by, top, brief = false }: Table,
  result: Result,
  options: BreakdownOptions,
  paint: Paint,
): string[] {
  if (result.toolchain.quickjs === null && by !== "function")
    return brief ? [] : [`no ${by} rows: this run kept the functions of the module only (--frames wasm)`];
  const table = TABLES[by](result, options, brief);
  if (brief && table.rows.length === 0) return [];
  if (by === "builtin" && table.rows.length === 0)
    return ["no builtin rows: this run kept JavaScript frames only; --frames engine gives them"];
  const sort = brief ? "self" : options.sort;
  const isInOrder = sort === "name" && table.isOrdered;
  const order = isInOrder ? table.rows : [...table.rows].sort((a, b) => compare(a, b, sort));
  const wanted = order.filter((row) => row.self >= options.min);
  const shown = top === 0 ? wanted : wanted.slice(0, top);
  const flag = brief ? `--by ${by}` : wanted.length > shown.length ? "--top 0" : "--min 0";
  const seen = new Set(shown);
  const rest = hiddenRow(
    table.rows.filter((row) => !seen.has(row)),
    table,
    flag,
    result,
  );
  const rows = shown.flatMap((row) => [row, ...(row.part ? [row.part] : [])]);
  return renderTable(table.columns, [...rows, ...(rest === null ? [] : [rest])], {
    title: table.title,
    placeTitle: "at",
    paintName: brief ? (text) => text : paint.bold,
    dim: paint.dim,
    ...{ width: options.width, cuts: options.cuts },
  });
}

/** `291,729   3.4  5 more functions (--top 0)   startup 1.3%   exit 0.1%`; null where nothing is hidden. */
function hiddenRow(hidden: readonly Row[], table: Shape, flag: string, result: Result): TableRow | null {
  if (hidden.length === 0) return null;
  const rows = hidden.filter(({ isPhase }) => !isPhase);
  const phases = hidden
    .filter(({ isPhase }) => isPhase)
    .map(({ name, self }) => `${name.replace(/^\(|\)$/g, "")} ${percent(self, result.fuel.total)}%`);
  const more = rows.length === 0 ? [] : [`${plural(rows.length, `more ${table.noun}`)} (${flag})`];
  const fuel = rows.reduce((sum, row) => sum + row.self, 0);
  const numbers = rows.length === 0 ? ["", ""] : [grouped(fuel), percent(fuel, result.fuel.total)];
  return { cells: numbers, name: [...more, ...phases].join("   "), place: "", isPart: true };
}

function compare(a: Row, b: Row, sort: Sort): number {
  const byName = compareText(a.name, b.name);
  return sort === "name" ? byName || b.self - a.self : b[sort] - a[sort] || b.self - a.self || byName;
}

const column = (title: string, gap = 2): Column => ({ title, gap });
const FUEL: readonly Column[] = [column("fuel", 1), column("%")];
const SELF: readonly Column[] = [column("self", 1), column("%")];
const CALLS: readonly Column[] = [...SELF, column("total%"), column("calls")];
const WIDE_CALLS: readonly Column[] = [...SELF, column("total"), column("%"), column("calls")];

const TABLES: Readonly<Record<By, (result: Result, options: BreakdownOptions, brief: boolean) => Shape>> = {
  function: functionTable,
  builtin: builtinTable,
  line: lineTable,
  opcode: (result) => ({
    columns: [...FUEL, column("ops"), column("fuel/op")],
    rows: opcodeRows(result),
    ...{ title: "opcode", noun: "opcode" },
  }),
  phase: (result) => ({
    columns: FUEL,
    rows: [costRow("your JS", result.phases.js, result, 0, []), ...phaseRows(result, 0, true)],
    ...{ title: "phase", noun: "phase" },
  }),
};

/** JavaScript functions with their native work, each with its dearest builtin; and what ran outside of them. */
function functionTable(result: Result, { width, unicode }: BreakdownOptions): Shape {
  const isWide = width >= wide;
  const used = result.functions.filter((row) => !isNative(row) && (row.total > 0 || row.calls > 0));
  const outside = nativesOutside(result);
  const places = placesOf(used, result, isWide);
  const perCall = isWide ? ["min", "median", "max"] : ["median"];
  const columns = [...(isWide ? WIDE_CALLS : CALLS), ...perCall.map((title) => column(title))];
  return {
    columns,
    rows: [...used, ...(outside ? [outside] : [])].map((row) => ({
      ...functionRow(row, result, isWide, places, true),
      ...dearestPart(row, result, columns.length, unicode),
    })),
    ...{ title: "function", noun: "function" },
  };
}

const isNative = ({ kind }: FunctionRow) => kind === "builtin" || kind === "engine";

/** Native functions outside of JavaScript as one row, that of the tree's root; null where they have no frames. */
function nativesOutside(result: Result): FunctionRow | null {
  const within = new Map<number, number>();
  for (const { natives = [] } of result.functions)
    for (const share of natives) within.set(share.function, (within.get(share.function) ?? 0) + share.self);
  const self = result.functions
    .filter(isNative)
    .reduce((fuel, row) => fuel + row.self - (within.get(row.id) ?? 0), 0);
  const root = result.functions.find((row) => isNative(row) && row.total === result.fuel.total);
  return root && self > 0 ? { ...root, self, min: null, median: null, max: null } : null;
}

function dearestPart(
  { natives = [] }: FunctionRow,
  result: Result,
  columns: number,
  unicode: boolean,
): { readonly part?: TableRow } {
  const whole = result.fuel.total;
  const dearest = natives.find((share) => result.functions[share.function]!.kind === "builtin");
  if (!dearest || dearest.self < whole * leastPart) return {};
  const name = ` ${unicode ? "└" : "`-"} ${inertText(result.functions[dearest.function]!.name)}`;
  const none = Array<string>(columns - 2).fill("");
  const cells = [grouped(dearest.self), percent(dearest.self, whole), ...none];
  return { part: { name, place: "", cells, isPart: true } };
}

/** `places`: what is shown for where it is; `perCall`: with the cost of one call. */
function functionRow(
  row: FunctionRow,
  result: Result,
  isWide: boolean,
  places: (row: Place) => string,
  perCall: boolean,
): Row {
  const { self, total, calls } = row;
  const whole = result.fuel.total;
  const place = inertText(places(row));
  // The place stands beside the name here: `(anonymous app.js:3:9)` and `(module app.js)` need none inside.
  const bare = place === "" ? row.name : withoutPlace(row.name);
  const name = row.kind === "js" ? bare || "(anonymous)" : frameName(row, result.files);
  const isPhase = row.kind === "phase";
  const cells = [
    ...[grouped(self), percent(self, whole), ...(isWide ? [grouped(total)] : [])],
    // a phase is never above another
    ...(isPhase && !isWide ? ["", ""] : [percent(total, whole), isPhase ? "" : grouped(calls)]),
    ...(perCall ? ownOfCall(row, isWide) : []),
  ];
  return { name: inertText(name), place, self, total, calls, cells, isPhase };
}

/** Own fuel of one call, nothing where there was but one; a median of buckets is marked `~`. */
function ownOfCall({ calls, min, median, max, medianApprox }: FunctionRow, isWide: boolean): string[] {
  if (calls < 2 || min === null || median === null || max === null) return isWide ? ["", "", ""] : [""];
  const middle = `${medianApprox ? "~" : ""}${grouped(median)}`;
  return isWide ? [grouped(min), middle, grouped(max)] : [middle];
}

/** Where rows are, in full where there is room. */
function placesOf(rows: readonly Place[], { files }: Result, isWide: boolean): (row: Place) => string {
  return (isWide ? fullPlaces : shortPlaces)(rows, files);
}

/** Native work, and the interpreter's own: what JavaScript functions cost where native frames take the rest. */
function builtinTable(result: Result, { width }: BreakdownOptions): Shape {
  const isWide = width >= wide;
  const columns = isWide ? WIDE_CALLS : CALLS;
  const shape = { columns, title: "builtin", noun: "builtin" };
  const native = result.functions.filter(isNative);
  if (native.length === 0) return { ...shape, rows: [] };
  const interpreter = result.functions.filter(({ kind }) => kind === "js");
  const sum = (key: "calls" | "resumes") => interpreter.reduce((total, row) => total + row[key], 0);
  const self = interpreter.reduce((total, row) => total + fuelOfCode(row), 0);
  const cells = [
    ...[grouped(self), percent(self, result.fuel.total), ...(isWide ? [grouped(result.phases.js)] : [])],
    ...[percent(result.phases.js, result.fuel.total), grouped(sum("calls") + sum("resumes"))],
  ];
  const rows = [...native, ...result.functions.filter(({ kind }) => kind === "phase")]
    .filter((row) => row.self > 0 || row.calls > 0)
    .map((row) => functionRow(row, result, isWide, () => "", false));
  const own = { name: "[quickjs] interpreter", place: "", self, total: result.phases.js };
  return { ...shape, rows: [...rows, { ...own, calls: sum("calls"), cells, isPhase: false }] };
}

/** Lines with their text. The place is a column here, so that texts begin below each other. */
function lineTable(result: Result, { width, cuts }: BreakdownOptions, brief: boolean): Shape {
  const places = placesOf(result.lines, result, false);
  const longest = cuts ? Math.max(12, width >> 2) : Number.POSITIVE_INFINITY;
  const shown = result.lines.map((row) => cutFolders(inertText(places(row)), longest));
  const visits = brief ? null : lineVisits(result);
  const counts = (row: Result["lines"][number]): string[] => {
    const visited = visits?.(row);
    return brief ? [] : [visited === undefined ? "" : grouped(visited), grouped(row.hits)];
  };
  const rows = result.lines.map((row, i): Row => {
    const text = (row.text ?? "").trim().replaceAll("\t", " ");
    return costRow(text, row.self, result, row.hits, [...counts(row), shown[i]!]);
  });
  const columns = [...FUEL, ...(brief ? [] : [column("visits"), column("ops")]), column("line")];
  const hasText = result.lines.some(({ text }) => text);
  const shape = { columns, title: hasText ? "source" : "", noun: "line", isOrdered: true };
  if (brief) return { ...shape, rows };
  const noLine = result.pcs.filter((pc) => pc.line === null);
  const fuel = noLine.reduce((sum, pc) => sum + pc.fuel, 0);
  const hits = noLine.reduce((sum, pc) => sum + pc.hits, 0);
  if (fuel > 0) rows.push(costRow("(no line)", fuel, result, hits, ["", grouped(hits), ""]));
  return { ...shape, rows: [...rows, ...phaseRows(result, 3, false)] };
}

function opcodeRows(result: Result): Row[] {
  const rows = result.opcodes.map((row) =>
    costRow(row.name, row.fuel, result, row.count, [
      grouped(row.count),
      row.count === 0 ? "" : (row.fuel / row.count).toFixed(1),
    ]),
  );
  return [...rows, ...phaseRows(result, 2, false)];
}

/** `more`: columns that say nothing of phases. */
function phaseRows(result: Result, more: number, zeros: boolean): Row[] {
  const shown = outerPhases.filter((phase) => zeros || result.phases[phase] > 0);
  const none = Array<string>(more).fill("");
  return shown.map((phase) => ({
    ...costRow(phaseName(phase), result.phases[phase], result, 0, none),
    isPhase: true,
  }));
}

function costRow(name: string, fuel: number, result: Result, calls: number, more: readonly string[]): Row {
  const cells = [grouped(fuel), percent(fuel, result.fuel.total), ...more];
  return { name: inertText(name), place: "", self: fuel, total: fuel, calls, cells, isPhase: false };
}
