/**
 * One result of several runs of a program with different inputs: every figure is the sum over the runs, and the runs stand
 * in `runs`. Functions are tied by kind, name and place: the program is the same one, so nothing has moved. The calls in
 * order are not kept, since there is no one order. The sums of a result hold for the merged one as for each.
 */
import { addFuel } from "../base/fuel.ts";
import { isRest, type Nodes, OtherCalls, rowsInOrder, TreeBuilder } from "./call-tree.ts";
import { type NativeShare, nativesByFunction, sortOfRow } from "./natives.ts";
import type { FunctionRow, LineRow, OpcodeRow, Part, PcRow, Result, StackFrame } from "./result.ts";
import { violates } from "./warnings.ts";

/** Results to be merged, told one by one: none of them is held. */
export class MergedRuns {
  readonly #files = new Table<string, string>();
  readonly #functions = new Table<string, Merging>();
  readonly #lines = new Table<string, Open<LineRow>>();
  readonly #opcodes = new Table<number, Open<OpcodeRow>>();
  readonly #pcs = new Table<string, Open<PcRow>>();
  readonly #tree = new TreeBuilder();
  readonly #otherCalls = new OtherCalls();
  readonly #phases = { startup: 0, js: 0, jobs: 0, exit: 0 };
  readonly #warnings = new Map<string, Result["warnings"][number]>();
  readonly #parts: Part[] = [];
  #first: Pick<Result, "schemaVersion" | "tool" | "toolchain" | "module"> | null = null;

  /** `name`: of the input. */
  add(name: string, result: Result): void {
    const { schemaVersion, tool, toolchain, module, warnings, phases } = result;
    this.#first ??= { schemaVersion, tool, toolchain, module };
    const file = result.files.map((path) => this.#files.index(path, () => path));
    const fileOf = (index: number | null): number | null => (index === null ? null : file[index]!);
    const functions = this.#addFunctions(result, fileOf);
    this.#addCode(result, fileOf, functions);
    this.#addTree(result, file, functions);
    for (const phase of ["startup", "js", "jobs", "exit"] as const)
      this.#phases[phase] = addFuel(this.#phases[phase], phases[phase]);
    // the order of calls is kept of none, and what each was judged by stands with it
    for (const warning of warnings)
      if (warning.code !== "events-dropped" && warning.code !== "limit-logs" && !violates(warning.code))
        this.#warnings.set(warning.code, this.#warnings.get(warning.code) ?? warning);
    this.#parts.push(partOf(name, result, fileOf));
  }

  /** The merged result. At least one was added. `sha256`: of a text, in hexadecimal. */
  finish(sha256: (text: string) => string): Result {
    const parts = this.#parts;
    const nodes = this.#tree.finish();
    const functions = this.#rows(nodes);
    return {
      ...this.#first!,
      run: runOf(parts, sha256),
      fuel: {
        total: sum(parts, ({ fuel }) => fuel.total),
        comparable: parts.every(({ fuel }) => fuel.comparable),
        dispatches: sum(parts, ({ fuel }) => fuel.dispatches),
        maxDepth: Math.max(...parts.map(({ fuel }) => fuel.maxDepth)),
      },
      limits: null,
      runs: parts,
      phases: this.#phases,
      files: this.#files.rows,
      functions,
      lines: this.#lines.rows.sort((a, b) => a.file - b.file || a.line - b.line),
      opcodes: this.#opcodes.rows.sort((a, b) => a.code - b.code),
      pcs: this.#pcs.rows.sort((a, b) => a.function - b.function || a.offset - b.offset),
      tree: rowsInOrder(nodes, this.#otherCalls).rows,
      warnings: [...this.#warnings.values()],
    };
  }

  /** For each of a result's functions its index here. Of several that nothing tells apart, the first is the first. */
  #addFunctions({ functions, files }: Result, fileOf: (file: number | null) => number | null): number[] {
    const seen = new Map<string, number>();
    const indices = functions.map(({ kind, name, file, line, column }) => {
      const key = JSON.stringify([kind, name, file === null ? null : files[file], line, column]);
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      const start = { kind, name, file: fileOf(file), line, column };
      return this.#functions.index(`${key} ${nth}`, () => newFunction(start));
    });
    for (const [i, row] of functions.entries()) {
      const known = this.#functions.rows[indices[i]!]!;
      known.calls += row.calls;
      known.resumes += row.resumes;
      known.self = addFuel(known.self, row.self);
      known.total = addFuel(known.total, row.total);
      known.perCall.push(row);
      for (const share of row.natives ?? []) addShare(known.natives, indices[share.function]!, share);
    }
    return indices;
  }

  #addCode(
    { lines, opcodes, pcs }: Result,
    fileOf: (file: number | null) => number | null,
    functions: readonly number[],
  ): void {
    for (const row of lines) {
      const file = fileOf(row.file)!;
      const known = this.#lines.row(`${file}:${row.line}`, () => ({ ...row, file, self: 0, hits: 0 }));
      known.self = addFuel(known.self, row.self);
      known.hits += row.hits;
    }
    for (const row of opcodes) {
      const known = this.#opcodes.row(row.code, () => ({ ...row, count: 0, fuel: 0 }));
      known.count += row.count;
      known.fuel = addFuel(known.fuel, row.fuel);
    }
    for (const row of pcs) {
      const [fn, file] = [functions[row.function]!, fileOf(row.file)];
      const key = `${fn} ${row.offset} ${file} ${row.line} ${row.column}`;
      const known = this.#pcs.row(key, () => ({ ...row, function: fn, file, fuel: 0, hits: 0 }));
      known.fuel = addFuel(known.fuel, row.fuel);
      known.hits += row.hits;
    }
  }

  #addTree({ tree }: Result, file: readonly number[], functions: readonly number[]): void {
    const placed: number[] = [];
    for (const { parent, function: fn, callLine, callFile, calls, self } of tree) {
      const call =
        callFile === undefined ? (callLine ?? 0) : this.#otherCalls.key(file[callFile]!, callLine!);
      const above = parent < 0 ? -1 : placed[parent]!;
      placed.push(this.#tree.add(above, functions[fn]!, call, calls, self));
    }
  }

  #rows(nodes: Nodes): FunctionRow[] {
    const merging = this.#functions.rows;
    // a tree with a rest does not say whose what is in it was
    const byTree = merging.some(isRest) ? null : nativesByFunction(nodes, merging.map(sortOfRow));
    return merging.map(({ perCall, natives, ...row }, id): FunctionRow => {
      const shares = byTree ? byTree.get(id) : dearestFirst(natives);
      return {
        id,
        ...row,
        ...costOfCall(perCall),
        ...(shares && shares.length > 0 ? { natives: shares } : {}),
      };
    });
  }
}

type Open<Row> = { -readonly [Key in keyof Row]: Row[Key] };

/** A function while results are added. */
interface Merging
  extends Open<Omit<FunctionRow, "id" | "natives" | "min" | "median" | "medianApprox" | "max">> {
  readonly perCall: FunctionRow[];
  readonly natives: Map<number, Open<NativeShare>>;
}

function newFunction(start: Pick<FunctionRow, "kind" | "name" | "file" | "line" | "column">): Merging {
  return { ...start, calls: 0, resumes: 0, self: 0, total: 0, perCall: [], natives: new Map() };
}

function addShare(natives: Merging["natives"], fn: number, { calls, self }: NativeShare): void {
  const known = natives.get(fn) ?? { function: fn, calls: 0, self: 0 };
  natives.set(fn, known);
  known.calls += calls;
  known.self = addFuel(known.self, self);
}

function dearestFirst(natives: Merging["natives"]): NativeShare[] {
  return [...natives.values()].sort((a, b) => b.self - a.self || a.function - b.function);
}

/**
 * The least, the greatest, and of the runs' medians the middle one by calls. The median of all calls is between the least
 * and the greatest of the runs' medians; it is known where these are equal.
 */
function costOfCall(
  rows: readonly FunctionRow[],
): Pick<FunctionRow, "min" | "median" | "medianApprox" | "max"> {
  const known = rows.filter(({ median }) => median !== null).sort((a, b) => a.median! - b.median!);
  if (known.length === 0) return { min: null, median: null, medianApprox: false, max: null };
  const half = sum(known, ({ calls }) => calls) / 2;
  let calls = 0;
  const middle = known.find((row) => (calls += row.calls) >= half) ?? known.at(-1)!;
  return {
    min: Math.min(...known.map(({ min }) => min!)),
    median: middle.median,
    medianApprox:
      known.some(({ medianApprox }) => medianApprox) || known.some(({ median }) => median !== middle.median),
    max: Math.max(...known.map(({ max }) => max!)),
  };
}

/** Rows by key, in the order of their making. */
class Table<Key, Row> {
  readonly rows: Row[] = [];
  readonly #indices = new Map<Key, number>();

  index(key: Key, make: () => Row): number {
    let index = this.#indices.get(key);
    if (index === undefined) this.#indices.set(key, (index = this.rows.push(make()) - 1));
    return index;
  }

  row(key: Key, make: () => Row): Row {
    return this.rows[this.index(key, make)]!;
  }
}

function sum<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((total, row) => addFuel(total, of(row)), 0);
}

function partOf(
  name: string,
  { run, fuel, limits, warnings }: Result,
  fileOf: (file: number | null) => number | null,
): Part {
  const here = (stack: readonly StackFrame[]) =>
    stack.map((frame) => ({ ...frame, file: fileOf(frame.file) }));
  return {
    name,
    ...{ ...run, exit: { ...run.exit, stack: here(run.exit.stack) } },
    fuel,
    limits: limits && judgedAlone(limits, here),
    warnings,
  };
}

/** A verdict whose stack is of other files now; its place in the tree is not in the merged one. */
function judgedAlone(
  { passedIn: _, ...limits }: NonNullable<Result["limits"]>,
  here: (stack: readonly StackFrame[]) => readonly StackFrame[],
): NonNullable<Result["limits"]> {
  return { ...limits, passed: limits.passed && here(limits.passed) };
}

/** What is said of all runs together. */
function runOf(parts: readonly Part[], sha256: (text: string) => string): Result["run"] {
  const [first] = parts;
  const hashes = parts.map(({ input }) => `${input.sha256}\n`).join("");
  return {
    export: first!.export,
    input: {
      bytes: sum(parts, ({ input }) => input.bytes),
      sha256: sha256(hashes),
    },
    exit: (parts.find(({ exit }) => exit.kind !== "ok") ?? first!).exit,
    ...{ stdout: "", stderr: "" },
    stdoutBytes: sum(parts, ({ stdoutBytes }) => stdoutBytes),
    stderrBytes: sum(parts, ({ stderrBytes }) => stderrBytes),
    maxMemoryBytes: Math.max(...parts.map(({ maxMemoryBytes }) => maxMemoryBytes)),
  };
}
