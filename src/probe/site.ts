/**
 * What an instruction works on, as types and values: the operands and results that a probe can ask for, topmost
 * first, and the immediates. From the opcode table where it says; from the module's types for calls, locals and
 * globals. Instructions whose types depend on the whole operand stack (select, drop, references) are refused.
 */
import { ByteReader } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { readMemarg } from "../wasm/instructions.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { F32, F64, funcTypeAt, I32, I64, type Module, V128, type ValType } from "../wasm/types.ts";

const letters: Readonly<Record<string, ValType>> = { i: I32, l: I64, f: F32, d: F64, v: V128 };

/** Types of the operands ("before") or results ("after") of an instruction, topmost first. */
export function operandTypes(
  module: Module,
  bytes: Uint8Array,
  immediates: number,
  row: number,
  when: "before" | "after",
  localType: (index: number) => ValType,
): ValType[] {
  const { name, signature, imm } = opcodes[row]!;
  const side = when === "before" ? 0 : 1;
  if (signature !== "?") {
    const memory = () => {
      const index =
        imm === Imm.memarg || imm === Imm.memargLane
          ? memargAt(bytes, immediates).memory
          : indexAt(bytes, immediates);
      return module.memories[index]?.is64 ? I64 : I32;
    };
    const table = () => (module.tables[indexAt(bytes, immediates)]?.limits.is64 ? I64 : I32);
    return [...signature.split(">")[side]!]
      .reverse()
      .map((letter) => (letter === "a" ? memory() : letter === "t" ? table() : letters[letter]!));
  }
  const index = imm === Imm.index || imm === Imm.index2 ? indexAt(bytes, immediates) : 0;
  const callee = (type: number) => {
    const signature = funcTypeAt(module, type);
    if (!signature) throw internalError(`type ${type} is no function type`);
    return [...(side === 0 ? signature.params : signature.results)].reverse();
  };
  const one = (type: ValType, operands: 0 | 1, results: 0 | 1) =>
    (side === 0 ? operands : results) ? [type] : [];
  switch (name) {
    case "call":
    case "return_call":
      return callee(module.functions[index]!);
    case "call_indirect":
    case "return_call_indirect": {
      const [, table] = immediateValues(bytes, immediates, row);
      const address = module.tables[Number(table!.value)]?.limits.is64 ? I64 : I32;
      return side === 0 ? [address, ...callee(index)] : callee(index);
    }
    case "local.get":
      return one(localType(index), 0, 1);
    case "local.set":
      return one(localType(index), 1, 0);
    case "local.tee":
      return one(localType(index), 1, 1);
    case "global.get":
      return one(module.globals[index]!.type, 0, 1);
    case "global.set":
      return one(module.globals[index]!.type, 1, 0);
    case "memory.copy":
    case "memory.init": {
      if (side === 1) return [];
      const size = sizeIs64(module, row, immediates) ? I64 : I32;
      const [first, second] = immediateValues(bytes, immediates, row).map(({ value }) =>
        module.memories[Number(value)]?.is64 ? I64 : I32,
      );
      // memory.init names its data segment first; where to read in that is an i32.
      return name === "memory.copy" ? [size, second!, first!] : [size, I32, second!];
    }
    case "if":
    case "br_if":
    case "br_table":
      return side === 0 ? [I32] : [];
    default:
      throw internalError(`probes cannot read the operands of ${name}`);
  }
}

function indexAt(bytes: Uint8Array, at: number): number {
  const r = new ByteReader(bytes);
  r.at = at;
  return r.leb();
}

function memargAt(bytes: Uint8Array, at: number) {
  const r = new ByteReader(bytes);
  r.at = at;
  return readMemarg(r);
}

export interface ImmediateValue {
  readonly type: ValType;
  readonly value: number | bigint;
}

/** Immediates as values, in the order of the encoding; memory arguments as alignment, memory index, offset. */
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
    case Imm.i32:
      return [i32(r.sleb())];
    case Imm.i64:
      return [{ type: I64, value: r.bigLeb(64, true) }];
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
