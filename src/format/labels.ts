/**
 * What a frame is called in a profile. Viewers show the name alone, so it says what the row is: anonymous
 * functions carry their place, builtins and engine work and opcodes their kind in brackets.
 */
import { grouped } from "../base/numbers.ts";
import { isNoFile } from "../result/no-file.ts";
import type { FunctionRow, LimitsInfo, Result } from "../result/result.ts";

/** A row's position, as rows of any kind have it. */
export interface Place {
  readonly file: number | null;
  readonly line: number | null;
  readonly column?: number | null;
}

/** `src/rules.ts:41`, or null where the row has no position. Lines are 1-based. */
export function placeOf(row: Place, files: readonly string[]): string | null {
  if (row.file === null || row.line === null) return null;
  return `${files[row.file]}:${row.line}`;
}

/** What to call the places of some rows, in full: `src/rules.ts:41`; functions that share a line have their column, too. */
export function fullPlaces(rows: Iterable<Place>, files: readonly string[]): (row: Place) => string {
  const lineOf = ({ file, line }: Place) => `${file}:${line}`;
  const seen = new Map<string, Set<number | null | undefined>>();
  for (const row of rows) {
    const columns = seen.get(lineOf(row));
    if (columns) columns.add(row.column);
    else seen.set(lineOf(row), new Set([row.column]));
  }
  return (row) => {
    const place = placeOf(row, files);
    if (place === null) return "";
    const isShared = !isNoFile(files[row.file!]!) && (seen.get(lineOf(row))?.size ?? 0) > 1;
    return isShared && row.column != null ? `${place}:${row.column}` : place;
  };
}

/**
 * The same, shorter: `:41` while the program is but one file, `src/rules.ts:41` otherwise; "" for a row
 * without a place.
 */
export function shortPlaces(rows: Iterable<Place>, files: readonly string[]): (row: Place) => string {
  const full = fullPlaces(rows, files);
  const own = new Set<number>();
  for (const { file } of rows) if (file !== null && !isNoFile(files[file]!)) own.add(file);
  return (row) => {
    const place = full(row);
    const file = row.file === null ? "" : files[row.file]!;
    return own.size > 1 || isNoFile(file) ? place : place.slice(file.length);
  };
}

/** `(anonymous app.js:3:9)`, `(module app.js)` and `map callback (app.js:3:9)` where the place stands beside the name anyway. */
export function withoutPlace(name: string): string {
  return name
    .replace(/^\((anonymous|module) .*\)$/, "($1)")
    .replace(/( callback(?: in .*)?) \(.*:\d+\)$/, "$1");
}

/** `matchRules`, `(anonymous src/run.ts:12)`, `[native] JSON.parse`, `[quickjs] gc`, `(startup)`. */
export function frameName(row: FunctionRow, files: readonly string[]): string {
  if (row.kind === "builtin") return bracketed("native", row.name);
  if (row.kind === "engine") return bracketed("quickjs", row.name);
  if (row.name !== "" && row.name !== "(anonymous)") return row.name;
  const place = placeOf(row, files);
  return place === null ? "(anonymous)" : `(anonymous ${place})`;
}

function bracketed(kind: string, name: string): string {
  // A name in parentheses says itself what it is: (app).
  return name.startsWith(`[${kind}]`) || name.startsWith("(") ? name : `[${kind}] ${name}`;
}

/**
 * A name that is also an identity, for formats where functions of one name would merge: the place follows,
 * and the column too where two functions of the result share name and line.
 */
export function identityNames(result: Result): string[] {
  const names = result.functions.map((row) => {
    const name = frameName(row, result.files);
    const place = placeOf(row, result.files);
    return place === null || name.endsWith(`${place})`) ? name : `${name} (${place})`;
  });
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return names.map((name, i) => {
    const { column } = result.functions[i]!;
    return count.get(name)! > 1 && column !== null && name.endsWith(")")
      ? `${name.slice(0, -1)}:${column})`
      : name;
  });
}

/** The frame that marks where a limit of fuel was passed. */
export function limitName({ preset, fuel }: Pick<LimitsInfo, "preset" | "fuel">): string {
  return `[limit] ${preset}: ${grouped(fuel)} fuel passed`;
}
