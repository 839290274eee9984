/**
 * V8's .cpuprofile for DevTools, VS Code and speedscope: one fuel is one microsecond. Samples follow the
 * order of the run where it was kept, else the call tree; a last sample of `(root)` closes the last interval,
 * which viewers would drop otherwise.
 *
 * Lines are known per function, not per call path: `positionTicks` are those of line-ticks.ts.
 *
 * A node repeats its function and file. Where that makes too large a file, paths of little fuel are merged below the node
 * that has them (result/call-tree.ts), and samples name the node that they are part of.
 */
import { internalError } from "../../base/diagnostics.ts";
import { mostFileBytes } from "../../result/budget.ts";
import {
  depthFirst,
  isRest,
  type Nodes,
  restName,
  theRest,
  withoutSmallPaths,
} from "../../result/call-tree.ts";
import { type OuterPhase, phaseName, phaseOf } from "../../result/phases.ts";
import { phasePourer } from "../../result/replay.ts";
import type { Result, TreeNode } from "../../result/result.ts";
import { childrenOf } from "../../result/walk.ts";
import { frameName } from "../labels.ts";
import { rowsChunks } from "../rows.ts";
import type { CpuNode, CpuProfile } from "./cpuprofile-spec.ts";
import { lineTicks, takeTicks } from "./line-ticks.ts";

/** The file in chunks. `mostBytes`: of the file, about. */
export function writeCpuProfile(result: Result, mostBytes = mostFileBytes): Iterable<string> {
  return rowsChunks(cpuProfile(result, mostBytes), new Set(["nodes"]));
}

const ROOT = 1;
/** Id of tree[i]: after `(root)`, which is not in the tree. */
const idOf = (index: number): number => ROOT + 1 + index;

/** The profile as data. */
export function cpuProfile(result: Result, mostBytes = Number.POSITIVE_INFINITY): CpuProfile {
  const { fuel } = result;
  const intervals = result.events
    ? orderedIntervals(result)
    : result.tree.map((node, i): [number, number] => [i, node.self]);
  const { tree, indexOf } = shownTree(result, mostBytes - intervals.length * sampleBytes);
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
    const taken = takeTicks(ticks.get(node.function), node.self);
    return {
      id: idOf(i),
      callFrame: callFrame(result, node.function),
      hitCount: node.self,
      children: children[i]!.map(idOf),
      ...(taken.length > 0 ? { positionTicks: taken } : {}),
    };
  });
  const samples: number[] = [];
  const timeDeltas: number[] = [0];
  for (const [index, own] of intervals) {
    if (own === 0) continue;
    samples.push(idOf(indexOf(index)));
    timeDeltas.push(own);
  }
  samples.push(ROOT);
  return { nodes: [root, ...nodes], startTime: 0, endTime: fuel.total, samples, timeDeltas };
}

function callFrame({ functions, files }: Result, id: number): CpuNode["callFrame"] {
  if (id === theRest)
    return { functionName: restName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
  const row = functions[id]!;
  return {
    functionName: frameName(row, files),
    scriptId: String(row.file === null ? 0 : row.file + 1),
    url: row.file === null ? "" : files[row.file]!,
    lineNumber: (row.line ?? 0) - 1,
    columnNumber: (row.column ?? 0) - 1,
  };
}

/** Bytes of a sample with its interval, of a node aside from its names, and of a line of it, about. */
const sampleBytes = 16;
const nodeBytes = 190;
const tickBytes = 28;

interface ShownTree {
  readonly tree: readonly Pick<TreeNode, "parent" | "function" | "self">[];
  /** The node here that a node of the result's tree is part of. */
  readonly indexOf: (index: number) => number;
}

/** The tree of the result, as small as it must be. */
function shownTree(result: Result, mostBytes: number): ShownTree {
  const { tree, functions, files, pcs } = result;
  const names = functions.map(
    (row) => frameName(row, files).length + (row.file === null ? 0 : files[row.file]!.length),
  );
  const bytes = tree.reduce((sum, node) => sum + nodeBytes + names[node.function]!, pcs.length * tickBytes);
  if (bytes <= mostBytes) return { tree, indexOf: (index) => index };
  const nodes: Nodes = {
    length: tree.length,
    parent: Int32Array.from(tree, ({ parent }) => parent),
    function: Int32Array.from(tree, (node) => (isRest(functions[node.function]!) ? theRest : node.function)),
    callLine: Int32Array.from(tree, ({ callLine }) => callLine ?? 0),
    calls: Float64Array.from(tree, ({ calls }) => calls),
    self: Float64Array.from(tree, ({ self }) => self),
  };
  // names are about as long in the nodes that stay
  const room = Math.max(0, mostBytes - pcs.length * tickBytes) / (bytes - pcs.length * tickBytes);
  const smaller = withoutSmallPaths(nodes, Math.max(1, Math.floor(tree.length * room)));
  const order = depthFirst(smaller.nodes);
  const placed = new Int32Array(order.length);
  order.forEach((node, place) => {
    placed[node] = place;
  });
  const { parent, function: fn, self } = smaller.nodes;
  return {
    tree: Array.from(order, (node) => ({
      parent: parent[node]! < 0 ? -1 : placed[parent[node]!]!,
      function: fn[node]!,
      self: self[node]!,
    })),
    indexOf: (index) => placed[smaller.indexOf[index]!]!,
  };
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
