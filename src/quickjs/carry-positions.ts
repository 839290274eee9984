/**
 * Fuller line tables for a program that has lines. quickjs-ng notes a position at calls and at a few operators only;
 * what stands on another line before the next of them (a spread, an element of a pattern, the head of a loop) is then
 * counted for the line before. The compiler of positions (plugin/positions/) makes the same code with a position for
 * each opcode.
 *
 * A function takes over its counterpart's positions (carry.ts) where the code is the same and so are the function's
 * place and line table, which that compiler makes as well: then it stands in the same text. A class initialiser has no
 * place, and follows the function around it. Any other keeps its own.
 */
import type { BytecodeFunction, BytecodeUnit } from "./bytecode/function.ts";
import { counterparts } from "./carry.ts";

/** `program`, with the positions of `compiled`, which was read with `withPositions`. */
export function carryPositions(program: BytecodeUnit, compiled: BytecodeUnit): BytecodeUnit {
  const found = counterparts(program, compiled);
  const carried = new Set<number>();
  const functions = program.functions.map((fn, index) => {
    const source = found[index]!;
    if (typeof source === "string" || !source.positions || !sameLines(fn, source)) return fn;
    if (fn.line < 1 && !carried.has(fn.parent)) return fn;
    carried.add(index);
    return { ...fn, lineTable: source.positions };
  });
  return { ...program, functions };
}

function sameLines(fn: BytecodeFunction, other: BytecodeFunction): boolean {
  return (
    fn.line === other.line &&
    fn.column === other.column &&
    Buffer.compare(fn.lineTable, other.lineTable) === 0
  );
}
