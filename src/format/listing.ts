/**
 * Bytecode as text: each function under its head, its instructions between the source lines that they come from,
 * jumps as labels with the offset that they lead to; where a result was given, fuel and hits at the left.
 *
 *   #1 double   app.js:2:1
 *      9 bytes, 4 instructions, arguments (x)
 *          3 | return 2 * x;
 *               0  push_2
 *               1  get_arg0          x
 */

import { grouped, percent, plural } from "../base/numbers.ts";
import type { ListedFunction, ListedInstruction, ListedOperand } from "../quickjs/listing.ts";
import type { Measured } from "../result/match-functions.ts";
import { cut, pad } from "./cells.ts";
import { inertText } from "./inert.ts";
import { withoutPlace } from "./labels.ts";
import { paintWith } from "./paint.ts";
import { rowsJson } from "./rows.ts";
import type { SourceLines } from "./source-lines.ts";
import { wrapped } from "./wrap.ts";

export interface ListedProgram {
  readonly origin: "payload" | "memory";
  readonly functions: readonly NumberedFunction[];
}

export interface NumberedFunction extends ListedFunction {
  /** Among all functions of the module: what --function takes. */
  readonly number: number;
  /** Null without a result, or where the result does not know the function. */
  readonly measured: Measured | null;
  /** The lines of a file that its code stands in; null where they are not known. */
  readonly source: (file: string) => SourceLines | null;
}

export interface Listing {
  readonly module: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly quickjs: { readonly engine: string; readonly releases: string; readonly bytecodeVersion: number };
  /** Where the source lines are from; null where they are not known. */
  readonly source: "program" | "javy_source" | "file" | null;
  readonly programs: readonly ListedProgram[];
  readonly result: {
    readonly file: string;
    readonly total: number;
    /** Of opcodes under activations: what the instructions of all functions add up to. */
    readonly js: number;
    /** Fuel of the instructions listed here. */
    readonly listed: number;
    /** Functions of the result that are none of the module's: made at run time. */
    readonly unmatched: readonly { readonly name: string; readonly fuel: number }[];
  } | null;
}

export interface ListingStyle {
  readonly width: number;
  readonly colour: boolean;
}

const TABLES = new Set(["instructions", "unmatched"]);

/** The whole listing as a JSON document, an instruction a line. */
export function writeListingJson(listing: Listing): string {
  const programs = listing.programs.map(({ origin, functions }) => ({
    origin,
    functions: functions.map(({ measured, source, instructions, ...fn }) => ({
      ...fn,
      ...(measured ? { calls: measured.row.calls, self: measured.row.self } : {}),
      instructions: instructions.map((instruction) => {
        const pc = measured?.pcs.get(instruction.offset);
        const counted = measured ? { fuel: pc?.fuel ?? 0, hits: pc?.hits ?? 0 } : {};
        return { ...instruction, ...counted };
      }),
    })),
  }));
  return rowsJson({ ...listing, programs }, TABLES);
}

/** The listing for people, each line ended. */
export function renderListing(listing: Listing, style: ListingStyle): string {
  const { module, quickjs, result, programs } = listing;
  const count = programs.reduce((sum, { functions }) => sum + functions.length, 0);
  const engine = `${quickjs.engine} ${quickjs.releases}, bytecode version ${quickjs.bytecodeVersion}`;
  const head = wrapped(
    `${inertText(module.name)}   ${engine}, ${plural(count, "function")}`,
    "",
    style.width,
  );
  if (result) {
    const share = `${grouped(result.listed)} of ${grouped(result.total)} fuel (${percent(result.listed, result.total)}%)`;
    head.push(`${inertText(result.file)}   ${share} in these instructions`);
  }
  const of = (wanted: string) =>
    programs.filter(({ origin }) => origin === wanted).flatMap(({ functions }) => functions);
  const inMemory = of("memory");
  const lines = (functions: readonly NumberedFunction[]) =>
    functions.map((fn) => functionLines(fn, result !== null, style));
  const sections = [
    ...lines(of("payload")),
    ...(inMemory.length > 0 ? [["in memory before the run:"], ...lines(inMemory)] : []),
  ];
  const foot = result && result.unmatched.length > 0 ? [unmatchedLines(result.unmatched)] : [];
  return `${[head, ...sections, ...foot].map((lines) => lines.map((line) => line.trimEnd()).join("\n")).join("\n\n")}\n`;
}

function unmatchedLines(rows: readonly { readonly name: string; readonly fuel: number }[]): string[] {
  const fuel = rows.reduce((sum, row) => sum + row.fuel, 0);
  const names = rows.slice(0, 8).map(({ name }) => inertText(name));
  return [
    `${plural(rows.length, "function")} of the result ${rows.length === 1 ? "is" : "are"} not in the module (made at run time): ${grouped(fuel)} fuel`,
    `  ${names.join(", ")}${rows.length > names.length ? ", …" : ""}`,
  ];
}

function functionLines(fn: NumberedFunction, counts: boolean, style: ListingStyle): string[] {
  const paint = paintWith(style.colour);
  const labels = labelsOf(fn.instructions);
  const columns = counts ? countColumns(fn.measured) : null;
  const margin = columns?.width ?? 0;
  const opcodeWidth = widest(
    fn.instructions.map(({ opcode }) => opcode.length),
    8,
  );
  const lines = head(fn, counts, style);
  let shown: Pick<ListedInstruction, "file" | "line" | "column"> = {
    file: fn.file,
    line: null,
    column: null,
  };
  for (const instruction of fn.instructions) {
    const { file, line, column } = instruction;
    if (file !== null && line !== null) {
      const source = fn.source(file);
      const isOther = file !== shown.file;
      // the root of a bundle runs lines of many files
      if (isOther) lines.push(paint.dim(`${" ".repeat(margin)}  ${inertText(file)}`));
      if (isOther || line !== shown.line || (source?.isLong(line) && column !== shown.column))
        lines.push(paint.dim(sourceLine(source, line, column, margin, style.width)));
      shown = { file, line, column };
    }
    const label = labels.get(instruction.offset);
    const operands = instruction.operands.map((operand) => operandText(operand, labels, fn)).join(" ");
    const text = [
      columns?.cells(instruction.offset) ?? "",
      pad(label === undefined ? "" : `${label}:`, 7, "right"),
      pad(String(instruction.offset), 7, "right"),
      "  ",
      operands === "" ? instruction.opcode : pad(instruction.opcode, opcodeWidth, "left"),
      operands === "" ? "" : `  ${operands}`,
    ].join("");
    lines.push(cut(text, style.width, "end"));
  }
  return lines;
}

function head(fn: NumberedFunction, counts: boolean, { width, colour }: ListingStyle): string[] {
  const paint = paintWith(colour);
  const column = fn.column === null ? "" : `:${fn.column}`;
  const place = fn.file === null || fn.line === null ? "" : `   ${inertText(fn.file)}:${fn.line}${column}`;
  const kind = fn.kind === "normal" ? "" : `   ${fn.kind}`;
  const name = place === "" ? inertText(fn.name) : withoutPlace(inertText(fn.name));
  const list = (names: readonly string[]) => names.map((one) => nameText(one)).join(", ");
  const facts = [
    plural(fn.bytes, "byte"),
    plural(fn.instructions.length, "instruction"),
    ...(fn.arguments.length > 0 ? [`arguments (${list(fn.arguments)})`] : []),
    ...(fn.variables.length > 0 ? [`variables ${list(fn.variables)}`] : []),
    ...(fn.captured.length > 0 ? [`captures ${list(fn.captured)}`] : []),
  ];
  const measured = fn.measured
    ? [`   ${plural(fn.measured.row.calls, "call")}, ${grouped(fn.measured.row.self)} fuel of its own`]
    : counts
      ? ["   not in the result"]
      : [];
  return [
    `#${fn.number} ${paint.bold(name)}${place}${kind}`,
    ...wrapped(facts.join(", "), "   ", width),
    ...measured,
  ];
}

/** `    12 | return x;`; without the source, `line 12`. */
function sourceLine(
  source: SourceLines | null,
  line: number,
  column: number | null,
  margin: number,
  width: number,
): string {
  const space = " ".repeat(margin);
  const text = source?.text(line, column);
  if (text === undefined) return `${space}  line ${line}`;
  return cut(`${space}${pad(String(line), 7, "right")} | ${text}`, width, "end");
}

function widest(widths: readonly number[], least: number): number {
  return widths.reduce((most, width) => Math.max(most, width), least);
}

function countColumns(measured: Measured | null) {
  const rows = [...(measured?.pcs.values() ?? [])];
  const fuelWidth = widest(
    rows.map(({ fuel }) => grouped(fuel).length),
    9,
  );
  const hitsWidth = widest(
    rows.map(({ hits }) => grouped(hits).length),
    7,
  );
  return {
    width: fuelWidth + hitsWidth + 2,
    cells: (offset: number): string => {
      const pc = measured?.pcs.get(offset);
      const cell = (number: number | undefined, width: number) =>
        pad(number === undefined ? "" : grouped(number), width, "right");
      return `${cell(pc?.fuel, fuelWidth)}  ${cell(pc?.hits, hitsWidth)}`;
    },
  };
}

/** `L1`, `L2` … by the offset that is jumped to, in order. */
function labelsOf(instructions: readonly ListedInstruction[]): ReadonlyMap<number, string> {
  const targets = new Set(
    instructions.flatMap(({ operands }) =>
      operands.filter(({ refers }) => refers === "target").map(({ value }) => value),
    ),
  );
  return new Map([...targets].sort((a, b) => a - b).map((offset, i) => [offset, `L${i + 1}`]));
}

function operandText(
  { refers, value, text }: ListedOperand,
  labels: ReadonlyMap<number, string>,
  fn: ListedFunction,
): string {
  switch (refers) {
    case "target":
      return `${labels.get(value)} (${value})`;
    case "text":
      return text === null ? "(symbol)" : literal(text);
    case "name":
      return text === null ? "(symbol)" : nameText(text);
    case "number":
      return text === null ? String(value) : `${value} (${text})`;
    case "const":
      return text === null ? `constant ${value}` : inertText(text);
    default:
      return text === null ? `${refers}${value}` : nameText(text) + ambiguity(refers, value, text, fn);
  }
}

/** Variables of different scopes share names: their index tells them apart. */
function ambiguity(refers: ListedOperand["refers"], index: number, name: string, fn: ListedFunction): string {
  const among = { loc: fn.variables, arg: fn.arguments, ref: fn.captured }[refers as "loc" | "arg" | "ref"];
  const all = [...fn.variables, ...fn.arguments, ...fn.captured];
  if (all.filter((other) => other === name).length < 2) return "";
  return among.filter((other) => other === name).length < 2 ? ` (${refers})` : ` (${refers}${index})`;
}

/** A string as its source would write it. */
function literal(text: string): string {
  return inertText(JSON.stringify(text));
}

/** A name as it is, where it looks like one; otherwise in quotes. */
function nameText(name: string): string {
  return /^[#<]?[\p{L}$_][\p{L}\p{N}$_>]*$/u.test(name) ? inertText(name) : literal(name);
}
