/**
 * Charges instructions whose work grows with their topmost operand (bulk operations, grow): so much per unit, before
 * the instruction; what a grow that fails had been charged is given back, where the model says so.
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { CostModel } from "../fuel/models.ts";
import { opcodeEnd, rowAt } from "../wasm/instructions.ts";
import { opcodes, rowNamed } from "../wasm/opcodes.ts";
import { I32, I64, type Module, type ValType } from "../wasm/types.ts";
import type { CodeWalk } from "../wasm/walk.ts";
import type { AddedLocals } from "./added-locals.ts";
import type { MeterState } from "./meter.ts";
import { immediateValues, sizeIs64 } from "./values.ts";

const constants = new Set([rowNamed("i32.const"), rowNamed("i64.const")]);

/** What is still to be written behind the instruction. */
export type Refund = (w: ByteWriter) => void;

/** The type of the size that the instruction at which the walk is works on; undefined where it costs nothing. */
export function chargedSize(
  { module, model }: SizeContext,
  { row, immediates }: CodeWalk,
): ValType | undefined {
  if (model.perUnit[row] === 0) return undefined;
  return sizeIs64(module, row, immediates) ? I64 : I32;
}

/**
 * Writes the charge of the instruction at which the walk is, whose size is in the local `size`; `previous` is the
 * offset of the instruction before. Undefined where nothing is to be written behind it.
 */
export function chargeUnits(
  w: ByteWriter,
  { module, model, meter, locals }: SizeContext,
  { row, immediates }: CodeWalk,
  previous: number,
  size: number,
): Refund | undefined {
  const unit = model.perUnit[row]!;
  const is64 = sizeIs64(module, row, immediates);
  meter.chargeSize(w, size, is64, unit);
  if (!opcodes[row]!.name.endsWith(".grow") || model.freeFailure === null) return undefined;
  if (chargedAtCompilation(module.bytes, previous, model.freeFailure)) return undefined;
  return (behind) => {
    const result = locals.named("-1", is64 ? I64 : I32);
    meter.refundFailure(behind, { size, result, is64 }, unit);
  };
}

export interface SizeContext {
  readonly module: Module;
  readonly model: CostModel;
  readonly meter: MeterState;
  readonly locals: AddedLocals;
}

/** Whether the instruction at `at` is a constant that makes a grow behind it cost its units even where it fails. */
function chargedAtCompilation(bytes: Uint8Array, at: number, most: number): boolean {
  const row = rowAt(bytes, at);
  if (!constants.has(row)) return false;
  const [constant] = immediateValues(bytes, opcodeEnd(bytes, at), row);
  return constant!.value >= 0 && constant!.value <= most;
}
