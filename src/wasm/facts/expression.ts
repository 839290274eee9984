/**
 * A constant expression as the list of its instructions. Values are followed only as far as the lengths of arrays
 * need it: integers, their sums and products, and the module's own globals. What is wrong with an invalid expression
 * goes unnoticed, and its values are unknown.
 */
import type { ByteReader } from "../../base/bytes.ts";
import { lebAt, readImmediates, readOpcode } from "../instructions.ts";
import { opcodes, rowNamed } from "../opcodes.ts";
import type { Module } from "../types.ts";
import { arityOf } from "./arity.ts";
import { readLoneI32 } from "./constant.ts";

export interface Expression {
  /** Rows of its instructions, without the `end`. */
  readonly rows: readonly number[];
  /** Its value, where it is one i32.const or i64.const. */
  readonly value: bigint | null;
  /** Of the arrays that it makes by their length: by the index in `rows` of the instruction that does. */
  readonly arrays: ReadonlyMap<number, NewArray>;
  readonly result: Operand;
}

export interface NewArray {
  /** Type index. */
  readonly type: number;
  readonly length: Operand;
}

/** An operand in a constant expression. */
export interface Operand {
  /** Null where it is no integer, or an imported global's. */
  readonly value: bigint | null;
  /** Whether it is a constant as it stands, or that of one global: not what was calculated. */
  readonly constant: boolean;
}

const unknown: Operand = { value: null, constant: false };
const END = rowNamed("end");
const I32_CONST = rowNamed("i32.const");
const INTEGERS = [I32_CONST, rowNamed("i64.const")];

/** Reads an expression, its `end` included. `globals`: the initialisers of the module's own globals before it. */
export function readExpression(
  r: ByteReader,
  module: Module,
  globals: readonly Pick<Expression, "value" | "result">[],
): Expression {
  const lone = readLoneI32(r);
  if (lone !== null)
    return { rows: loneI32, arrays: noArrays, value: lone, result: { value: lone, constant: true } };
  const rows: number[] = [];
  const arrays = new Map<number, NewArray>();
  const stack: Operand[] = [];
  const pop = () => stack.pop() ?? unknown;
  for (let row = readOpcode(r); row !== END; row = readOpcode(r)) {
    rows.push(row);
    if (INTEGERS.includes(row)) {
      stack.push({ value: r.bigLeb(64, true), constant: true });
      continue;
    }
    const at = r.at;
    readImmediates(r, row);
    const { name } = opcodes[row]!;
    const { operands, results } = arityOf(module, r.bytes, row, at);
    // topmost first
    const taken = Array.from({ length: Math.min(operands, stack.length) }, pop);
    if (name === "global.get") stack.push(ofGlobal(globals[lebAt(r.bytes, at) - module.importedGlobals]));
    else if (/^i(32|64)\.(add|sub|mul)$/.test(name)) stack.push(calculated(name, taken));
    else for (let i = 0; i < results; i++) stack.push(unknown);
    if (name === "array.new" || name === "array.new_default")
      arrays.set(rows.length - 1, { type: lebAt(r.bytes, at), length: taken[0] ?? unknown });
  }
  const result = pop();
  return {
    rows,
    arrays,
    result,
    value: rows.length === 1 && INTEGERS.includes(rows[0]!) ? result.value : null,
  };
}

const loneI32 = [I32_CONST];
const noArrays: Expression["arrays"] = new Map();

function ofGlobal(global: Pick<Expression, "value" | "result"> | undefined): Operand {
  return global ? { value: global.result.value, constant: global.value !== null } : unknown;
}

function calculated(name: string, [right, left]: readonly Operand[]): Operand {
  const [a, b] = [left?.value ?? null, right?.value ?? null];
  if (a === null || b === null) return unknown;
  const exact = name.endsWith("add") ? a + b : name.endsWith("sub") ? a - b : a * b;
  return { value: BigInt.asIntN(name.startsWith("i32") ? 32 : 64, exact), constant: false };
}
