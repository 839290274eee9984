/** The immediates of an instruction as values, and what its work is measured by: for probes and for the meter. */
import { ByteReader } from "../base/bytes.ts";
import { lebAt, lebEnd, readMemarg } from "../wasm/instructions.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { F32, F64, I32, I64, type Module, V128, type ValType } from "../wasm/types.ts";

export interface ImmediateValue {
  readonly type: ValType;
  /** NaN may lose its payload here. The value of a v128 is not given: 0. */
  readonly value: number | bigint;
}

/**
 * Immediates as values, in the order of the encoding; memory arguments as alignment, memory index, offset; br_table as
 * its labels, the default last. Block types, heap types and catch clauses are no values: none.
 */
export function immediateValues(bytes: Uint8Array, at: number, row: number): ImmediateValue[] {
  const r = new ByteReader(bytes);
  r.at = at;
  const i32 = (value: number): ImmediateValue => ({ type: I32, value });
  switch (opcodes[row]!.imm) {
    case Imm.index:
    case Imm.label:
      return [i32(r.leb())];
    case Imm.index2:
      return [i32(r.leb()), i32(r.leb())];
    case Imm.labels: {
      const count = lebAt(bytes, at);
      r.at = lebEnd(bytes, at);
      return Array.from({ length: count + 1 }, () => i32(r.leb()));
    }
    case Imm.cast:
      return [i32(r.u8()), i32(r.leb())];
    case Imm.i32:
      return [i32(r.sleb())];
    case Imm.i64:
      return [{ type: I64, value: r.bigLeb(64, true) }];
    case Imm.f32:
      return [{ type: F32, value: new DataView(r.take(4).slice().buffer).getFloat32(0, true) }];
    case Imm.f64:
      return [{ type: F64, value: new DataView(r.take(8).slice().buffer).getFloat64(0, true) }];
    case Imm.bytes16:
      return opcodes[row]!.name === "v128.const" ? [{ type: V128, value: 0 }] : [];
    case Imm.byte:
      return [i32(r.u8())];
    case Imm.memarg:
    case Imm.memargLane: {
      const { align, memory, offset } = readMemarg(r);
      return [i32(align), i32(memory), { type: I64, value: offset }];
    }
    default:
      return [];
  }
}

/** Whether the size operand of a bulk operation or of grow is an i64: that of a 64-bit memory or table. */
export function sizeIs64(module: Module, row: number, immediates: number): boolean {
  const { name } = opcodes[row]!;
  const indices = immediateValues(module.bytes, immediates, row).map(({ value }) => Number(value));
  const space = name.startsWith("memory") ? module.memories : module.tables.map(({ limits }) => limits);
  if (name === "memory.init" || name === "table.init" || name.startsWith("array.")) return false;
  return indices.every((index) => space[index]?.is64 ?? false);
}
