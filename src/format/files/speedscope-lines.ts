/**
 * The profile by line of a speedscope file: what each line cost, below its function, below the lines that called that.
 * Lines are counted by function and not by path. So above a function stands what all of its paths have in common: all of its
 * callers where it has but one path, and where it has several, those up to where they part, and a frame that says so. A
 * line's fuel includes the native work that it caused. Nothing is divided by guess.
 */
import { grouped } from "../../base/numbers.ts";
import { mostSampleDepth, mostSampleFrames } from "../../result/budget.ts";
import type { Result, TreeNode } from "../../result/result.ts";
import { shortPlaces } from "../labels.ts";
import type { FrameTable, SampledBuilder } from "./speedscope-builder.ts";

/** Adds a sample for each line of each function. `frames`: of the functions, by id. */
export function addLineSamples(
  result: Result,
  table: FrameTable,
  frames: readonly number[],
  builder: SampledBuilder,
): void {
  const rows = linesByFunction(result);
  const labels = lineLabels(result);
  const frameOf = (file: number, line: number): number =>
    table.add({ name: labels(file, line), file: result.files[file]!, line });
  // past what a file can hold, lines stand below their functions alone
  const callers = callersOf(result, frames, frameOf, table);
  const length = rows.reduce((sum, row) => sum + (callers.get(row.function)?.length ?? 0) + 2, 0);
  for (const row of rows) {
    const above = length > mostSampleFrames ? [] : (callers.get(row.function) ?? []);
    const own = row.file < 0 ? [] : [frameOf(row.file, row.line)];
    builder.sample([...above, frames[row.function]!, ...own], row.fuel);
  }
}

interface FunctionLine {
  readonly function: number;
  /** Both -1 where there is no line, which sorts these first. */
  readonly file: number;
  readonly line: number;
  fuel: number;
}

function linesByFunction({ pcs }: Result): readonly FunctionLine[] {
  const groups = new Map<number, Map<number, FunctionLine>>();
  for (const pc of pcs) {
    // both are null together
    const row = { function: pc.function, file: pc.file ?? -1, line: pc.line ?? -1, fuel: pc.fuel };
    let lines = groups.get(row.function);
    if (!lines) groups.set(row.function, (lines = new Map()));
    const key = row.file * 2 ** 32 + row.line;
    const known = lines.get(key);
    if (known) known.fuel += row.fuel;
    else lines.set(key, row);
  }
  return [...groups.values()]
    .flatMap((lines) => [...lines.values()])
    .sort((a, b) => a.function - b.function || a.file - b.file || a.line - b.line);
}

/** `:37  return JSON.parse(text);`, with the file's name where there are several. */
function lineLabels(result: Result): (file: number, line: number) => string {
  const texts = new Map(result.lines.map(({ file, line, text }) => [`${file} ${line}`, text ?? ""]));
  const places = shortPlaces(result.lines, result.files);
  return (file, line) => {
    const text = (texts.get(`${file} ${line}`) ?? "").trim();
    return `${places({ file, line })}${text === "" ? "" : `  ${text}`}`;
  };
}

/** Above a function: the nodes that all of its paths begin with, how many those are, and the line of its only call. */
interface Common {
  path: readonly number[];
  paths: number;
  readonly call: TreeNode;
}

function commonPaths({ tree, functions }: Result): ReadonlyMap<number, Common> {
  const common = new Map<number, Common>();
  const open = new Int32Array(functions.length);
  const path: number[] = [];
  for (const [index, node] of tree.entries()) {
    while (path.length > 0 && path.at(-1) !== node.parent) open[tree[path.pop()!]!.function]! -= 1;
    const known = common.get(node.function);
    if (!known) common.set(node.function, { path: [...path], paths: 1, call: node });
    // that a recursion goes on is no other way to come to it
    else if (open[node.function] === 0) {
      let same = 0;
      while (same < known.path.length && known.path[same] === path[same]) same++;
      if (same < known.path.length) known.path = known.path.slice(0, same);
      known.paths += 1;
    }
    open[node.function]! += 1;
    path.push(index);
  }
  return common;
}

/** By function: the frames that stand above it on every path, the outermost first; of many, both ends. */
function callersOf(
  result: Result,
  frames: readonly number[],
  lineFrame: (file: number, line: number) => number,
  table: FrameTable,
): ReadonlyMap<number, readonly number[]> {
  const { tree, functions } = result;
  const callers = new Map<number, readonly number[]>();
  for (const [fn, { path, paths, call }] of commonPaths(result)) {
    const above = path.flatMap((index, i) => {
      const caller = functions[tree[index]!.function]!;
      const next = path[i + 1];
      const { callLine, callFile } = next === undefined ? call : tree[next]!;
      const line = next !== undefined || paths === 1 ? callLine : null;
      const file = callFile ?? caller.file;
      const isKnown = line !== null && file !== null;
      return isKnown ? [frames[caller.id]!, lineFrame(file, line)] : [frames[caller.id]!];
    });
    const half = mostSampleDepth >> 1;
    const kept = above.length > mostSampleDepth ? [...above.slice(0, half), ...above.slice(-half)] : above;
    callers.set(fn, paths > 1 ? [...kept, table.add({ name: `(${grouped(paths)} paths)` })] : kept);
  }
  return callers;
}
