/**
 * The sums that every result keeps. Each rule holds two independent accounts of the
 * same fuel against each other, so that a cost which was lost, spread or counted twice shows. A result that
 * breaks one is never shown: after a run it is an internal error, in a file it is a damaged file.
 *
 * "The functions' row without a line" of the contract is the fuel of functions whose line is null: their pcs
 * have no line either and are in no LineRow, so phases.js = Σ lines.self + Σ fuel of the pcs without a line.
 */
import { isRest, OtherCalls, TreeBuilder } from "./call-tree.ts";
import { judge } from "./limits.ts";
import { fuelOfCode, type NativeShare, nativesByFunction, sortOfRow } from "./natives.ts";
import { outerPhases, phaseName } from "./phases.ts";
import { fuelByPhase, replayEvents } from "./replay.ts";
import type { FunctionRow, Part, Result } from "./result.ts";
import { inclusiveFuel } from "./walk.ts";

/** What is broken in `result`, a sentence a rule; empty where every sum holds. */
export function brokenSums(result: Result): string[] {
  // Sums over rows that point nowhere say nothing: stop at what is wrong with numbers and indices.
  const broken = [...brokenNumbers(result), ...brokenIndices(result)];
  if (broken.length > 0) return broken;
  const limits = brokenLimits(result);
  return [
    ...brokenTotals(result),
    ...brokenRows(result),
    ...brokenEvents(result),
    ...limits,
    ...brokenRuns(result),
  ];
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

const rule = (what: string, expected: number, other: string, actual: number): readonly string[] =>
  expected === actual ? none : [`${what} is ${expected}, but ${other} is ${actual}`];

/** Of the thousands of rules that hold. */
const none: readonly string[] = [];

/** Every number of a result is a non-negative safe integer; `parent` alone can be -1. */
function brokenNumbers(result: Result): string[] {
  const broken: string[] = [];
  const visit = (value: unknown, path: () => string, isParent: boolean): void => {
    if (typeof value === "number") {
      if (Number.isSafeInteger(value) && value >= (isParent ? -1 : 0)) return;
      // The one number that is no count.
      if (/^(runs\[\d+\]\.)?limits\.scale$/.test(path()) && value >= 1) return;
      // An exit status is the guest's own word; 32 bits, of either sign.
      if (Number.isSafeInteger(value) && /^run(s\[\d+\])?\.exit\.code$/.test(path())) return;
      broken.push(`${path()} is ${value}, not a non-negative integer below 2^53`);
    } else if (Array.isArray(value))
      for (let i = 0; i < value.length; i++) visit(value[i], () => `${path()}[${i}]`, false);
    else if (typeof value === "object" && value !== null)
      for (const key in value)
        visit(
          value[key as keyof typeof value],
          () => (path() === "" ? key : `${path()}.${key}`),
          key === "parent",
        );
  };
  const { events: _, ...rest } = result; // replayed below, and by far the longest
  visit(rest, () => "", false);
  return broken;
}

/** The verdict follows from the amounts, and where a limit was passed is said exactly where it was. */
function brokenLimits({ limits, fuel, files }: Pick<Result, "limits" | "fuel" | "files">): string[] {
  if (limits === null) return [];
  const { used, exceeded, passed } = limits;
  const broken = [...rule("limits.used.fuel", used.fuel, "fuel.total", fuel.total)];
  const expected = judge(limits, used, passed).exceeded;
  if (expected.join() !== exceeded.join())
    broken.push(
      `limits.exceeded is ${exceeded.join() || "empty"}, but by the amounts ${expected.join() || "empty"}`,
    );
  if ((passed !== null) !== exceeded.includes("fuel"))
    broken.push("limits.passed goes with a limit of fuel that was exceeded");
  for (const { file } of passed ?? [])
    if (file !== null && files[file] === undefined) broken.push(`limits.passed: no file ${file}`);
  return broken;
}

/** What is said of several runs adds up to what is said of all, and each is judged by its own limits. */
function brokenRuns({ runs, fuel, run, limits, files }: Result): string[] {
  if (runs === undefined) return [];
  const of = (what: (part: Part) => number): number => sum(runs.map(what));
  return [
    ...rule(
      "fuel.total",
      fuel.total,
      "Σ runs.fuel.total",
      of((part) => part.fuel.total),
    ),
    ...rule(
      "fuel.dispatches",
      fuel.dispatches,
      "Σ runs.fuel.dispatches",
      of((part) => part.fuel.dispatches),
    ),
    ...rule(
      "run.input.bytes",
      run.input.bytes,
      "Σ runs.input.bytes",
      of(({ input }) => input.bytes),
    ),
    ...(limits === null ? [] : ["limits are each run's own where there are several"]),
    ...runs.flatMap((part, i) => brokenLimits({ ...part, files }).map((broken) => `runs[${i}]: ${broken}`)),
  ];
}

function brokenIndices(result: Result): string[] {
  const { functions, files, tree, limits } = result;
  const broken: string[] = [];
  if (limits?.passedIn !== undefined && (limits.passed === null || tree[limits.passedIn] === undefined))
    broken.push(`limits.passedIn: no node ${limits.passedIn} in which a limit was passed`);
  const position = (where: string, row: { file: number | null; line: number | null }): void => {
    if (row.file !== null && files[row.file] === undefined) broken.push(`${where}: no file ${row.file}`);
    if ((row.file === null) !== (row.line === null)) broken.push(`${where}: a file and a line go together`);
    if (row.line === 0) broken.push(`${where}: lines are 1-based`);
  };
  for (const [i, row] of functions.entries()) {
    if (row.id !== i) broken.push(`functions[${i}]: its id is ${row.id}`);
    position(`functions[${i}]`, row);
    for (const share of row.natives ?? [])
      if (
        row.kind !== "js" ||
        functions[share.function] === undefined ||
        sortOfRow(functions[share.function]!) !== "native"
      )
        broken.push(`functions[${i}]: ${share.function} is none of its native functions`);
  }
  for (const [i, row] of result.lines.entries()) position(`lines[${i}]`, row);
  for (const [i, pc] of result.pcs.entries()) {
    position(`pcs[${i}]`, pc);
    const row = functions[pc.function];
    if (row?.kind !== "js") broken.push(`pcs[${i}]: no JavaScript function ${pc.function}`);
    else if ((row.line === null) !== (pc.line === null))
      broken.push(`pcs[${i}]: an opcode has a line exactly where its function has one`);
  }

  const path: number[] = [-1];
  const seen = new TreeBuilder();
  const others = new OtherCalls();
  for (const [i, node] of tree.entries()) {
    if (functions[node.function] === undefined) broken.push(`tree[${i}]: no function ${node.function}`);
    while (path.length > 0 && path.at(-1) !== node.parent) path.pop();
    if (path.length === 0)
      return [...broken, `tree[${i}]: parent ${node.parent} breaks the depth-first order`];
    path.push(i);
    const before = seen.length;
    const { callLine, callFile } = node;
    if (callFile !== undefined && (callLine === null || files[callFile] === undefined))
      return [...broken, `tree[${i}]: no line of a file ${callFile}`];
    const call = callFile === undefined ? (callLine ?? 0) : others.key(callFile, callLine!);
    seen.add(node.parent, node.function, call, 0, 0);
    if (seen.length === before) broken.push(`tree[${i}]: the same call as an earlier child of its parent`);
  }
  return broken;
}

function brokenTotals({ fuel, phases, functions, lines, opcodes, pcs, tree }: Result): string[] {
  const noLine = pcs.filter((pc) => pc.line === null);
  const lineFuel = sum(lines.map((row) => row.self)) + sum(noLine.map((pc) => pc.fuel));
  const lineHits = sum(lines.map((row) => row.hits)) + sum(noLine.map((pc) => pc.hits));
  const js = (other: string, actual: number) => rule("phases.js", phases.js, other, actual);
  const total = (other: string, actual: number) => rule("fuel.total", fuel.total, other, actual);
  const dispatches = (other: string, n: number) => rule("fuel.dispatches", fuel.dispatches, other, n);
  return [
    ...total("Σ phases", phases.startup + phases.js + phases.jobs + phases.exit),
    ...total("Σ functions.self - Σ natives.self", sum(functions.map(fuelOfCode))),
    ...total("Σ tree.self", sum(tree.map((node) => node.self))),
    ...js("Σ pcs.fuel", sum(pcs.map((pc) => pc.fuel))),
    ...js("Σ opcodes.fuel", sum(opcodes.map((row) => row.fuel))),
    ...js("Σ lines.self + what has no line", lineFuel),
    ...dispatches("Σ pcs.hits", sum(pcs.map((pc) => pc.hits))),
    ...dispatches("Σ opcodes.count", sum(opcodes.map((row) => row.count))),
    ...dispatches("Σ lines.hits + what has no line", lineHits),
  ];
}

/** The same sums row by row: each function by the tree, each line by the pcs, each phase by its tree root. */
function brokenRows(result: Result): string[] {
  const { functions, tree, phases } = result;
  const broken: string[] = [];
  const self = new Float64Array(functions.length);
  const calls = new Float64Array(functions.length);
  for (const node of tree) {
    self[node.function]! += node.self;
    calls[node.function]! += node.calls;
  }
  const totals = inclusiveFuel(tree, functions.length);
  const sorts = functions.map(sortOfRow);
  const hasRest = functions.some(isRest);
  const toldNatives = !hasRest && sorts.includes("native");
  const natives: ReadonlyMap<number, readonly NativeShare[]> = toldNatives
    ? nativesByFunction(columns(tree), sorts)
    : new Map();
  for (const row of functions) {
    const what = `functions[${row.id}]`;
    broken.push(
      ...rule(`${what}.self without natives`, fuelOfCode(row), "Σ of its tree nodes", self[row.id]!),
    );
    broken.push(...brokenNatives(row, hasRest ? null : (natives.get(row.id) ?? [])));
    broken.push(...rule(`${what}.calls`, row.calls, "Σ of its tree nodes", calls[row.id]!));
    // where paths were merged, a function's callees may stand beside it
    if (!hasRest || totals[row.id]! > row.total)
      broken.push(...rule(`${what}.total`, row.total, "Σ of its outermost subtrees", totals[row.id]!));
    const { min, median, max } = row;
    const ordered = min !== null && median !== null && max !== null && min <= median && median <= max;
    if (!ordered && (min ?? median ?? max) !== null)
      broken.push(`${what}: min ${min}, median ${median}, max ${max} are not in order`);
  }

  const byFile = result.files.map(() => new Map<number, { fuel: number; hits: number }>());
  let lines = 0;
  for (const { file, line, fuel, hits } of result.pcs) {
    if (file === null || line === null) continue;
    const entry = byFile[file]!.get(line);
    if (entry) {
      entry.fuel += fuel;
      entry.hits += hits;
    } else {
      byFile[file]!.set(line, { fuel, hits });
      lines += 1;
    }
  }
  for (const [i, row] of result.lines.entries()) {
    const pcs = byFile[row.file]!.get(row.line);
    if (pcs === undefined) broken.push(`lines[${i}]: no opcode has this line, or an earlier row has it`);
    else {
      if (row.self !== pcs.fuel) broken.push(...rule(`lines[${i}].self`, row.self, "Σ of its pcs", pcs.fuel));
      if (row.hits !== pcs.hits) broken.push(...rule(`lines[${i}].hits`, row.hits, "Σ of its pcs", pcs.hits));
      byFile[row.file]!.delete(row.line);
      lines -= 1;
    }
  }
  if (lines > 0) broken.push(`${lines} lines of pcs have no row in lines`);

  // Frames of the wasm kind have no phase roots: there the tree's sum is all that can be held.
  if (!functions.some((row) => row.kind === "phase")) return broken;
  const below = fuelByPhase(result);
  broken.push(...rule("phases.js", phases.js, "the fuel below the other tree roots", below.js));
  for (const phase of outerPhases) {
    const root = `the fuel below tree root ${phaseName(phase)}`;
    broken.push(...rule(`phases.${phase}`, phases[phase], root, below[phase]));
  }
  return broken;
}

function columns(tree: Result["tree"]) {
  return {
    length: tree.length,
    ...{ parent: tree.map((node) => node.parent), function: tree.map((node) => node.function) },
    ...{ calls: tree.map((node) => node.calls), self: tree.map((node) => node.self) },
  };
}

/** `expected`: by the tree; null where paths were merged, which then does not say whose a native function was. */
function brokenNatives({ id, natives = [] }: FunctionRow, expected: readonly NativeShare[] | null): string[] {
  if (expected === null) return [];
  const same = (share: NativeShare, other: NativeShare | undefined) =>
    share.function === other?.function && share.calls === other.calls && share.self === other.self;
  const holds = natives.length === expected.length && expected.every((share, i) => same(share, natives[i]));
  return holds ? [] : [`functions[${id}].natives are not those below it in the tree`];
}

function brokenEvents(result: Result): string[] {
  if (result.events === undefined) return [];
  const { self, outside, problems } = replayEvents(result);
  if (problems.length > 0) return [...problems];
  // Fuel outside of every event belongs to the phases' own nodes, in whatever part they have no event.
  let missing = 0;
  const broken: string[] = [];
  for (const [i, node] of result.tree.entries()) {
    if (result.functions[node.function]!.kind === "phase") missing += node.self - self[i]!;
    else broken.push(...rule(`tree[${i}].self`, node.self, "its fuel by the events", self[i]!));
  }
  broken.push(...rule("fuel outside of all events", outside, "what the phases lack", missing));
  return broken;
}
