/**
 * What a monitor's probes at JavaScript want of one function: its places, each with the probes that match it, folded
 * for what is known there (names, file, line, immediates). A predicate that is false leaves the place out, so that a
 * function without places is not listened to.
 */

import type { Type, Value } from "../monitor/language-types.ts";
import { instructions } from "../quickjs/bytecode/disassemble.ts";
import type { BytecodeFunction } from "../quickjs/bytecode/function.ts";
import { soundLines } from "../quickjs/bytecode/line-table.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";

/** Static variables of a place, by name. */
export type Statics = Readonly<Record<string, number | bigint | string>>;

/** One function, as far as places in it are concerned. */
export interface JsFunction {
  readonly fid: number;
  readonly name: string;
  /** Empty where it is not known. */
  readonly file: string;
  readonly made: BytecodeFunction;
  readonly engine: EngineVersion;
  /** 1-based line by code offset, 0 where it is not known. */
  readonly lines: Uint32Array;
}

export function jsFunction(
  fid: number,
  name: string,
  file: string,
  made: BytecodeFunction,
  engine: EngineVersion,
): JsFunction {
  const lines = new Uint32Array(made.code.length);
  const table = soundLines(made, engine.lines);
  table.forEach(({ offset, line }, i) => {
    lines.fill(line, offset, table[i + 1]?.offset ?? lines.length);
  });
  return { fid, name, file, made, engine, lines };
}

/** What is known at an offset of a function. */
export function staticsAt({ fid, name, file, lines, made }: JsFunction, pc: number): Statics {
  return { fid, fname: name, file, line: lines[pc] ?? Math.max(0, made.line), pc };
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

/** First offsets of the function's lines, in the order of the offsets. */
export function lineStarts({ lines }: JsFunction): number[] {
  const seen = new Set<number>([0]);
  const starts: number[] = [];
  lines.forEach((line, offset) => {
    if (seen.has(line)) return;
    seen.add(line);
    starts.push(offset);
  });
  return starts;
}

/** A static variable in the type that the script has it in. */
export function inType(type: Type, value: number | bigint | string): Value {
  if (type === "u64" || type === "i64") return BigInt(value);
  return typeof value === "bigint" ? Number(value) : value;
}
