/**
 * A report for people: variables of the script first, a line each; then for each rule's event a table of its places,
 * a column a variable, dearest first by the first column that differs. Places where nothing happened are left out and
 * counted.
 */

import { grouped } from "../../base/numbers.ts";
import { isMap, type MapType, type Type, typeText } from "../../monitor/language-types.ts";
import type { Report, ReportMap, ReportRow, ReportValue, RowPlace } from "../../monitor/report.ts";
import { cellWidth, cut, pad } from "../cells.ts";
import { inertText } from "../inert.ts";
import { functionText, isZero, valueText } from "./value-text.ts";

/** Rows of a table, and entries of a map, before the rest is only counted. */
const most = 40;
/** Cells of a value. */
const widest = 48;

export function renderMonitorTable({ rows, output }: Report): string {
  const script = rows.filter(({ place }) => place === null).flatMap(scriptLines);
  const probes = groups(
    rows.filter(({ place }) => place !== null),
    ({ place }) => place!.rule,
  );
  const tables = [...probes.values()].flatMap((probe) => probeLines(probe));
  const said = output === "" ? [] : output.replace(/\n$/, "").split("\n").map(inertText);
  return [...said, ...script, ...tables].map((line) => `${line}\n`).join("");
}

function scriptLines(row: ReportRow): string[] {
  const { variable, type, value } = row;
  if (!isMap(type)) return [`${variable} = ${shown(row)}`];
  const { map } = value as ReportMap;
  const entries = `${grouped(map.length)} ${map.length === 1 ? "entry" : "entries"}`;
  return [`${variable}: ${typeText(type)}, ${entries}`, ...entryLines(type, map)];
}

/** The entries of a map, those with the greatest number first where its values are numbers. */
function entryLines(type: MapType, map: ReportMap["map"]): string[] {
  const numbers = map.every(([, value]) => typeof value === "number" || typeof value === "bigint");
  const sorted = numbers ? [...map].sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0)) : map;
  const cells = sorted
    .slice(0, most)
    .map(([key, value]) => [
      numbers ? grouped(value as number) : textOf(type.value, value),
      textOf(type.key, key, true),
    ]);
  const lined = cells.length > 0 ? [["value", "key"], ...cells] : [];
  const width = Math.max(0, ...lined.map(([value]) => cellWidth(value!)));
  const lines = lined.map(([value, key]) => `  ${pad(value!, width, numbers ? "right" : "left")}  ${key}`);
  return [...lines, ...rest(map.length)];
}

/** Numbers as JavaScript writes them. */
function textOf(type: Type, value: ReportValue, key = false): string {
  return inertText(valueText(type, value, key, String));
}

function rest(length: number): string[] {
  return length > most ? [`  … and ${grouped(length - most)} more: --format csv has them`] : [];
}

function shown({ type, value }: ReportRow): string {
  if (typeof value === "number" || typeof value === "bigint")
    return Number.isInteger(Number(value)) && type !== "f32" && type !== "f64"
      ? grouped(value)
      : String(value);
  return textOf(type, value);
}

/** All rows of one rule: those of one place become one line. */
function probeLines(rows: readonly ReportRow[]): string[] {
  const places = [...groups(rows, ({ place }) => `${place!.function} ${place!.pc} ${place!.event}`).values()];
  const reached = places.filter((at) => at.some(({ type, value }) => !isZero(type, value)));
  const variables = places[0]!.map(({ variable }) => variable);
  const sorted = [...reached].sort((a, b) => {
    for (const [i, row] of a.entries()) {
      const [x, y] = [row.value, b[i]!.value];
      if ((typeof x === "number" || typeof x === "bigint") && x !== y) return x < (y as number) ? 1 : -1;
    }
    return 0;
  });
  const events = [...new Set(rows.map(({ place }) => place!.event))];
  const hasLines = rows.some(({ place }) => (place!.source?.line ?? 0) > 0);
  const lines = sorted.slice(0, most).map((at) => {
    const place = at[0]!.place!;
    const instruction = events.length > 1 ? [inertText(place.event.split(":")[2] ?? place.event)] : [];
    const values = at.map((row) => cut(shown(row), widest, "end"));
    return [
      ...values,
      ...instruction,
      inertText(functionText(at[0]!)),
      ...(hasLines ? [lineOf(place)] : []),
      String(place.pc),
    ];
  });
  const titles = [
    ...variables,
    ...(events.length > 1 ? ["instruction"] : []),
    "function",
    ...(hasLines ? ["line"] : []),
    "pc",
  ];
  const widths = titles.map((title, i) =>
    Math.max(cellWidth(title), ...lines.map((cells) => cellWidth(cells[i]!))),
  );
  const isText = (i: number) => i >= variables.length && i < titles.length - 1;
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => pad(text, widths[i]!, isText(i) ? "left" : "right"))
      .join("  ")
      .trimEnd();
  const first = inertText(events[0]!);
  const name = events.length > 1 ? `${first} and ${grouped(events.length - 1)} more` : first;
  const all = `${grouped(places.length)} place${places.length === 1 ? "" : "s"}`;
  const some = reached.length < places.length ? `${grouped(reached.length)} of ${all} show something` : all;
  return [
    "",
    `${name}: ${some}`,
    ...(lines.length > 0 ? [line(titles), ...lines.map(line)] : []),
    ...rest(reached.length),
  ];
}

/** Where JavaScript stands in its source: a cell, empty where that is not known. */
function lineOf({ source }: RowPlace): string {
  return source && source.line > 0 ? inertText(`${source.file}:${source.line}`) : "";
}

function groups<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group) group.push(item);
    else found.set(key(item), [item]);
  }
  return found;
}
