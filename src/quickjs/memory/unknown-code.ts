/**
 * Functions of a QuickJS of no release that is known here: they have addresses. What all releases of
 * 2019 to 2026 have in common is enough for that: a function's structure holds the address of its code and, behind it,
 * the code's length, and stands before the code in the same allocation.
 */
import type { BytecodeFunction } from "../bytecode/function.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";

/** Constants, variables and the structure itself lie between its pointer and the code: at most this much. */
const farthest = 1 << 20;
const longestCode = 1 << 24;

export interface CodeRange {
  readonly start: number;
  readonly length: number;
}

/**
 * The code that `pc` lies in: that of the nearest structure before it whose code begins at `pc`, as at the start of
 * a call, otherwise of the nearest whose code goes on behind it. Null where there is none.
 */
export function codeAround(memory: GuestMemory, pc: number): CodeRange | null {
  const glance = new Glance(memory);
  const lowest = Math.max(4, pc - farthest);
  let within: CodeRange | null = null;
  for (let at = (pc - 4) & ~3; at >= lowest; at -= 4) {
    if (!glance.holds(at, 8)) continue;
    const start = glance.u32(at);
    const length = glance.u32(at + 4);
    const holds = start > at && start <= pc && length > pc - start && length <= longestCode;
    if (!holds || !glance.holds(start, length, 1)) continue;
    if (start === pc) return { start, length };
    within ??= { start, length };
  }
  return within;
}

/** A function of which nothing is known but its code; `number` in the order of appearance. */
export function namelessFunction(number: number, start: number, code: Uint8Array): BytecodeFunction {
  return {
    ...{ index: 0, parent: -1, constants: [], name: `fn#${number}@0x${start.toString(16)}`, kind: "normal" },
    ...{ code, codeStart: 0, atoms: new Map(), variables: [], argumentCount: 0, closure: [] },
    ...{ file: "", line: 0, column: 0, lineTable: none, columnTable: none },
    ...{ isDerivedConstructor: false, hasPrototype: false },
  };
}

const none = new Uint8Array(0);
