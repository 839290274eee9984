/**
 * What a monitor's probes at JavaScript want of one function: its places, each with the probes that match it, folded
 * for what is known there (names, file, line, immediates). A predicate that is false leaves the place out, so that a
 * function without places is not listened to.
 */

import { foldExpression } from "../monitor/fold.ts";
import type { JsProbe } from "../monitor/js/js-probes.ts";
import type { Type, Value } from "../monitor/language-types.ts";
import type { MatchedPlace } from "../monitor/targets/rewriting.ts";
import { instructions } from "../quickjs/bytecode/disassemble.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { functionPosition, lineSites, soundLines } from "../quickjs/bytecode/line-table.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { FunctionPlaces, type Places } from "../quickjs/places.ts";

/** Static variables of a place, by name. */
export type Statics = Readonly<Record<string, number | bigint | string>>;

/** One function, as far as places in it are concerned. */
export interface JsFunction {
  readonly fid: number;
  readonly name: string;
  /** Where it stands: empty, and 0, where that is not known. */
  readonly file: string;
  readonly line: number;
  readonly made: BytecodeFunction;
  readonly engine: EngineVersion;
  /** 1-based line by code offset, 0 where it is not known; the file of each. */
  readonly lines: Uint32Array;
  readonly files: readonly string[];
  /** By code offset, the first offset of the function on the same line. */
  readonly sites: Uint32Array;
}

export function jsFunction(
  fid: number,
  name: string,
  unit: BytecodeUnit,
  made: BytecodeFunction,
  engine: EngineVersion,
  places: Places,
): JsFunction {
  const length = made.code.length;
  const start = functionPosition(made, engine.lines);
  const table = soundLines(made, engine.lines);
  const code = new FunctionPlaces(unit, made, start, places);
  const own = code.own ?? { file: places.file(made.file), line: 0 };
  const lines = new Uint32Array(length);
  const files = new Array<string>(length).fill(own.file);
  table.forEach(({ offset, ...position }, i) => {
    const place = code.of(position);
    const end = table[i + 1]?.offset ?? length;
    lines.fill(place.line, offset, end);
    files.fill(place.file, offset, end);
  });
  const sites = lineSites(made, engine.lines, ({ offset }) => `${files[offset]}:${lines[offset]}`);
  return { fid, name, file: own.file, line: own.line, made, engine, lines, files, sites };
}

/** What is known at an offset of a function. */
export function staticsAt({ fid, name, file, line, lines, files }: JsFunction, pc: number): Statics {
  return { fid, fname: name, file: files[pc] ?? file, line: lines[pc] ?? line, pc };
}

/** What is known where a function begins and ends. */
export function ownStatics(fn: JsFunction): Statics {
  return { ...staticsAt(fn, 0), file: fn.file, line: fn.line };
}

/** What is known at each opcode of a function. */
export function* opcodeStatics(fn: JsFunction): Generator<Statics & { readonly opname: string }> {
  const { made, engine } = fn;
  for (const { offset, opcode, operands } of instructions(made.code, engine.opcodes, made.codeStart)) {
    const name = made.atoms.get(offset + 1);
    const numbers = name === undefined ? operands : operands.slice(1);
    yield {
      ...{ ...staticsAt(fn, offset), opname: opcode.name, atom: name ?? "" },
      ...{ imm0: BigInt(numbers[0] ?? 0), imm1: BigInt(numbers[1] ?? 0) },
    };
  }
}

/** What is known of a function before it is known where in it something is thrown. */
export function throwingStatics({ fid, name, file, files }: JsFunction): Statics {
  const one = files.every((each) => each === files[0]);
  return { fid, fname: name, ...(one && { file: files[0] ?? file }) };
}

/** First offsets of the function's lines, in the order of the offsets. */
export function lineStarts({ lines, sites }: JsFunction): number[] {
  return [...new Set(sites)].filter((offset) => lines[offset]! > 0);
}

export type JsMatch = Pick<MatchedPlace, "place" | "residual">;

/** A probe at a place of its event; without a residual where what is known there makes its predicate false. */
export function matchAt({ number, rule, event, predicate }: JsProbe, statics: Statics): JsMatch {
  const value = (name: string, type: Type) =>
    statics[name] === undefined ? undefined : inType(type, statics[name]);
  const left = predicate && foldExpression(predicate, { value });
  const text = (name: string) => (statics[name] ?? "") as string;
  const count = (name: string, none: number) => (statics[name] ?? none) as number;
  const place = {
    ...{ probe: number, rule, event, function: count("fid", -1), functionName: text("fname") },
    pc: count("pc", 0),
    source: { file: text("file"), line: count("line", 0) },
  };
  if (left?.kind !== "constant") return { place, residual: { predicate: left, body: [] } };
  return { place, residual: left.value ? { predicate: null, body: [] } : null };
}

/** A static variable in the type that the script has it in. */
export function inType(type: Type, value: number | bigint | string): Value {
  if (type === "u64" || type === "i64") return BigInt(value);
  return typeof value === "bigint" ? Number(value) : value;
}
