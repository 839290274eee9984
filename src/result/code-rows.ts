/**
 * The tables of code, from what each offset of it cost: opcodes by offset (`pcs`), by number, and lines. Where there are
 * too many offsets, there is a row for each line of a function instead; where there are too many lines, those that cost
 * most keep their rows, and all others are line 1 of a file that is called *(other lines)*: no fuel and no hit leaves its
 * function. A line has either all of its figures or no row. Figures stay in columns until it is known which are rows.
 */
import { type Fuel, toFuel } from "../base/fuel.ts";
import type { BytecodeFunction } from "../quickjs/bytecode/function.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { type Budget, lineBytes } from "./budget.ts";
import { LineSums } from "./line-sums.ts";
import { mostFirst } from "./most-first.ts";
import type { Recording } from "./recording.ts";
import type { LineRow, OpcodeRow, PcRow } from "./result.ts";
import { otherFunctions } from "./shown-functions.ts";

/** Name of the file that stands for lines without a row. */
export const otherLines = "(other lines)";

/** Number of the row for opcodes of functions that were not told apart: no opcode has it. */
const otherOpcode = 256;

export interface CodeRows {
  readonly pcs: readonly PcRow[];
  readonly lines: readonly LineRow[];
  readonly opcodes: readonly OpcodeRow[];
  /** Bytes of the lines. */
  readonly lineBytes: number;
  /** Opcodes, and the rows that they are; null where each has its own. */
  readonly mergedPcs: { readonly pcs: number; readonly kept: number } | null;
  /** Lines, and those that have a row; null where all have. */
  readonly mergedLines: { readonly lines: number; readonly kept: number } | null;
}

/** A position as a row of the result has it. */
export interface RowPlace {
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** What is known of functions, by id. */
export interface CodeFacts {
  /** Undefined for functions that were not told apart. */
  readonly code: (id: number) => BytecodeFunction | undefined;
  readonly hasLines: (id: number) => boolean;
  /** What tells where the code at an offset stands. */
  readonly positions: (id: number) => (offset: number) => RowPlace;
  readonly fileName: (file: number) => string;
  /** What stands on a line, of a long one around a column; null where that is not known. */
  readonly textOf: (file: number, line: number, column?: number | null) => string | null;
  /** The file *(other lines)*, made when it is needed. */
  readonly otherFile: () => number;
  /** The row of a function, and whether it is that of several. */
  readonly row: (id: number) => number;
  readonly isOther: (row: number) => boolean;
  /** Null where no JavaScript was looked for. */
  readonly engine: EngineVersion | null;
}

export function codeRows(recording: Recording, facts: CodeFacts, budget: Budget): CodeRows {
  const sums = lineSums(recording, facts);
  const { codes, sharing } = recording;
  const opcodes = opcodeCount(recording);
  const isMerged = sharing.size > 0 || opcodes > budget.pcs;
  const kept = keptLines(sums, facts, budget, isMerged);
  const pcs = pcRows(recording, facts, sums, kept.has, isMerged);
  return {
    pcs,
    lines: lineRows(pcs, facts),
    opcodes: opcodeRows(codes, facts),
    lineBytes: kept.bytes,
    mergedPcs: isMerged ? { pcs: opcodes, kept: pcs.length } : null,
    mergedLines: kept.count === sums.length ? null : { lines: sums.length, kept: kept.count },
  };
}

/** Opcodes that have figures; of functions that share them all opcodes. */
function opcodeCount({ codes: { first, offset }, sharing }: Recording): number {
  let count = offset.length;
  for (const [id, opcodes] of sharing) count += opcodes - (first[id + 1]! - first[id]!);
  return count;
}

/** Sums by line; `of[i]` is the line of the i-th offset, -1 where it has none. */
function lineSums({ codes }: Recording, { code, hasLines, positions, row }: CodeFacts): LineSums {
  const { first, offset: offsets, fuel, hits } = codes;
  const sums = new LineSums(offsets.length);
  for (let id = 0; id + 1 < first.length; id++) {
    if (first[id] === first[id + 1] || !code(id) || !hasLines(id)) continue;
    const at = positions(id);
    for (let i = first[id]!; i < first[id + 1]!; i++) {
      const { file, line } = at(offsets[i]!);
      sums.add(i, file!, line!, toFuel(fuel[i]!), toFuel(hits[i]!), row(id));
    }
  }
  return sums;
}

interface KeptLines {
  readonly has: (line: number) => boolean;
  readonly count: number;
  readonly bytes: number;
}

/** The lines that keep their rows: those that cost most, as long as there is room for them and for their opcodes. */
function keptLines(
  sums: LineSums,
  { fileName, textOf }: CodeFacts,
  budget: Budget,
  isMerged: boolean,
): KeptLines {
  const bytesOf = (line: number): number =>
    lineBytes(fileName(sums.file[line]!), textOf(sums.file[line]!, sums.line[line]!) ?? "");
  const rowsOf = (line: number): number => (isMerged ? sums.functions[line]! : 0);
  let [bytes, rows] = [0, 0];
  for (let line = 0; line < sums.length && bytes <= budget.lineBytes; line++) {
    bytes += bytesOf(line);
    rows += rowsOf(line);
  }
  if (bytes <= budget.lineBytes && rows <= budget.pcs) return { has: () => true, count: sums.length, bytes };
  const has = new Uint8Array(sums.length);
  let count = 0;
  [bytes, rows] = [0, 0];
  for (const line of mostFirst(
    Int32Array.from({ length: sums.length }, (_, i) => i),
    (line) => sums.self[line]!,
    (line) => sums.hits[line]!,
  )) {
    if (bytes + bytesOf(line) > budget.lineBytes || rows + rowsOf(line) > budget.pcs) break;
    bytes += bytesOf(line);
    rows += rowsOf(line);
    has[line] = 1;
    count += 1;
  }
  return { has: (line) => has[line] === 1, count, bytes };
}

type Row = { -readonly [Key in keyof PcRow]: PcRow[Key] };

/** A row an offset, or one for each line of a function, at the first offset of it. */
function pcRows(
  { codes }: Recording,
  { row: rowOf, isOther, otherFile, positions }: CodeFacts,
  sums: LineSums,
  isKept: (line: number) => boolean,
  isMerged: boolean,
): PcRow[] {
  const { first, offset: offsets, fuel, hits } = codes;
  const rows: Row[] = [];
  const none = -1;
  const other = -2;
  /** Rows of those that are not told apart, by row and line. */
  const ofOthers = new Map<number, Map<number, Row>>();
  for (let id = 0; id + 1 < first.length; id++) {
    if (first[id] === first[id + 1]) continue;
    const row = rowOf(id);
    const several = isOther(row);
    let byLine = several ? ofOthers.get(row) : undefined;
    if (!byLine) byLine = new Map();
    if (several) ofOthers.set(row, byLine);
    let at: ((offset: number) => RowPlace) | undefined;
    for (let i = first[id]!; i < first[id + 1]!; i++) {
      const line = sums.of[i]! < 0 ? (several ? other : none) : isKept(sums.of[i]!) ? sums.of[i]! : other;
      const known = isMerged || several ? byLine.get(line) : undefined;
      if (known) {
        known.fuel += toFuel(fuel[i]!);
        known.hits += toFuel(hits[i]!);
        continue;
      }
      at ??= positions(id);
      const place = line === other ? { file: otherFile(), line: 1, column: null } : at(offsets[i]!);
      const made: Row = {
        function: row,
        offset: several ? 0 : offsets[i]!,
        ...(several ? { ...place, column: null } : place),
        fuel: toFuel(fuel[i]!),
        hits: toFuel(hits[i]!),
      };
      rows.push(made);
      byLine.set(line, made);
    }
  }
  return rows;
}

function lineRows(pcs: readonly PcRow[], { textOf }: CodeFacts): LineRow[] {
  type Sums = { readonly file: number; readonly line: number; self: Fuel; hits: number; dearest: PcRow };
  const files = new Map<number, Map<number, Sums>>();
  const rows: Sums[] = [];
  for (const pc of pcs) {
    const { file, line, fuel, hits } = pc;
    if (file === null || line === null) continue;
    let lines = files.get(file);
    if (!lines) files.set(file, (lines = new Map()));
    let row = lines.get(line);
    if (!row) {
      row = { file, line, self: 0, hits: 0, dearest: pc };
      rows.push(row);
      lines.set(line, row);
    }
    if (fuel > row.dearest.fuel) row.dearest = pc;
    row.self += fuel;
    row.hits += hits;
  }
  return rows
    .sort((a, b) => a.file - b.file || a.line - b.line)
    .map(({ dearest, ...row }) => ({ ...row, text: textOf(row.file, row.line, dearest.column) }));
}

function opcodeRows({ first, offset, fuel, hits }: Recording["codes"], facts: CodeFacts): OpcodeRow[] {
  const rows = new Map<number, { name: string; code: number; count: number; fuel: Fuel }>();
  for (let id = 0; id + 1 < first.length; id++) {
    const made = facts.code(id);
    for (let i = first[id]!; i < first[id + 1]!; i++) {
      const code = made ? made.code[offset[i]!]! : otherOpcode;
      let row = rows.get(code);
      if (!row) {
        const name = made ? (facts.engine?.opcodes[code]?.name ?? `opcode_${code}`) : otherFunctions;
        rows.set(code, (row = { name, code, count: 0, fuel: 0 }));
      }
      row.count += toFuel(hits[i]!);
      row.fuel += toFuel(fuel[i]!);
    }
  }
  return [...rows.values()].sort((a, b) => a.code - b.code);
}
