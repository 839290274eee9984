/**
 * Finds QuickJS's interpreter in a module: the function, the br_table that dispatches JS opcodes, and the loads of
 * the opcode byte, whose address is the JS program counter. Statically, and without names.
 *
 * What tells the dispatch from every other br_table is the number of *distinct* targets (218 to 226 in every
 * QuickJS of 2021 to 2026; at most 42 in anything else), not its size. What makes it certain is provenance: its
 * operand comes from byte loads, through locals, joins, a bias (add, sub), a mask, or a table in memory.
 * Two shapes: `switch` has one load before the br_table; `computed goto` has one in every handler's tail.
 */
import { unsupported } from "../base/diagnostics.ts";
import {
  branchTables,
  largeBranchTables,
  largestBranchTables,
  type TableFigures,
} from "../wasm/facts/branch-tables.ts";
import { type FunctionFlow, functionFlow, type Instruction, type Value } from "../wasm/facts/dataflow.ts";
import { lebAt } from "../wasm/instructions.ts";
import { opcodes, rowNamed } from "../wasm/opcodes.ts";
import type { Module } from "../wasm/types.ts";

/** Fewer distinct targets than this, and it is no dispatch of JS opcodes. */
export const fewestTargets = 128;

export interface Dispatch extends TableFigures {
  readonly shape: "switch" | "computed goto";
  /** Absolute byte offsets of the loads of the opcode byte, ascending. */
  readonly loads: readonly number[];
}

/**
 * The one dispatch of JS opcodes; `only` restricts the search to a function (--dispatch-function).
 * @throws Diagnostic (unsupported) where there is none or more than one, with the candidates and their figures.
 */
export function findDispatch(module: Module, only?: number): Dispatch {
  const candidates =
    only === undefined
      ? largeBranchTables(module, fewestTargets)
      : only < module.functions.length
        ? branchTables(module, [only])
        : [];
  /** Why not, by the br_table's offset. */
  const rejected = new Map<number, string>();
  const accepted: Dispatch[] = [];
  for (const table of candidates.slice(0, 16)) {
    const result = provenance(module, table);
    if (typeof result === "string") rejected.set(table.offset, result);
    else accepted.push(result);
  }
  if (accepted.length === 1 || (only !== undefined && accepted.length > 0)) return accepted[0]!;
  if (accepted.length > 1) {
    throw unsupported(
      "more than one function looks like QuickJS's interpreter",
      ...accepted.map(describe),
      "name the right one with --dispatch-function <index>",
    );
  }
  const tables = largestBranchTables(module, 5);
  throw unsupported(
    "no QuickJS interpreter was found in this module",
    `looked for: a br_table with ${fewestTargets} or more distinct targets, whose operand is a byte loaded from memory`,
    ...(tables.length === 0
      ? ["found: no br_table at all"]
      : (only === undefined ? tables : candidates.slice(0, 5)).map((table) => {
          const reason = rejected.get(table.offset);
          return `found: ${describe(table)}${reason ? `; ${reason}` : ""}`;
        })),
    ...(only === undefined && tables.length > 0
      ? ["if one of them is the interpreter after all, name its function with --dispatch-function <index>"]
      : []),
    ...(only !== undefined && candidates.length === 0 ? [`found: no br_table in function ${only}`] : []),
    "a program of another language is profiled by its WebAssembly functions: --frames wasm",
  );
}

function describe({ function: index, offset, entries, targets }: TableFigures): string {
  return `function ${index}: br_table at 0x${offset.toString(16)}, ${entries} entries, ${targets} distinct targets`;
}

/** Whether a br_table branches on a byte loaded from memory, as an interpreter's does. */
export function isByteDispatch(module: Module, table: TableFigures): boolean {
  return typeof provenance(module, table) !== "string";
}

const LOAD8_U = rowNamed("i32.load8_u");
const LOCAL_GET = rowNamed("local.get");

/** Instructions that a loaded opcode byte may pass through on its way, all operands of which are followed. */
const transparent = new Set(
  [
    "i32.add",
    "i32.sub",
    "i32.and",
    "i32.shl",
    "i32.mul",
    "i32.or",
    "i32.load",
    "local.tee",
    "i32.extend8_s",
    "i32.shr_u",
  ].map(rowNamed),
);
const constants = new Set(["i32.const", "global.get"].map(rowNamed));

/** Follows the br_table's operand back to byte loads; a string says why that failed. */
function provenance(module: Module, table: TableFigures): Dispatch | string {
  const flow = functionFlow(module, table.function);
  const branch = flow.at(table.offset);
  if (!branch) return "it cannot be reached";
  const origin = origins(module, flow, branch.operands[0]!);
  if (origin.foreign) return `its operand also comes from ${origin.foreign}`;
  if (origin.loads.size === 0) return "its operand does not come from a byte in memory";
  const loads = [...origin.loads].sort((a, b) => a - b);
  return { ...table, shape: loads.length === 1 ? "switch" : "computed goto", loads };
}

function origins(
  module: Module,
  flow: FunctionFlow,
  start: Value,
): { loads: Set<number>; foreign: string | undefined } {
  const loads = new Set<number>();
  let foreign: string | undefined;
  const seen = new Set<Value | Instruction>();
  const queue: Value[] = [start];
  const visit = (instruction: Instruction) => {
    if (seen.has(instruction)) return;
    seen.add(instruction);
    if (instruction.row === LOAD8_U) loads.add(instruction.offset);
    else if (transparent.has(instruction.row)) queue.push(...instruction.operands);
    else if (instruction.row === LOCAL_GET) {
      for (const definition of flow.definitions(instruction, lebAt(module.bytes, instruction.immediates))) {
        // A local's zero is no opcode; the code that dispatches on it cannot be reached with it.
        if (definition !== "entry") queue.push(...definition.operands);
      }
    } else if (!constants.has(instruction.row)) {
      foreign ??= `${opcodes[instruction.row]!.name} at 0x${instruction.offset.toString(16)}`;
    }
  };
  for (let value = queue.pop(); value; value = queue.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.kind === "instruction") visit(value.instruction);
    else if (value.kind === "join") queue.push(...value.inputs);
    else foreign ??= "a value that cannot be followed";
  }
  return { loads, foreign };
}
