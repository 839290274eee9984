/**
 * From a code offset to a source position: decodes the delta-coded table that the engine keeps for each function
 * ("pc2line" in quickjs.c: compute_pc2line_info writes it, find_line_num reads it).
 *
 *   byte b > 0   offset += (b-1) / range, line += (b-1) % range + base, column += zigzag LEB128
 *   byte 0       offset += LEB128, line += zigzag LEB128, column += zigzag LEB128
 *
 * Engines without columns write no column at all; one keeps columns in a second table of the same form, whose
 * offsets are its own. Lines and columns are 1-based, a column is 0 where there is none. A BytecodeFunction holds the engine's own figures; here a column on line 1 is
 * one that the source agrees with. Columns count bytes of UTF-8: `textColumn` turns them into characters.
 */
import { ByteReader, decodeText, encodeText } from "../../base/bytes.ts";
import { DecodeError } from "../../base/diagnostics.ts";
import type { LineFormat } from "../engines/versions.ts";
import type { BytecodeFunction } from "./function.ts";

/** From `offset` to the next entry's, code belongs to this position. */
export interface LineEntry {
  /** Offset in the function's code. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** What a line table is read from. */
export type LineSource = Pick<BytecodeFunction, "line" | "column" | "lineTable" | "columnTable">;

function sourceColumn(line: number, column: number, format: LineFormat): number {
  if (format.columns === "none") return 0;
  if (format.firstColumn === 0) return column + 1;
  return printedColumn(line, column, format);
}

/**
 * A column as the source has it, from one that the engine printed in a stack trace, where all count from 1. quickjs-ng
 * measures line 1 from its first byte, other lines from the byte before: 1, 1, 2, 3 …
 */
export function printedColumn(line: number, column: number, format: LineFormat): number {
  return Math.max(1, format.firstLineShort && line === 1 && column > 1 ? column + 1 : column);
}

/** Where a function stands in the source; null where that is not known. */
export function functionPosition(source: LineSource, format: LineFormat): Omit<LineEntry, "offset"> | null {
  const { line, column } = source;
  return line < 1 ? null : { line, column: sourceColumn(line, column, format) };
}

/**
 * What a function's debug information says of its place, taken apart where the table begins with the function's position.
 * A damaged beginning is no position.
 */
export function placedLines(source: LineSource, format: LineFormat): LineSource {
  if (!format.beginsWithPosition || source.lineTable.length === 0) return source;
  const reader = new ByteReader(source.lineTable);
  try {
    const [line, column] = [reader.leb() + 1, reader.leb() + 1];
    return { ...source, line, column, lineTable: source.lineTable.subarray(reader.at) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ...source, lineTable: new Uint8Array() };
  }
}

/** A signed number in a LEB128: 0, -1, 1, -2, 2 … are 0, 1, 2, 3, 4 … */
export function zigzag(reader: ByteReader): number {
  const value = reader.leb();
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * The positions of a function, sorted by offset, one an offset; the first, at 0, is the function's own unless the
 * table has one there: class initialisers have none. Empty where there is no table either. `base` is where the table
 * stands, for errors.
 */
export function lineTable(source: LineSource, format: LineFormat, base = 0): LineEntry[] {
  const entries: LineEntry[] = [];
  const add = (offset: number, line: number, column: number) => {
    if (line < 1) return;
    if (entries.at(-1)?.offset === offset) entries.pop();
    entries.push({ offset, line, column: sourceColumn(line, column, format) });
  };
  const { line, column } = source;
  if (format.columns !== "apart") {
    for (const [offset, at, with_] of deltas(source.lineTable, line, column, format, base))
      add(offset, at, with_);
    return entries;
  }
  // two tables: what either says holds until it says something else
  const columns = [...deltas(source.columnTable, column, 0, format, base)];
  const lines = [...deltas(source.lineTable, line, 0, format, base)];
  const offsets = [...new Set([...lines, ...columns].map(([offset]) => offset))].sort((a, b) => a - b);
  let [nextLine, nextColumn] = [0, 0];
  for (const offset of offsets) {
    while (nextLine + 1 < lines.length && lines[nextLine + 1]![0] <= offset) nextLine++;
    while (nextColumn + 1 < columns.length && columns[nextColumn + 1]![0] <= offset) nextColumn++;
    add(offset, lines[nextLine]![1], columns[nextColumn]![1]);
  }
  return entries;
}

/** The same where a damaged table is no reason to stop: the function's own position is all that is known then. */
export function soundLines(source: LineSource, format: LineFormat): LineEntry[] {
  try {
    return lineTable(source, format);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return lineTable({ ...source, lineTable: new Uint8Array(), columnTable: new Uint8Array() }, format);
  }
}

/** Each entry of a delta-coded table: offset, value and, where the format has it with lines, column; (0, as given) first. */
function* deltas(
  table: Uint8Array,
  first: number,
  firstColumn: number,
  format: LineFormat,
  base: number,
): Generator<readonly [offset: number, value: number, column: number]> {
  const reader = new ByteReader(table, base);
  let [offset, value, column] = [0, first, firstColumn];
  yield [offset, value, column];
  while (!reader.done) {
    const start = reader.at;
    const step = reader.u8();
    if (step === 0) {
      offset += reader.leb();
      value += zigzag(reader);
    } else {
      offset += Math.floor((step - 1) / format.range);
      value += ((step - 1) % format.range) + format.base;
    }
    if (format.columns === "with lines") column += zigzag(reader);
    if (offset > 0x7fff_ffff || value > 0x7fff_ffff || value < 0)
      reader.fail("a position out of range", start);
    yield [offset, value, column];
  }
}

/** The entry that covers `offset`, by halving; null before the first. */
export function positionAt(table: readonly LineEntry[], offset: number): LineEntry | null {
  let low = 0;
  let high = table.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return table[low - 1] ?? null;
}

/** A column in characters (UTF-16 units, 1-based) from one in bytes, on a line whose text is `text`. */
export function textColumn(text: string, column: number): number {
  return decodeText(encodeText(text).subarray(0, column - 1)).length + 1;
}

/**
 * For each code offset, the first offset of the function on the same source line; an offset of its own for code
 * without a line. `lineOf`: what tells the line of a position, where that is not its own line.
 */
export function lineSites(
  fn: LineSource & Pick<BytecodeFunction, "code">,
  format: LineFormat,
  lineOf: (position: LineEntry) => number | string = ({ line }) => line,
): Uint32Array {
  const sites = new Uint32Array(fn.code.length);
  const first = new Map<number | string, number>();
  const table = soundLines(fn, format);
  let next = 0;
  let line: number | string | null = null;
  for (let offset = 0; offset < sites.length; offset++) {
    while (table[next] && table[next]!.offset <= offset) line = lineOf(table[next++]!);
    const site = (line === null ? null : first.get(line)) ?? offset;
    if (line !== null) first.set(line, site);
    sites[offset] = site;
  }
  return sites;
}
