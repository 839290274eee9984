/**
 * From counters to a profile: names, lines, opcodes, the call tree. Pure: a recording and what its code units say
 * go in, the profile parts of a result come out. Every counter lands in exactly one row of each table.
 */
import { type Fuel, toFuel } from "../base/fuel.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { functionPosition, soundLines } from "../quickjs/bytecode/line-table.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { FunctionPlaces, type Place, type Places } from "../quickjs/places.ts";
import { type Budget, callBytes } from "./budget.ts";
import { CallLog } from "./call-log.ts";
import {
  depthFirst,
  type Nodes,
  OtherCalls,
  restName,
  subtrees,
  TreeBuilder,
  theRest,
  withoutLines,
  withoutSmallPaths,
} from "./call-tree.ts";
import type { LineText } from "./line-text.ts";
import { type FunctionSort, type NativeShare, nativesByFunction } from "./natives.ts";
import { type OuterPhase, phaseName } from "./phases.ts";
import type { Recording } from "./recording.ts";
import type { FunctionRow, LineRow, OpcodeRow, PcRow, Phases, StackFrame, TreeNode } from "./result.ts";
import { withoutUnused } from "./unused.ts";

/** The profile parts of a result. */
export interface Profile {
  readonly phases: Phases;
  readonly files: readonly string[];
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  readonly opcodes: readonly OpcodeRow[];
  readonly pcs: readonly PcRow[];
  readonly tree: readonly TreeNode[];
  /** Undefined where there were too many to keep. */
  readonly events: CallLog | undefined;
  readonly merged: Merged;
  /** Open JS frames at the end, innermost first. */
  readonly stack: readonly StackFrame[];
  /** Frames where the limit was passed, innermost first; null where it was not. */
  readonly passed: readonly StackFrame[] | null;
  readonly dispatches: number;
}

/** What was made smaller after the budget; null where nothing was. */
export interface Merged {
  /**
   * Nodes of the call tree, before and after. `least`: subtrees of less fuel than that are part of a rest; null where it
   * was enough to leave out the lines of calls.
   */
  readonly paths: { readonly paths: number; readonly kept: number; readonly least: number | null } | null;
  /** Rows of opcodes, before and after: lines instead of opcodes. */
  readonly pcs: { readonly pcs: number; readonly kept: number } | null;
}

export interface AttributeOptions {
  readonly budget: Budget;
  /** Null where no JavaScript was looked for. */
  readonly engine: EngineVersion | null;
  /** Where the code of the bytecode's files stands for the user, such as Javy's `function.mjs`. */
  readonly places: Places;
  /** What stands on a line; undefined where no source is known. */
  readonly textOf?: LineText;
  /**
   * Name of the one root of the tree where native functions have frames outside of JavaScript, too: what runs outside all
   * functions that have a frame. Left out: the phases are roots.
   */
  readonly root?: string;
}

export function attribute(recording: Recording, options: AttributeOptions): Profile {
  return new Attribution(withoutUnused(recording), options).profile();
}

type Frame = NonNullable<Recording["passed"]>[number];

/** A position as a row of the result has it. */
interface RowPlace {
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
}

const nowhere: RowPlace = { file: null, line: null, column: null };

class Attribution {
  readonly #recording: Recording;
  readonly #options: AttributeOptions;
  readonly #files: string[] = [];
  readonly #fileIndex = new Map<string, number>();
  readonly #otherCalls = new OtherCalls();
  /** Null for native functions. */
  readonly #places: (FunctionPlaces | null)[];
  readonly #names: string[];

  constructor(recording: Recording, options: AttributeOptions) {
    this.#recording = recording;
    this.#options = options;
    const unitNames = recording.units.map((unit) => displayNames(unit, options.places));
    const names = recording.functions.map(({ origin }) => {
      if (origin.kind === "native") return origin.name;
      return origin.script ? `[javy] ${origin.script}` : unitNames[origin.unit]![origin.index]!;
    });
    this.#places = recording.functions.map(({ origin }) =>
      origin.kind === "native" ? null : this.#place(recording.units[origin.unit]!, origin.index),
    );
    this.#names = names.map((name, id) => `${name}${this.#evaluatedAt(id, names)}`);
  }

  /** ` (eval at f app.js:12)` of what eval or a constructor of functions made; "" of the rest. */
  #evaluatedAt(id: number, names: readonly string[]): string {
    const { origin } = this.#recording.functions[id]!;
    if (origin.kind !== "js" || !origin.evaluated) return "";
    const { function: by, offset } = origin.evaluated;
    const { file, line } = this.#at(by, offset);
    // a place stands behind it anyway
    const caller = names[by]!.replace(/^\(module .*\)$/, "").replace(/^\(anonymous .*\)$/, "anonymous");
    const place = file === null ? "" : `${this.#files[file]!}:${line}`;
    return ` (eval at ${[caller, place].filter((text) => text !== "").join(" ")})`;
  }

  get #nativeKind(): FunctionRow["kind"] {
    return this.#options.engine === null ? "wasm" : "engine";
  }

  #file(name: string): number {
    let index = this.#fileIndex.get(name);
    if (index === undefined) this.#fileIndex.set(name, (index = this.#files.push(name) - 1));
    return index;
  }

  #place(unit: BytecodeUnit, index: number): FunctionPlaces {
    const fn = unit.functions[index]!;
    const { lines } = this.#options.engine!;
    const table = soundLines(fn, lines);
    // Class initialisers have no position of their own: their first line stands for them.
    const start = fn.file === "" ? null : (functionPosition(fn, lines) ?? table[0] ?? null);
    return new FunctionPlaces(unit, fn, start, table, this.#options.places);
  }

  #row(place: Place | null): RowPlace {
    if (place === null) return nowhere;
    return { file: this.#file(place.file), line: place.line, column: place.column };
  }

  #code(id: number): BytecodeFunction | undefined {
    const { origin } = this.#recording.functions[id]!;
    return origin.kind === "js" ? unitFunction(this.#recording.units, origin.unit, origin.index) : undefined;
  }

  /** Position of a code offset; the function's own where the table says nothing. */
  #at(id: number, offset: number): RowPlace {
    return this.#row(this.#places[id]?.at(offset) ?? null);
  }

  /** The line of a call as the tree's columns have it: 0 for none, below 0 for one that is not in the caller's file. */
  #callLine(caller: number, offset: number): number {
    const { file, line } = this.#at(caller, offset);
    if (file === null || line === null) return 0;
    return this.#row(this.#places[caller]?.own ?? null).file === file
      ? line
      : this.#otherCalls.key(file, line);
  }

  profile(): Profile {
    const { phases: outside, codes, stack, passed } = this.#recording;
    const tree = this.#tree();
    const pcs = this.#pcs();
    const opcodes = this.#opcodes();
    const phases = {
      startup: toFuel(outside.startup),
      js: sum(codes.fuel),
      jobs: toFuel(outside.jobs),
      exit: toFuel(outside.exit),
    };
    return {
      phases,
      files: this.#files,
      functions: this.#functions(tree),
      lines: this.#lines(pcs.rows),
      opcodes,
      pcs: pcs.rows,
      tree: tree.rows,
      events: tree.events,
      merged: { paths: tree.merged, pcs: pcs.merged },
      stack: stack.map((frame) => this.#frame(frame)),
      passed: passed && this.#passed(passed).map((frame) => this.#frame(frame)),
      dispatches: sum(codes.hits),
    };
  }

  #frame({ function: id, offset }: Frame): StackFrame {
    if (offset === null) {
      const suffix = this.#options.engine ? " (native)" : "";
      return { function: `${this.#names[id]!}${suffix}`, file: null, line: null, column: null };
    }
    const { file, line, column } = this.#at(id, offset);
    return { function: this.#names[id]!, file, line, column };
  }

  /** Of the native frames among JavaScript's only the builtins that the innermost function is in. */
  #passed(frames: readonly Frame[]): readonly Frame[] {
    if (!this.#options.engine) return frames;
    const { functions } = this.#recording;
    const inner = frames.findIndex(({ offset }) => offset !== null);
    return frames.filter(({ function: id, offset }, i) => {
      const { origin } = functions[id]!;
      return offset !== null || (i < inner && origin.kind === "native" && origin.work === "builtin");
    });
  }

  /** A row an offset; where those would be too many, a row for each line of a function, at its first offset. */
  #pcs(): { readonly rows: PcRow[]; readonly merged: Merged["pcs"] } {
    const { first, offset: offsets, fuel, hits } = this.#recording.codes;
    const most = this.#options.budget.pcs;
    const isMerged = offsets.length > most;
    const rows: { -readonly [Key in keyof PcRow]: PcRow[Key] }[] = [];
    for (let id = 0; id + 1 < first.length; id++) {
      const byLine = new Map<string, (typeof rows)[number]>();
      for (let i = first[id]!; i < first[id + 1]!; i++) {
        const offset = offsets[i]!;
        const { file, line, column } = this.#at(id, offset);
        const known = isMerged ? byLine.get(`${file}:${line}`) : undefined;
        if (known) {
          known.fuel += toFuel(fuel[i]!);
          known.hits += toFuel(hits[i]!);
          continue;
        }
        const row = {
          function: id,
          offset,
          ...{ file, line, column },
          fuel: toFuel(fuel[i]!),
          hits: toFuel(hits[i]!),
        };
        rows.push(row);
        if (isMerged) byLine.set(`${file}:${line}`, row);
      }
    }
    return { rows, merged: isMerged ? { pcs: offsets.length, kept: rows.length } : null };
  }

  #lines(pcs: readonly PcRow[]): LineRow[] {
    const files = new Map<number, Map<number, { file: number; line: number; self: Fuel; hits: number }>>();
    const rows: { file: number; line: number; self: Fuel; hits: number }[] = [];
    for (const { file, line, fuel, hits } of pcs) {
      if (file === null || line === null) continue;
      let lines = files.get(file);
      if (!lines) files.set(file, (lines = new Map()));
      let row = lines.get(line);
      if (!row) {
        row = { file, line, self: 0, hits: 0 };
        rows.push(row);
        lines.set(line, row);
      }
      row.self += fuel;
      row.hits += hits;
    }
    const { textOf } = this.#options;
    return rows
      .sort((a, b) => a.file - b.file || a.line - b.line)
      .map((row) => ({ ...row, text: textOf?.(this.#files[row.file]!, row.line) ?? null }));
  }

  #opcodes(): OpcodeRow[] {
    const { first, offset, fuel, hits } = this.#recording.codes;
    const rows = new Map<number, { name: string; code: number; count: number; fuel: Fuel }>();
    for (let id = 0; id + 1 < first.length; id++) {
      for (let i = first[id]!; i < first[id + 1]!; i++) {
        const code = this.#code(id)!.code[offset[i]!]!;
        let row = rows.get(code);
        if (!row) {
          const name = this.#options.engine?.opcodes[code]?.name ?? `opcode_${code}`;
          rows.set(code, (row = { name, code, count: 0, fuel: 0 }));
        }
        row.count += toFuel(hits[i]!);
        row.fuel += toFuel(fuel[i]!);
      }
    }
    return [...rows.values()].sort((a, b) => a.code - b.code);
  }

  /**
   * The call tree by (parent, function, line of the call): calls from one line are one node. Phases are roots of
   * their own, startup in front and the others behind, unless there is one root instead. What is past the
   * budget is merged (call-tree.ts), unless the calls in order are kept, which are more than the nodes.
   */
  #tree(): Tree {
    const { nodes: recorded, functions, phases, total, events } = this.#recording;
    const { budget, root } = this.#options;
    const builder = new TreeBuilder();
    const indexOf = new Int32Array(recorded.parent.length).fill(-1);
    const outside: OutsideRow[] = [];
    const addOutside = (name: string, self: Fuel, kind: FunctionRow["kind"]): number => {
      outside.push({ name, kind });
      return builder.add(-1, functions.length + outside.length - 1, 0, 0, self);
    };
    const phase = (key: OuterPhase): void => {
      if (phases[key] > 0n) addOutside(phaseName(key), toFuel(phases[key]), "phase");
    };
    if (root === undefined) phase("startup");
    else indexOf[0] = addOutside(root, toFuel(recorded.self[0]!), this.#nativeKind);
    for (let id = 1; id < indexOf.length; id++) {
      const caller = recorded.callFunction[id]!;
      const line = caller < 0 ? 0 : this.#callLine(caller, recorded.callOffset[id]!);
      const fn = recorded.function[id]! < 0 ? theRest : recorded.function[id]!;
      const [calls, self] = [toFuel(recorded.calls[id]!), toFuel(recorded.self[id]!)];
      indexOf[id] = builder.add(indexOf[recorded.parent[id]!]!, fn, line, calls, self);
    }
    if (root === undefined) {
      phase("jobs");
      phase("exit");
    }

    let nodes = builder.finish();
    // before anything is merged, since a rest does not say whose what is in it was
    const natives = nativesByFunction(nodes, (fn) => this.#sortOf(fn));
    const frames = functions.length + outside.length;
    const bytes = events ? callBytes(events.node.length, frames, toFuel(total)) : Number.POSITIVE_INFINITY;
    const keepsOrder = events !== null && bytes <= budget.callBytes;
    let merged: Merged["paths"] = null;
    if (!keepsOrder && nodes.length > budget.nodes) {
      merged = { paths: nodes.length, kept: 0, least: null };
      nodes = withoutLines(nodes).nodes;
      if (nodes.length > budget.nodes) {
        const smaller = withoutSmallPaths(nodes, budget.nodes);
        nodes = smaller.nodes;
        merged = { ...merged, least: smaller.least };
      }
      merged = { ...merged, kept: nodes.length };
    }
    const isRest = (fn: number): boolean => fn === theRest;
    if (nodes.function.some(isRest)) {
      const row = functions.length + outside.length;
      outside.push({ name: restName, kind: root === undefined ? "phase" : this.#nativeKind });
      nodes = { ...nodes, function: nodes.function.map((fn) => (isRest(fn) ? row : fn)) };
    }
    const { rows, placed } = inOrder(nodes, this.#otherCalls);
    const kept = keepsOrder ? this.#events((id) => placed[indexOf[id]!]!) : undefined;
    return { nodes, rows, events: kept, outside, natives, merged };
  }

  /** Of rows, or of what is none of the recording's: phases, the root, a rest. */
  #sortOf(fn: number): FunctionSort {
    const origin = this.#recording.functions[fn]?.origin;
    return origin === undefined ? "outside" : origin.kind;
  }

  #functions({ nodes, outside, natives }: Tree): FunctionRow[] {
    const { functions, nodes: recorded } = this.#recording;
    const count = functions.length + outside.length;
    const self = new Float64Array(count);
    const calls = new Float64Array(count);
    const below = new Float64Array(count);
    const fuel = subtrees(nodes);
    for (let i = 0; i < nodes.length; i++) {
      self[nodes.function[i]!]! += nodes.self[i]!;
      calls[nodes.function[i]!]! += nodes.calls[i]!;
      below[nodes.function[i]!]! += fuel[i]!;
    }
    const resumes = new Float64Array(count);
    for (let node = 0; node < recorded.function.length; node++) {
      const id = recorded.function[node]!;
      if (id >= 0) resumes[id]! += toFuel(recorded.resumes[node]!);
    }
    const rows = functions.map(({ origin, total, perCall }, id): FunctionRow => {
      const { file, line, column } = this.#row(this.#places[id]?.own ?? null);
      const shares = natives.get(id);
      const native = shares?.reduce((sum, share) => sum + share.self, 0) ?? 0;
      return {
        id,
        name: this.#names[id]!,
        kind: origin.kind !== "native" ? "js" : this.#options.engine === null ? "wasm" : origin.work,
        ...{ file, line, column },
        ...{ calls: calls[id]!, resumes: resumes[id]!, self: self[id]! + native, total: toFuel(total) },
        min: perCall && toFuel(perCall.min),
        median: perCall && toFuel(perCall.median),
        medianApprox: perCall?.approximate ?? false,
        max: perCall && toFuel(perCall.max),
        ...(shares && { natives: shares }),
      };
    });
    outside.forEach(({ name, kind }) => {
      const id = rows.length;
      const none = { file: null, line: null, column: null, calls: 0, resumes: 0 };
      const noCall = { min: null, median: null, medianApprox: false, max: null };
      // none of these is ever below itself
      rows.push({ id, name, kind, ...none, self: self[id]!, total: below[id]!, ...noCall });
    });
    return rows;
  }

  /** The events over tree indices; what a stop left open is closed at the total. */
  #events(indexOf: (id: number) => number): CallLog {
    const { events, total } = this.#recording;
    const { node: entered, fuel } = events!;
    const open: number[] = [];
    const hasRoot = this.#options.root !== undefined;
    // as many returns as calls
    let calls = hasRoot ? 1 : 0;
    for (const id of entered) if (id >= 0) calls += 1;
    const node = new Int32Array(2 * calls);
    const at = new Float64Array(2 * calls);
    let n = 0;
    const enter = (index: number, when: Fuel): void => {
      open.push(index);
      node[n] = index;
      at[n++] = when;
    };
    const leave = (when: Fuel): void => {
      node[n] = -1 - open.pop()!;
      at[n++] = when;
    };
    if (hasRoot) enter(0, 0);
    for (let i = 0; i < entered.length; i++) {
      const id = entered[i]!;
      if (id < 0) leave(Number(fuel[i]!));
      else enter(indexOf(id), Number(fuel[i]!));
    }
    const end = toFuel(total);
    while (open.length > 0) leave(end);
    return new CallLog(node, at);
  }
}

/** What the tree is besides its rows. */
interface Tree {
  readonly nodes: Nodes;
  readonly rows: readonly TreeNode[];
  /** Undefined where there were too many to keep. */
  readonly events: CallLog | undefined;
  /** Rows of functions behind those of the recording. */
  readonly outside: readonly OutsideRow[];
  /** By function. */
  readonly natives: ReadonlyMap<number, readonly NativeShare[]>;
  readonly merged: Merged["paths"];
}

interface OutsideRow {
  readonly name: string;
  readonly kind: FunctionRow["kind"];
}

/** The rows in depth-first order, and where each node is among them. */
function inOrder(
  nodes: Nodes,
  otherCalls: OtherCalls,
): { readonly rows: TreeNode[]; readonly placed: Int32Array } {
  const placed = new Int32Array(nodes.length);
  const rows: TreeNode[] = [];
  for (const i of depthFirst(nodes)) {
    const parent = nodes.parent[i]!;
    placed[i] = rows.length;
    rows.push({
      parent: parent < 0 ? -1 : placed[parent]!,
      function: nodes.function[i]!,
      ...otherCalls.place(nodes.callLine[i]!),
      calls: nodes.calls[i]!,
      self: nodes.self[i]!,
    });
  }
  return { rows, placed };
}

function unitFunction(units: readonly BytecodeUnit[], unit: number, index: number): BytecodeFunction {
  return units[unit]!.functions[index]!;
}

function sum(values: BigInt64Array): number {
  let total = 0n;
  for (const value of values) total += value;
  return toFuel(total);
}
