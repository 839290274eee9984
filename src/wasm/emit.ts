/**
 * Writes instructions by name over THE table, so that no other file knows an opcode's byte:
 *
 *   emit(w, "local.get", 0); emit(w, "i32.load8_u", { offset: 4n }); emit(w, "i32.eqz"); emit(w, "if", null);
 *
 * Immediates are given in the order of the encoding and checked against the table's kind; a name that is not in the
 * table, or immediates that do not fit it, throw a RangeError. Indices are written as they are given: they must
 * already count as the module that is written will.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { writeValType } from "./encode.ts";
import { Imm, opcodes, rowNamed } from "./opcodes.ts";
import type { ValType } from "./types.ts";

/** The type of a block: nothing in and nothing out, one result, or a function type by its index. */
export type BlockType = null | { readonly result: ValType } | { readonly type: number };

/** A memory argument; what is left out is 0. `align` is the exponent: 2 for four bytes. */
export interface MemoryArgument {
  readonly align?: number;
  readonly memory?: number;
  readonly offset?: bigint;
}

/** A catch clause of try_table; without a tag it catches everything. Labels count from outside the try_table. */
export interface CatchClause {
  readonly tag?: number;
  readonly label: number;
  /** Whether the exception's reference is passed on too. */
  readonly reference?: boolean;
}

export type Immediate =
  | number
  | bigint
  | BlockType
  | MemoryArgument
  | Uint8Array
  | readonly number[]
  | readonly CatchClause[];

/** The bytes of each opcode, its prefix included, by row. */
const encoded: readonly Uint8Array[] = opcodes.map(({ code }) => {
  if (code < 256) return Uint8Array.of(code);
  const sub = code % 65536;
  const prefix = Math.floor(code / 65536);
  return sub < 128 ? Uint8Array.of(prefix, sub) : Uint8Array.of(prefix, (sub & 0x7f) | 0x80, sub >> 7);
});

/** Writes the instruction `name` with its immediates. @throws RangeError where there is none, or they do not fit. */
export function emit(w: ByteWriter, name: string, ...immediates: readonly Immediate[]): void {
  const row = rowNamed(name);
  const opcode = encoded[row]!;
  for (let i = 0; i < opcode.length; i++) w.u8(opcode[i]!);
  const [first, second] = immediates;
  switch (opcodes[row]!.imm) {
    case Imm.none:
      return expectCount(name, immediates, 0);
    case Imm.index:
    case Imm.label:
      expectCount(name, immediates, 1);
      return w.leb(index(name, first));
    case Imm.index2:
      expectCount(name, immediates, 2);
      w.leb(index(name, first));
      return w.leb(index(name, second));
    case Imm.i32:
      expectCount(name, immediates, 1);
      return w.sleb(Number(BigInt.asIntN(32, BigInt(number(name, first)))));
    case Imm.i64:
      expectCount(name, immediates, 1);
      return w.bigSleb(BigInt.asIntN(64, BigInt(number(name, first))));
    case Imm.block:
      expectCount(name, immediates, 1);
      return writeBlockType(w, first as BlockType);
    default:
      return writeRare(w, name, row, immediates);
  }
}

/** Immediates that only code made for monitors and tests has. */
function writeRare(w: ByteWriter, name: string, row: number, immediates: readonly Immediate[]): void {
  const [first, second] = immediates;
  switch (opcodes[row]!.imm) {
    case Imm.memarg:
      return writeMemoryArgument(w, (first ?? {}) as MemoryArgument);
    case Imm.memargLane:
      expectCount(name, immediates, 2);
      writeMemoryArgument(w, first as MemoryArgument);
      return w.u8(index(name, second));
    case Imm.byte:
      expectCount(name, immediates, 1);
      return w.u8(index(name, first));
    case Imm.f32:
      expectCount(name, immediates, 1);
      return w.copy(new Uint8Array(Float32Array.of(Number(first)).buffer));
    case Imm.f64:
      expectCount(name, immediates, 1);
      return w.copy(new Uint8Array(Float64Array.of(Number(first)).buffer));
    case Imm.bytes16:
      if (!(first instanceof Uint8Array) || first.length !== 16)
        throw new RangeError(`${name} takes sixteen bytes`);
      return w.copy(first);
    case Imm.labels: {
      expectCount(name, immediates, 2);
      const labels = first as readonly number[];
      w.leb(labels.length);
      for (const label of labels) w.leb(label);
      return w.leb(index(name, second));
    }
    case Imm.heap:
      expectCount(name, immediates, 1);
      return w.bigSleb(BigInt(number(name, first)));
    case Imm.types: {
      const types = first as readonly ValType[];
      w.leb(types.length);
      for (const type of types) writeValType(w, type);
      return;
    }
    case Imm.catches: {
      expectCount(name, immediates, 2);
      writeBlockType(w, first as BlockType);
      const clauses = second as readonly CatchClause[];
      w.leb(clauses.length);
      for (const { tag, label, reference } of clauses) {
        w.u8((tag === undefined ? 2 : 0) + (reference ? 1 : 0));
        if (tag !== undefined) w.leb(tag);
        w.leb(label);
      }
      return;
    }
    case Imm.cast: {
      expectCount(name, immediates, 4);
      const [flags, label, from, to] = immediates;
      w.u8(index(name, flags));
      w.leb(index(name, label));
      w.bigSleb(BigInt(number(name, from)));
      return w.bigSleb(BigInt(number(name, to)));
    }
  }
}

function writeBlockType(w: ByteWriter, type: BlockType): void {
  if (type === null) w.u8(0x40);
  else if ("result" in type) writeValType(w, type.result);
  else w.bigSleb(BigInt(type.type));
}

function writeMemoryArgument(w: ByteWriter, { align = 0, memory = 0, offset = 0n }: MemoryArgument): void {
  w.leb(memory === 0 ? align : align | 0x40);
  if (memory !== 0) w.leb(memory);
  w.bigLeb(offset);
}

function expectCount(name: string, immediates: readonly Immediate[], count: number): void {
  if (immediates.length !== count)
    throw new RangeError(`${name} takes ${count} immediates, not ${immediates.length}`);
}

function index(name: string, value: Immediate | undefined): number {
  if (typeof value !== "number" || !(value >= 0)) throw new RangeError(`${name} takes an index or a count`);
  return value;
}

function number(name: string, value: Immediate | undefined): number | bigint {
  if (typeof value !== "number" && typeof value !== "bigint") throw new RangeError(`${name} takes a number`);
  return value;
}
