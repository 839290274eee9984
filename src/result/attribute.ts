/**
 * From counters to a profile: names, lines, opcodes, the call tree. Pure: a recording and what its code units say
 * go in, the profile parts of a result come out. Every counter lands in exactly one row of each table.
 */
import { type Fuel, toFuel } from "../base/fuel.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { functionPosition, type LineEntry, positionAt, soundLines } from "../quickjs/bytecode/line-table.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { type OuterPhase, phaseName } from "./phases.ts";
import type { Recording } from "./recording.ts";
import type {
  EventRow,
  FunctionRow,
  LineRow,
  OpcodeRow,
  PcRow,
  Phases,
  StackFrame,
  TreeNode,
} from "./result.ts";
import { inclusiveFuel } from "./walk.ts";

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
  readonly events: readonly EventRow[] | undefined;
  /** Open JS frames at the end, innermost first. */
  readonly stack: readonly StackFrame[];
  readonly dispatches: number;
}

export interface AttributeOptions {
  /** Null where no JavaScript was looked for. */
  readonly engine: EngineVersion | null;
  /** What to show for a file name that the bytecode holds, such as Javy's `function.mjs` for the entry. */
  readonly fileName: (compiled: string) => string;
  /** Which native functions have frames; undefined where none has. */
  readonly natives?: "all" | "named";
}

/** Name of the root when native frames are shown: what runs outside all functions that have a frame. */
const nativeRoot = { all: "(app)", named: "(unnamed)" } as const;

export function attribute(recording: Recording, options: AttributeOptions): Profile {
  return new Attribution(recording, options).profile();
}

/** Where a function stands, and the positions of its code. */
interface Place {
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly table: readonly LineEntry[];
}

const nowhere: Place = { file: null, line: null, column: null, table: [] };

class Attribution {
  readonly #recording: Recording;
  readonly #options: AttributeOptions;
  readonly #files: string[] = [];
  readonly #places: Place[];
  readonly #names: string[];
  readonly #hasNatives: boolean;

  constructor(recording: Recording, options: AttributeOptions) {
    this.#recording = recording;
    this.#options = options;
    this.#hasNatives = recording.functions.some(({ origin }) => origin.kind === "native");
    const unitNames = recording.units.map((unit) => displayNames(unit, { file: options.fileName }));
    this.#names = recording.functions.map(({ origin }) =>
      origin.kind === "native" ? origin.name : unitNames[origin.unit]![origin.index]!,
    );
    this.#places = recording.functions.map(({ origin }) =>
      origin.kind === "native"
        ? nowhere
        : this.#place(recording.units[origin.unit]!.functions[origin.index]!),
    );
  }

  get #nativeKind(): FunctionRow["kind"] {
    return this.#options.engine === null ? "wasm" : "engine";
  }

  #file(compiled: string): number {
    const name = this.#options.fileName(compiled);
    const known = this.#files.indexOf(name);
    return known >= 0 ? known : this.#files.push(name) - 1;
  }

  #place(fn: BytecodeFunction): Place {
    const { lines } = this.#options.engine!;
    const table = soundLines(fn, lines);
    // Class initialisers have no position of their own: their first line stands for them.
    const position = functionPosition(fn, lines) ?? table[0];
    if (!position || fn.file === "") return nowhere;
    return { file: this.#file(fn.file), line: position.line, column: position.column || null, table };
  }

  #code(id: number): BytecodeFunction | undefined {
    const { origin } = this.#recording.functions[id]!;
    return origin.kind === "js" ? unitFunction(this.#recording.units, origin.unit, origin.index) : undefined;
  }

  /** Position of a code offset; the function's own where the table says nothing. */
  #at(id: number, offset: number): { readonly line: number | null; readonly column: number | null } {
    const place = this.#places[id]!;
    const found = place.line === null ? null : positionAt(place.table, offset);
    return found ? { line: found.line, column: found.column || null } : place;
  }

  profile(): Profile {
    const { recording } = { recording: this.#recording };
    const pcs = this.#pcs();
    const tree = this.#tree();
    const phases = {
      startup: toFuel(recording.phases.startup),
      js: sum(pcs.map(({ fuel }) => fuel)),
      jobs: toFuel(recording.phases.jobs),
      exit: toFuel(recording.phases.exit),
    };
    const functions = this.#functions(tree.nodes, tree.phaseRows);
    return {
      phases,
      files: this.#files,
      functions,
      lines: this.#lines(pcs),
      opcodes: this.#opcodes(pcs),
      pcs,
      tree: tree.nodes,
      events: this.#events(tree.indexOfNode),
      stack: recording.stack
        .map(({ function: id, offset }) => ({
          function: this.#names[id]!,
          file: this.#places[id]!.file,
          ...this.#at(id, offset),
        }))
        .map(({ function: name, file, line, column }) => ({ function: name, file, line, column })),
      dispatches: sum(pcs.map(({ hits }) => hits)),
    };
  }

  #pcs(): PcRow[] {
    return this.#recording.functions.flatMap((counters, id) =>
      [...counters.offsets].map((offset, i): PcRow => {
        const { file } = this.#places[id]!;
        const { line } = this.#at(id, offset);
        return {
          function: id,
          offset,
          file: line === null ? null : file,
          line,
          fuel: toFuel(counters.fuel[i]!),
          hits: toFuel(counters.hits[i]!),
        };
      }),
    );
  }

  #lines(pcs: readonly PcRow[]): LineRow[] {
    const rows = new Map<string, { file: number; line: number; self: Fuel; hits: number }>();
    for (const { file, line, fuel, hits } of pcs) {
      if (file === null || line === null) continue;
      const key = `${file}:${line}`;
      const row = rows.get(key) ?? { file, line, self: 0, hits: 0 };
      rows.set(key, row);
      row.self += fuel;
      row.hits += hits;
    }
    return [...rows.values()].sort((a, b) => a.file - b.file || a.line - b.line);
  }

  #opcodes(pcs: readonly PcRow[]): OpcodeRow[] {
    const rows = new Map<number, { name: string; code: number; count: number; fuel: Fuel }>();
    for (const { function: id, offset, fuel, hits } of pcs) {
      const code = this.#code(id)!.code[offset]!;
      const row = rows.get(code) ?? {
        name: this.#options.engine?.opcodes[code]?.name ?? `opcode_${code}`,
        code,
        count: 0,
        fuel: 0,
      };
      rows.set(code, row);
      row.count += hits;
      row.fuel += fuel;
    }
    return [...rows.values()].sort((a, b) => a.code - b.code);
  }

  /**
   * The call tree by (parent, function, line of the call): calls from one line are one node. Phases are roots of
   * their own, startup in front and the others behind; with native frames there is one root instead.
   */
  #tree(): { nodes: TreeNode[]; indexOfNode: Int32Array; phaseRows: PhaseRow[] } {
    const { nodes: recorded, functions, phases } = this.#recording;
    const count = recorded.parent.length;
    const merged: Merged[] = [];
    const mergedOf = new Int32Array(count).fill(-1);
    const phaseRows: PhaseRow[] = [];
    const roots: number[] = [];
    const addPhase = (name: string, fuel: bigint, kind: FunctionRow["kind"]) => {
      const row = functions.length + phaseRows.length;
      phaseRows.push({ name, self: toFuel(fuel), kind });
      roots.push(
        merged.push({
          parent: -1,
          function: row,
          callLine: null,
          calls: 0,
          self: toFuel(fuel),
          children: new Map(),
        }) - 1,
      );
      return merged.length - 1;
    };
    const phaseFuel = { startup: phases.startup, jobs: phases.jobs, exit: phases.exit };
    const phase = (key: OuterPhase) => {
      if (phaseFuel[key] > 0n) addPhase(phaseName(key), phaseFuel[key], "phase");
    };
    if (this.#hasNatives)
      mergedOf[0] = addPhase(nativeRoot[this.#options.natives ?? "all"], recorded.self[0]!, this.#nativeKind);
    else phase("startup");

    const rootChildren = new Map<string, number>();
    for (let id = 1; id < count; id++) {
      const parent = mergedOf[recorded.parent[id]!]!;
      const callFunction = recorded.callFunction[id]!;
      const callLine = callFunction < 0 ? null : this.#at(callFunction, recorded.callOffset[id]!).line;
      const siblings = parent < 0 ? rootChildren : merged[parent]!.children;
      const key = `${recorded.function[id]}:${callLine}`;
      let index = siblings.get(key);
      if (index === undefined) {
        index =
          merged.push({
            parent,
            function: recorded.function[id]!,
            callLine,
            calls: 0,
            self: 0,
            children: new Map(),
          }) - 1;
        siblings.set(key, index);
        if (parent < 0) roots.push(index);
      }
      mergedOf[id] = index;
      merged[index]!.calls += toFuel(recorded.calls[id]!);
      merged[index]!.self += toFuel(recorded.self[id]!);
    }
    if (!this.#hasNatives) {
      phase("jobs");
      phase("exit");
    }

    const nodes: TreeNode[] = [];
    const placed = new Int32Array(merged.length);
    const queue = roots.reverse();
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const { parent, function: id, callLine, calls, self, children } = merged[at]!;
      placed[at] =
        nodes.push({ parent: parent < 0 ? -1 : placed[parent]!, function: id, callLine, calls, self }) - 1;
      queue.push(...[...children.values()].reverse());
    }
    return { nodes, indexOfNode: mergedOf.map((index) => (index < 0 ? -1 : placed[index]!)), phaseRows };
  }

  #functions(tree: readonly TreeNode[], phaseRows: readonly PhaseRow[]): FunctionRow[] {
    const { functions, nodes } = this.#recording;
    const rows = functions.length + phaseRows.length;
    const total = inclusiveFuel(tree, rows);
    const self = new Array<number>(rows).fill(0);
    const calls = new Array<number>(rows).fill(0);
    for (const node of tree) {
      self[node.function]! += node.self;
      calls[node.function]! += node.calls;
    }
    const resumes = new Array<number>(rows).fill(0);
    nodes.function.forEach((id, node) => {
      if (id >= 0) resumes[id]! += toFuel(nodes.resumes[node]!);
    });
    const js = functions.map(({ origin, perCall }, id): FunctionRow => {
      const { file, line, column } = this.#places[id]!;
      return {
        id,
        name: this.#names[id]!,
        kind: origin.kind !== "native" ? "js" : this.#options.engine === null ? "wasm" : origin.work,
        ...{ file, line, column },
        ...{ calls: calls[id]!, resumes: resumes[id]!, self: self[id]!, total: total[id]! },
        min: perCall && toFuel(perCall.min),
        median: perCall && toFuel(perCall.median),
        medianApprox: perCall?.approximate ?? false,
        max: perCall && toFuel(perCall.max),
      };
    });
    const outside = phaseRows.map((row, i): FunctionRow => {
      const id = functions.length + i;
      const none = { file: null, line: null, column: null, calls: 0, resumes: 0 };
      return {
        id,
        name: row.name,
        kind: row.kind,
        ...none,
        self: row.self,
        total: total[id]!,
        min: null,
        median: null,
        medianApprox: false,
        max: null,
      };
    });
    return [...js, ...outside];
  }

  /** The events over tree indices; what a stop left open is closed at the total. */
  #events(indexOfNode: Int32Array): EventRow[] | undefined {
    const { events, total } = this.#recording;
    if (!events) return undefined;
    const rows: EventRow[] = [];
    const open: number[] = [];
    const end = toFuel(total);
    if (this.#hasNatives) {
      rows.push({ kind: "enter", node: 0, at: 0 });
      open.push(0);
    }
    for (let i = 0; i < events.node.length; i++) {
      const at = Number(events.fuel[i]!);
      const id = events.node[i]!;
      if (id < 0) {
        rows.push({ kind: "leave", node: open.pop()!, at });
      } else {
        const node = indexOfNode[id]!;
        open.push(node);
        rows.push({ kind: "enter", node, at });
      }
    }
    for (let node = open.pop(); node !== undefined; node = open.pop())
      rows.push({ kind: "leave", node, at: end });
    return rows;
  }
}

interface Merged {
  readonly parent: number;
  readonly function: number;
  readonly callLine: number | null;
  calls: number;
  self: number;
  readonly children: Map<string, number>;
}

interface PhaseRow {
  readonly name: string;
  readonly self: Fuel;
  readonly kind: FunctionRow["kind"];
}

function unitFunction(units: readonly BytecodeUnit[], unit: number, index: number): BytecodeFunction {
  return units[unit]!.functions[index]!;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
