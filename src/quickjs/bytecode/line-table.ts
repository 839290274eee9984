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
import { twice } from "../../base/columns.ts";
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
  const { line, column } = beginning(source, format);
  return line < 1 ? null : { line, column: sourceColumn(line, column, format) };
}

/**
 * The position of a function as the engine counts. A constructor that nobody wrote is said to be at the end of its class; where
 * its code has a position before that (the compiler of positions notes the class), that is the function's too.
 */
function beginning(
  source: LineSource,
  format: LineFormat,
): { readonly line: number; readonly column: number } {
  const { line, column } = source;
  if (line < 1 || format.columns !== "with lines") return source;
  const step = new Steps(source.lineTable, format);
  try {
    while (step.next()) {
      if (step.value > 0 || (step.value === 0 && step.column > 0)) return source;
      if (line + step.value < 1) return source;
      const isBefore = step.value < 0 || step.column < 0;
      if (isBefore) return { line: line + step.value, column: column + step.column };
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return source;
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
  eachPosition(source, format, base, (offset, line, column) => {
    if (entries.at(-1)?.offset === offset) entries.pop();
    entries.push({ offset, line, column });
  });
  return entries;
}

/** Visits every position that a table gives, in order; of several at one offset the last counts. */
function eachPosition(
  source: LineSource,
  format: LineFormat,
  base: number,
  visit: (offset: number, line: number, column: number) => void,
): void {
  const { line, column } = source;
  if (format.columns !== "apart") {
    const start = beginning(source, format);
    let isFirst = true;
    eachDelta(source.lineTable, line, column, format, base, (offset, at, with_) => {
      // the first is the function's own, and holds until the table says something else
      isFirst &&= at === line && with_ === column;
      const shown = isFirst ? start.line : at;
      if (shown >= 1) visit(offset, shown, sourceColumn(shown, isFirst ? start.column : with_, format));
    });
    return;
  }
  // two tables: what either says holds until it says something else
  const columns = deltas(source.columnTable, column, format, base);
  const lines = deltas(source.lineTable, line, format, base);
  const offsets = [...new Set([...lines, ...columns].map(([offset]) => offset))].sort((a, b) => a - b);
  let [nextLine, nextColumn] = [0, 0];
  for (const offset of offsets) {
    while (nextLine + 1 < lines.length && lines[nextLine + 1]![0] <= offset) nextLine++;
    while (nextColumn + 1 < columns.length && columns[nextColumn + 1]![0] <= offset) nextColumn++;
    const [at, with_] = [lines[nextLine]![1], columns[nextColumn]![1]];
    if (at >= 1) visit(offset, at, sourceColumn(at, with_, format));
  }
}

/** Whether a table can be read. */
export function hasSoundLines(source: LineSource, format: LineFormat): boolean {
  try {
    eachPosition(source, format, 0, () => {});
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}

/**
 * The lines of a function as columns of numbers, for functions of hundreds of thousands of lines: 12 bytes an entry.
 * A damaged table leaves the function's own position.
 */
export class LineColumns {
  #offset = new Int32Array(16);
  #line = new Int32Array(16);
  #column = new Int32Array(16);
  length = 0;

  constructor(source: LineSource, format: LineFormat) {
    try {
      this.#read(source, format);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.length = 0;
      this.#read(withoutTables(source), format);
    }
  }

  #read(source: LineSource, format: LineFormat): void {
    eachPosition(source, format, 0, (offset, line, column) => {
      const last = this.length - 1;
      const at = last >= 0 && this.#offset[last] === offset ? last : this.length++;
      if (at === this.#offset.length) this.#grow();
      this.#offset[at] = offset;
      this.#line[at] = line;
      this.#column[at] = column;
    });
  }

  #grow(): void {
    this.#offset = twice(this.#offset);
    this.#line = twice(this.#line);
    this.#column = twice(this.#column);
  }

  /** The first entry; null where there is none. */
  get first(): LineEntry | null {
    return this.length === 0 ? null : this.entry(0);
  }

  /** The line of an offset of the code; 0 before the first. */
  lineAt(offset: number): number {
    const entry = this.indexAt(offset);
    return entry < 0 ? 0 : this.#line[entry]!;
  }

  /** Offset of the entry at an index. */
  offsetOf(index: number): number {
    return this.#offset[index]!;
  }

  entry(index: number): LineEntry {
    return { offset: this.#offset[index]!, line: this.#line[index]!, column: this.#column[index]! };
  }

  /** Index of the entry that covers an offset of the code; -1 before the first. */
  indexAt(offset: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offset[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * Where a function stands; null where that was stripped, or is damaged. Class initialisers have no position of their own:
 * their first line stands for them.
 */
export function startOf(
  fn: LineSource & Pick<BytecodeFunction, "file">,
  format: LineFormat,
): Omit<LineEntry, "offset"> | null {
  if (fn.file === "") return null;
  return functionPosition(fn, format) ?? new LineColumns(fn, format).first;
}

/** The lines of a function where a damaged table is no reason to stop: the function's own position is all that is known then. */
export function soundLines(source: LineSource, format: LineFormat): LineEntry[] {
  try {
    return lineTable(source, format);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return lineTable(withoutTables(source), format);
  }
}

function withoutTables({ line, column }: LineSource): LineSource {
  return { line, column, lineTable: new Uint8Array(), columnTable: new Uint8Array() };
}

/** Visits each entry of a delta-coded table: offset, value and, where the format has it with lines, column; (0, as given) first. */
function eachDelta(
  table: Uint8Array,
  first: number,
  firstColumn: number,
  format: LineFormat,
  base: number,
  visit: (offset: number, value: number, column: number) => void,
): void {
  const steps = new Steps(table, format, base);
  let [offset, value, column] = [0, first, firstColumn];
  visit(offset, value, column);
  while (steps.next()) {
    offset += steps.offset;
    value += steps.value;
    column += steps.column;
    if (offset > 0x7fff_ffff || value > 0x7fff_ffff || value < 0) steps.fail("a position out of range");
    visit(offset, value, column);
  }
}

/** The entries of a table without columns. */
function deltas(table: Uint8Array, first: number, format: LineFormat, base: number): [number, number][] {
  const entries: [offset: number, value: number][] = [];
  eachDelta(table, first, 0, format, base, (offset, value) => void entries.push([offset, value]));
  return entries;
}

/** What the entries of a delta-coded table add, one after the other: no object an entry, since bundles have millions. */
class Steps {
  offset = 0;
  value = 0;
  column = 0;
  readonly #reader: ByteReader;
  readonly #format: LineFormat;
  readonly #withColumns: boolean;
  #start = 0;

  constructor(table: Uint8Array, format: LineFormat, base = 0) {
    this.#reader = new ByteReader(table, base);
    this.#format = format;
    this.#withColumns = format.columns === "with lines";
  }

  /** Reads the next entry; false behind the last. @throws DecodeError */
  next(): boolean {
    const reader = this.#reader;
    if (reader.done) return false;
    this.#start = reader.at;
    const code = reader.u8();
    this.offset = code === 0 ? reader.leb() : Math.floor((code - 1) / this.#format.range);
    this.value = code === 0 ? zigzag(reader) : ((code - 1) % this.#format.range) + this.#format.base;
    this.column = this.#withColumns ? zigzag(reader) : 0;
    return true;
  }

  /** @throws DecodeError with the place of the entry that was read last. */
  fail(what: string): never {
    this.#reader.fail(what, this.#start);
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
  const table = new LineColumns(fn, format);
  let next = 0;
  let line: number | string | null = null;
  for (let offset = 0; offset < sites.length; offset++) {
    while (next < table.length && table.offsetOf(next) <= offset) line = lineOf(table.entry(next++));
    const site = (line === null ? null : first.get(line)) ?? offset;
    if (line !== null) first.set(line, site);
    sites[offset] = site;
  }
  return sites;
}
