/**
 * The br_tables of a module, with how many different places each leads to. Who wants the large ones does not pay for a
 * walk over all code: bytes that read as such a br_table are found first. The module's code has to be well typed.
 */
import { lebAt, lebEnd } from "../instructions.ts";
import { opcodes, rowNamed } from "../opcodes.ts";
import type { Module } from "../types.ts";
import { codeOf, marked } from "../walk.ts";
import { eachByte, Instructions, lebIfAny } from "./rare-instructions.ts";

export interface TableFigures {
  /** Absolute function index. */
  readonly function: number;
  /** Absolute byte offset of the br_table. */
  readonly offset: number;
  /** Entries, the default excluded. */
  readonly entries: number;
  /** Distinct targets, the default included. */
  readonly targets: number;
}

const branchTable = marked(["br_table"]);
const BR_TABLE = opcodes[rowNamed("br_table")]!.code;

const order = (a: TableFigures, b: TableFigures) => b.targets - a.targets || a.offset - b.offset;

/** The br_tables of a module, or of some of its functions (absolute indices), most distinct targets first. */
export function branchTables(module: Module, functions?: Iterable<number>): TableFigures[] {
  const found: TableFigures[] = [];
  for (const index of functions ?? module.bodies.map((_, i) => module.importedFunctions + i)) {
    if (index < module.importedFunctions) continue;
    for (const code = codeOf(module, index); code.advanceTo(branchTable); ) {
      const { entries, targets } = entriesAt(module.bytes, code.immediates, code.end);
      found.push({ function: index, offset: code.at, entries, targets: targets.size });
    }
  }
  return found.sort(order);
}

/** The labels of the br_table whose first immediate is at `at`, as far as `end`. */
function entriesAt(bytes: Uint8Array, at: number, end: number): { entries: number; targets: Set<number> } {
  const entries = lebAt(bytes, at);
  const targets = new Set<number>();
  let label = lebEnd(bytes, at);
  for (let n = 0; n <= entries && label < end; n++) {
    targets.add(lebAt(bytes, label));
    label = lebEnd(bytes, label);
  }
  return { entries, targets };
}

/** The br_tables with `fewest` distinct targets or more, most first; of the functions in `only` (absolute indices), or all. */
export function largeBranchTables(
  module: Module,
  fewest: number,
  only?: ReadonlySet<number>,
): TableFigures[] {
  const code = new Instructions(module, branchTable);
  return suspects(module, fewest).filter(
    (table) => only?.has(table.function) !== false && code.beginAt(table.function, table.offset),
  );
}

/** The `count` br_tables with the most distinct targets, most first. */
export function largestBranchTables(module: Module, count: number): TableFigures[] {
  const code = new Instructions(module, branchTable);
  let found: TableFigures[] = [];
  // nearly all are small, and are looked at only where there are not enough others
  for (const fewest of [32, 16, 1]) {
    found = [];
    for (const table of suspects(module, fewest)) {
      if (code.beginAt(table.function, table.offset)) found.push(table);
      if (found.length === count) return found;
    }
  }
  return found;
}

/** Whatever reads as a br_table with `fewest` distinct targets or more, most first. */
function suspects(module: Module, fewest: number): TableFigures[] {
  const found: TableFigures[] = [];
  eachByte(module, BR_TABLE, (body, at) => {
    const table = readAt(module, body, at, fewest);
    if (table) found.push(table);
  });
  return found.sort(order);
}

/** The br_table that the bytes at an offset read as; null where it is none, or has fewer than `fewest` distinct targets. */
function readAt(module: Module, body: number, offset: number, fewest: number): TableFigures | null {
  const { bytes } = module;
  const { start, end } = module.bodies[body]!;
  const entries = lebIfAny(bytes, offset + 1);
  // each entry takes a byte or more
  if (!(entries + 1 >= fewest && entries < end - offset)) return null;
  const labels = lebEnd(bytes, offset + 1);
  // each block around it took two bytes or more
  const deepest = (offset - start) / 2;
  let at = labels;
  for (let n = 0; n <= entries; n++) {
    const byte = bytes[at]!;
    if (!((byte < 0x80 ? byte : lebIfAny(bytes, at)) <= deepest)) return null;
    at = byte < 0x80 ? at + 1 : lebEnd(bytes, at);
  }
  if (at > end) return null;
  const targets = new Set<number>();
  for (let label = labels; label < at; label = lebEnd(bytes, label)) targets.add(lebAt(bytes, label));
  if (targets.size < fewest) return null;
  return { function: module.importedFunctions + body, offset, entries, targets: targets.size };
}
