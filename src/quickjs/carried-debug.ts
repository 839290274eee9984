/**
 * The debug information that a program's functions got from elsewhere, apart from the program: what crosses from the
 * guest's thread for a program that either side can read, which for a bundle is megabytes less.
 */
import type { BytecodeFunction, BytecodeUnit } from "./bytecode/function.ts";

type Debug = Pick<
  BytecodeFunction,
  "file" | "line" | "column" | "lineTable" | "columnTable" | "variables" | "closure"
>;

/** What a function can have from elsewhere. */
export function debugOf(fn: BytecodeFunction): Debug {
  const { file, line, column, lineTable, columnTable, variables, closure } = fn;
  return { file, line, column, lineTable, columnTable, variables, closure };
}

/** By index of a function: what it has that it had not. Plain data. */
export type CarriedDebug = ReadonlyMap<number, Partial<Debug>>;

/** What `carried` has that `given`, the same program, has not. */
export function debugBeside(given: BytecodeUnit, carried: BytecodeUnit): CarriedDebug {
  const found = new Map<number, Partial<Debug>>();
  for (const [index, fn] of carried.functions.entries()) {
    const before = given.functions[index]!;
    if (fn === before) continue;
    const other = Object.entries(debugOf(fn)).filter(
      ([part, value]) => value !== before[part as keyof Debug],
    );
    found.set(index, Object.fromEntries(other));
  }
  return found;
}

/** The program with it. */
export function withDebug(given: BytecodeUnit, debug: CarriedDebug): BytecodeUnit {
  if (debug.size === 0) return given;
  const functions = given.functions.map((fn, index) => {
    const own = debug.get(index);
    return own ? { ...fn, ...own } : fn;
  });
  return { ...given, functions };
}
