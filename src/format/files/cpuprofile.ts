/**
 * V8's .cpuprofile for DevTools, VS Code and speedscope: one fuel is one microsecond. Samples follow the
 * order of the run where it was kept, else the call tree; a last sample of `(root)` closes the last interval,
 * which viewers would drop otherwise.
 *
 * Lines are known per function, not per call path: `positionTicks` are those of line-ticks.ts.
 */
import { internalError } from "../../base/diagnostics.ts";
import { type OuterPhase, phaseName, phaseOf } from "../../result/phases.ts";
import { phasePourer } from "../../result/replay.ts";
import type { Result } from "../../result/result.ts";
import { childrenOf } from "../../result/walk.ts";
import { frameName } from "../labels.ts";
import { rowsChunks } from "../rows.ts";
import type { CpuNode, CpuProfile } from "./cpuprofile-spec.ts";
import { lineTicks, takeTicks } from "./line-ticks.ts";

export function writeCpuProfile(result: Result): Iterable<string> {
  return rowsChunks(cpuProfile(result), new Set(["nodes"]));
}

const ROOT = 1;
/** Id of tree[i]: after `(root)`, which is not in the tree. */
const idOf = (index: number): number => ROOT + 1 + index;

/** The profile as data. */
export function cpuProfile(result: Result): CpuProfile {
  const { tree, fuel } = result;
  const children = childrenOf(tree);
  const roots = [...tree.keys()].filter((i) => tree[i]!.parent < 0);
  const ticks = lineTicks(result);
  const root: CpuNode = {
    id: ROOT,
    callFrame: { functionName: "(root)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 },
    hitCount: 0,
    children: roots.map(idOf),
  };
  const nodes = tree.map((node, i): CpuNode => {
    const row = result.functions[node.function]!;
    const taken = takeTicks(ticks.get(node.function), node.self);
    return {
      id: idOf(i),
      callFrame: {
        functionName: frameName(row, result.files),
        scriptId: String(row.file === null ? 0 : row.file + 1),
        url: row.file === null ? "" : result.files[row.file]!,
        lineNumber: (row.line ?? 0) - 1,
        columnNumber: (row.column ?? 0) - 1,
      },
      hitCount: node.self,
      children: children[i]!.map(idOf),
      ...(taken.length > 0 ? { positionTicks: taken } : {}),
    };
  });
  const intervals = result.events
    ? orderedIntervals(result)
    : tree.map((node, i): [number, number] => [i, node.self]);
  const samples: number[] = [];
  const timeDeltas: number[] = [0];
  for (const [index, own] of intervals) {
    if (own === 0) continue;
    samples.push(idOf(index));
    timeDeltas.push(own);
  }
  samples.push(ROOT);
  return { nodes: [root, ...nodes], startTime: 0, endTime: fuel.total, samples, timeDeltas };
}

/** `[tree index, fuel]` in the order of the run. */
function orderedIntervals(result: Result): [number, number][] {
  const intervals: [number, number][] = [];
  const stack: number[] = [];
  const shares = phasePourer(result);
  const roots = new Map<OuterPhase, number>();
  for (const [i, node] of result.tree.entries()) {
    const phase = phaseOf(result.functions[node.function]!);
    if (node.parent < 0 && phase !== null) roots.set(phase, i);
  }
  const phaseRoot = (phase: OuterPhase): number => {
    const index = roots.get(phase);
    if (index === undefined) throw internalError(`the call tree has no root ${phaseName(phase)}`);
    return index;
  };
  let clock = 0;
  const spend = (until: number): void => {
    const top = stack.at(-1);
    if (top !== undefined) intervals.push([top, until - clock]);
    else for (const [phase, fuel] of shares(until - clock)) intervals.push([phaseRoot(phase), fuel]);
    clock = until;
  };
  for (const { kind, node, at } of result.events ?? []) {
    spend(at);
    if (kind === "enter") stack.push(node);
    else stack.pop();
  }
  spend(result.fuel.total);
  return intervals;
}
