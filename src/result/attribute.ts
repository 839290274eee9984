/**
 * From counters to a profile: names, lines, opcodes, the call tree. Pure: a recording and what its code units say
 * go in, the profile parts of a result come out. Every counter lands in exactly one row of each table.
 */
import { type Fuel, toFuel } from "../base/fuel.ts";
import type { BytecodeFunction } from "../quickjs/bytecode/function.ts";
import { LineColumns, startOf } from "../quickjs/bytecode/line-table.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { FunctionPlaces, type Place, type Places } from "../quickjs/places.ts";
import { type Budget, callBytes, nodesWithin, sampleBytes } from "./budget.ts";
import { CallLog } from "./call-log.ts";
import {
  type Nodes,
  OtherCalls,
  restName,
  rowsInOrder,
  type SmallerTree,
  subtrees,
  TreeBuilder,
  theRest,
  withoutLines,
  withoutSmallPaths,
} from "./call-tree.ts";
import { type CodeRows, codeRows, otherLines, type RowPlace } from "./code-rows.ts";
import { frameText, type LineText } from "./line-text.ts";
import { type FunctionSort, type NativeShare, nativesByFunction } from "./natives.ts";
import { type OuterPhase, phaseName } from "./phases.ts";
import type { Recording } from "./recording.ts";
import type { FunctionRow, LineRow, OpcodeRow, PcRow, Phases, StackFrame, TreeNode } from "./result.ts";
import { otherFunctions, type ShownFunctions, shownFunctions } from "./shown-functions.ts";
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
  /** Index into tree of the node that was charged then; -1 where it was none. */
  readonly passedIn: number;
  readonly dispatches: number;
}

/** What was made smaller after the budget; null where nothing was. */
export interface Merged {
  /**
   * Nodes of the call tree, before and after. `least`: subtrees of less fuel than that are part of a rest; null where it
   * was enough to leave out the lines of calls.
   */
  readonly paths: { readonly paths: number; readonly kept: number; readonly least: number | null } | null;
  readonly functions: ShownFunctions["merged"];
  readonly pcs: CodeRows["mergedPcs"];
  readonly lines: CodeRows["mergedLines"];
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

const nowhere: RowPlace = { file: null, line: null, column: null };

/** Entries of the tables of lines that are held: callers are asked for again and again. */
const mostEntries = 500_000;

class Attribution {
  readonly #recording: Recording;
  readonly #options: AttributeOptions;
  readonly #files: string[] = [];
  readonly #fileIndex = new Map<string, number>();
  readonly #otherCalls = new OtherCalls();
  readonly #tables = new Map<number, (offset: number) => RowPlace>();
  #entries = 0;
  readonly #places: RowPlace[];
  readonly #names: string[];
  readonly #shown: ShownFunctions;

  constructor(recording: Recording, options: AttributeOptions) {
    this.#recording = recording;
    this.#options = options;
    const unitNames = recording.units.map((unit) => displayNames(unit, options.places));
    const names = recording.functions.map(({ origin }) => {
      if (origin.kind === "rest") return otherFunctions;
      if (origin.kind === "native") return origin.name;
      return origin.script ? `[javy] ${origin.script}` : unitNames[origin.unit]![origin.index]!;
    });
    this.#places = recording.functions.map((_, id) => this.#row(this.#placesOf(id)?.own ?? null));
    this.#names = names.map((name, id) => `${name}${this.#evaluatedAt(id, names)}`);
    this.#shown = shownFunctions(
      recording,
      (id) => this.#names[id]!,
      (id) => this.#files[this.#places[id]!.file ?? -1] ?? "",
      options.budget.functionBytes,
    );
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

  /** The places of a function's code, position by position; null for what has no code. */
  #placesOf(id: number): FunctionPlaces | null {
    const { origin } = this.#recording.functions[id]!;
    if (origin.kind !== "js") return null;
    const unit = this.#recording.units[origin.unit]!;
    const fn = unit.functions[origin.index]!;
    const { engine, places } = this.#options;
    return new FunctionPlaces(unit, fn, startOf(fn, engine!.lines), places);
  }

  #row(place: Place | null): RowPlace {
    if (place === null) return nowhere;
    return { file: this.#file(place.file), line: place.line, column: place.column };
  }

  #code(id: number): BytecodeFunction | undefined {
    const { origin } = this.#recording.functions[id]!;
    return origin.kind === "js" ? this.#recording.units[origin.unit]!.functions[origin.index] : undefined;
  }

  /** What tells the position of each offset of a function's code: the function's own where its table says nothing. */
  #positions(id: number): (offset: number) => RowPlace {
    let positions = this.#tables.get(id);
    if (positions) return positions;
    positions = this.#readPositions(id);
    this.#tables.set(id, positions);
    return positions;
  }

  #readPositions(id: number): (offset: number) => RowPlace {
    const own = this.#places[id]!;
    const fn = this.#code(id);
    if (own.line === null || !fn) return () => own;
    const places = this.#placesOf(id)!;
    const table = new LineColumns(fn, this.#options.engine!.lines);
    this.#entries += table.length;
    if (this.#entries > mostEntries) {
      this.#tables.clear();
      this.#entries = table.length;
    }
    const rows: (RowPlace | undefined)[] = [];
    return (offset) => {
      const entry = table.indexAt(offset);
      if (entry < 0) return own;
      return (rows[entry] ??= this.#row(places.of(table.entry(entry))));
    };
  }

  #at(id: number, offset: number): RowPlace {
    const place = this.#positions(id)(offset);
    // where opcodes of a line share their figures, the offset is not the opcode's own
    return this.#recording.sharing.has(id) ? { ...place, column: null } : place;
  }

  profile(): Profile {
    const { phases: outside, codes, stack, passed } = this.#recording;
    const lines = this.#callLines();
    const code = this.#codeRows();
    const tree = this.#tree(lines, code);
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
      lines: code.lines,
      opcodes: code.opcodes,
      pcs: code.pcs,
      tree: tree.rows,
      events: tree.events,
      merged: {
        paths: tree.merged,
        functions: this.#shown.merged,
        pcs: code.mergedPcs,
        lines: code.mergedLines,
      },
      stack: stack.map((frame) => this.#frame(frame)),
      passed: passed && this.#passed(passed).map((frame) => this.#frame(frame)),
      passedIn: tree.passedIn,
      dispatches: sum(codes.hits),
    };
  }

  #frame({ function: id, offset }: Frame): StackFrame {
    if (offset === null) {
      const suffix = this.#options.engine ? " (native)" : "";
      return { function: `${this.#names[id]!}${suffix}`, file: null, line: null, column: null };
    }
    const { file, line, column } = this.#at(id, offset);
    const text = frameText(this.#options.textOf, this.#files, { file, line, column });
    return { function: this.#names[id]!, file, line, column, ...text };
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

  #codeRows(): CodeRows {
    const { ids, rowOf } = this.#shown;
    const { engine, budget, textOf } = this.#options;
    const facts = {
      code: (id: number) => this.#code(id),
      hasLines: (id: number) => this.#places[id]!.line !== null,
      positions: (id: number) => this.#positions(id),
      fileName: (file: number) => this.#files[file]!,
      textOf: (file: number, line: number, column?: number | null) =>
        textOf?.(this.#files[file]!, line, column) ?? null,
      otherFile: () => this.#file(otherLines),
      row: (id: number) => rowOf[id]!,
      isOther: (row: number) => row >= ids.length,
      engine,
    };
    return codeRows(this.#recording, facts, budget);
  }

  /**
   * The line of each node's call as the tree's columns have it: 0 for none, below 0 for one that is not in the caller's file.
   */
  #callLines(): Int32Array {
    const { callFunction, callOffset } = this.#recording.nodes;
    const lines = new Int32Array(callFunction.length);
    for (let node = 1; node < lines.length; node++) {
      const id = callFunction[node]!;
      if (id < 0) continue;
      const { file, line } = this.#positions(id)(callOffset[node]!);
      if (file === null || line === null) continue;
      lines[node] = file === this.#places[id]!.file ? line : this.#otherCalls.key(file, line);
    }
    return lines;
  }

  /**
   * The call tree by (parent, function, line of the call): calls from one line are one node. Phases are roots of
   * their own, startup in front and the others behind, unless there is one root instead. What is past the
   * budget is merged (call-tree.ts), unless the calls in order are kept, which are more than the nodes.
   */
  #tree(lines: Int32Array, code: CodeRows): Tree {
    const { nodes: recorded, phases, total, events, passedIn } = this.#recording;
    const { budget, root } = this.#options;
    const { ids, rowOf, others, bytes: functionBytes } = this.#shown;
    const builder = new TreeBuilder();
    const indexOf = new Int32Array(recorded.parent.length).fill(-1);
    const outside: OutsideRow[] = others.map((kind) =>
      kind === "native"
        ? { name: otherFunctions, kind: this.#nativeKind, place: nowhere }
        : {
            name: otherFunctions,
            kind: "js",
            place: { file: this.#file(otherLines), line: 1, column: null },
          },
    );
    const addOutside = (name: string, self: Fuel, kind: FunctionRow["kind"]): number => {
      outside.push({ name, kind, place: nowhere });
      return builder.add(-1, ids.length + outside.length - 1, 0, 0, self);
    };
    const phase = (key: OuterPhase): void => {
      if (phases[key] > 0n) addOutside(phaseName(key), toFuel(phases[key]), "phase");
    };
    if (root === undefined) phase("startup");
    else indexOf[0] = addOutside(root, toFuel(recorded.self[0]!), this.#nativeKind);
    for (let id = 1; id < indexOf.length; id++) {
      const fn = recorded.function[id]! < 0 ? theRest : rowOf[recorded.function[id]!]!;
      const [calls, self] = [toFuel(recorded.calls[id]!), toFuel(recorded.self[id]!)];
      indexOf[id] = builder.add(indexOf[recorded.parent[id]!]!, fn, lines[id]!, calls, self);
    }
    if (root === undefined) {
      phase("jobs");
      phase("exit");
    }

    const all = builder.finish();
    let nodes = all;
    let mark = passedIn === undefined ? -1 : indexOf[passedIn]!;
    const smaller = (tree: SmallerTree): void => {
      nodes = tree.nodes;
      if (mark >= 0) mark = tree.indexOf[mark]!;
    };
    // before anything is merged, since a rest does not say whose what is in it was
    const natives = nativesByFunction(all, this.#sorts());
    const frames = ids.length + outside.length;
    const bytes = events ? callBytes(events.node.length, frames, toFuel(total)) : Number.POSITIVE_INFINITY;
    const beside = functionBytes + code.lineBytes + sampleBytes(code.pcs.length);
    const keepsOrder = events !== null && bytes + beside <= budget.fileBytes;
    const most = nodesWithin(budget, functionBytes, code.lineBytes, code.pcs.length);
    let merged: Merged["paths"] = null;
    if (!keepsOrder && nodes.length > most) {
      merged = { paths: nodes.length, kept: 0, least: null };
      smaller(withoutLines(nodes));
      if (nodes.length > most) {
        const { least, ...tree } = withoutSmallPaths(nodes, most);
        smaller(tree);
        merged = { ...merged, least };
      }
      merged = { ...merged, kept: nodes.length };
    }
    const isRest = (fn: number): boolean => fn === theRest;
    if (nodes.function.some(isRest)) {
      const row = ids.length + outside.length;
      const kind = root === undefined ? "phase" : this.#nativeKind;
      outside.push({ name: restName, kind, place: nowhere });
      nodes = { ...nodes, function: nodes.function.map((fn) => (isRest(fn) ? row : fn)) };
    }
    const { rows, placed } = rowsInOrder(nodes, this.#otherCalls);
    const kept = keepsOrder ? this.#events((id) => placed[indexOf[id]!]!) : undefined;
    return {
      ...{ all, nodes, rows, events: kept, outside, natives, merged },
      passedIn: mark < 0 ? -1 : placed[mark]!,
    };
  }

  /** By row; phases, the root and a rest of paths, which come behind, have none. */
  #sorts(): FunctionSort[] {
    const { ids, others } = this.#shown;
    const { functions } = this.#recording;
    const own = Array.from(ids, (id) => (functions[id]!.origin.kind === "native" ? "native" : "js"));
    return [...own, ...others];
  }

  #functions({ all, nodes, outside, natives }: Tree): FunctionRow[] {
    const { functions, nodes: recorded } = this.#recording;
    const { ids, rowOf, others } = this.#shown;
    const count = ids.length + outside.length;
    const self = new Float64Array(count);
    const calls = new Float64Array(count);
    const below = new Float64Array(count);
    const fuel = subtrees(nodes);
    for (let i = 0; i < nodes.length; i++) {
      self[nodes.function[i]!]! += nodes.self[i]!;
      calls[nodes.function[i]!]! += nodes.calls[i]!;
      below[nodes.function[i]!]! += fuel[i]!;
    }
    others.forEach((_, i) => {
      below[ids.length + i] = outermost(all, ids.length + i);
    });
    const resumes = new Float64Array(count);
    for (let node = 0; node < recorded.function.length; node++) {
      const id = recorded.function[node]!;
      if (id >= 0) resumes[rowOf[id]!]! += toFuel(recorded.resumes[node]!);
    }
    /** What every row has; `row`: its own number. */
    const figures = (row: number, total: Fuel) => {
      const shares = natives.get(row);
      const native = shares?.reduce((sum, share) => sum + share.self, 0) ?? 0;
      const own = { calls: calls[row]!, resumes: resumes[row]!, self: self[row]! + native, total };
      return { own, shares: shares && { natives: shares } };
    };
    const rows = Array.from(ids, (id, row): FunctionRow => {
      const { origin, total, perCall } = functions[id]!;
      const { own, shares } = figures(row, toFuel(total));
      return {
        id: row,
        name: this.#names[id]!,
        kind: origin.kind !== "native" ? "js" : this.#options.engine === null ? "wasm" : origin.work,
        ...this.#places[id]!,
        ...own,
        min: perCall && toFuel(perCall.min),
        median: perCall && toFuel(perCall.median),
        medianApprox: perCall?.approximate ?? false,
        max: perCall && toFuel(perCall.max),
        ...shares,
      };
    });
    outside.forEach(({ name, kind, place }) => {
      const id = rows.length;
      const { own, shares } = figures(id, below[id]!);
      const noCall = { min: null, median: null, medianApprox: false, max: null };
      rows.push({ id, name, kind, ...place, ...own, ...noCall, ...shares });
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
  /** Before anything was merged, and after it. */
  readonly all: Nodes;
  readonly nodes: Nodes;
  readonly rows: readonly TreeNode[];
  /** Undefined where there were too many to keep. */
  readonly events: CallLog | undefined;
  /** Rows of functions behind those of the recording. */
  readonly outside: readonly OutsideRow[];
  /** By function. */
  readonly natives: ReadonlyMap<number, readonly NativeShare[]>;
  readonly merged: Merged["paths"];
  /** Index into rows of the node in which a limit was passed; -1 for none. */
  readonly passedIn: number;
}

interface OutsideRow {
  readonly name: string;
  readonly kind: FunctionRow["kind"];
  readonly place: RowPlace;
}

/** Fuel of the outermost nodes of a row, with everything below them: rows of several functions can be below themselves. */
function outermost({ length, parent, function: fn, self }: Nodes, row: number): Fuel {
  const within = new Uint8Array(length);
  let fuel = 0;
  for (let i = 0; i < length; i++) {
    if (fn[i] === row || (parent[i]! >= 0 && within[parent[i]!])) {
      within[i] = 1;
      fuel += self[i]!;
    }
  }
  return fuel;
}

function sum(values: BigInt64Array): number {
  let total = 0n;
  for (const value of values) total += value;
  return toFuel(total);
}
