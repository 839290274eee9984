/**
 * The lines of a function handed out over the nodes of the call tree. Lines are known by function and not by call path, so
 * each node takes from the front of what its function has left: the lines of a node add up to its own fuel, and those of
 * all nodes to each line's, which is what viewers add up. In between, which node got which line means nothing.
 */
import { fuelOfCode } from "../../result/natives.ts";
import type { Result } from "../../result/result.ts";

/** `line`: 1-based. `ticks`: fuel. */
export interface LineTick {
  readonly line: number;
  readonly ticks: number;
}

/** What is left of each function's lines, by function id. */
export type LineTicks = Map<number, LineTick[]>;

/** The lines of each function in its own file, where they make up the function's own fuel. */
export function lineTicks(result: Result): LineTicks {
  const byFunction = new Map<number, Map<number, number>>();
  const own = result.functions.map(fuelOfCode);
  for (const pc of result.pcs) {
    const row = result.functions[pc.function]!;
    own[row.id]! -= pc.fuel;
    if (pc.line === null || pc.file !== row.file) own[row.id] = Number.NaN;
    const lines = byFunction.get(row.id) ?? new Map<number, number>();
    if (pc.line !== null) lines.set(pc.line, (lines.get(pc.line) ?? 0) + pc.fuel);
    byFunction.set(row.id, lines);
  }
  const ticks: LineTicks = new Map();
  for (const [id, lines] of byFunction) {
    if (own[id] !== 0) continue;
    const sorted = [...lines].sort(([a], [b]) => a - b);
    ticks.set(
      id,
      sorted.map(([line, fuel]) => ({ line, ticks: fuel })),
    );
  }
  return ticks;
}

/** Takes `fuel` from the front of what a function has left. */
export function takeTicks(left: LineTick[] | undefined, fuel: number): LineTick[] {
  const taken: LineTick[] = [];
  let missing = fuel;
  while (left !== undefined && left.length > 0 && missing > 0) {
    const { line, ticks } = left[0]!;
    const now = Math.min(ticks, missing);
    if (now > 0) taken.push({ line, ticks: now });
    missing -= now;
    if (now === ticks) left.shift();
    else left[0] = { line, ticks: ticks - now };
  }
  return taken;
}
