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
import { Imm, immediateOfRow, opcodes, rowNamed } from "./opcodes.ts";
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

/**
 * Writes the instruction `name` with its immediates; four at most. Written out, and not as a rest parameter, since the
 * rewriter writes half a million instructions.
 * @throws RangeError where there is no instruction of that name, or the immediates do not fit it.
 */
export function emit(
  w: ByteWriter,
  name: string,
  first?: Immediate,
  second?: Immediate,
  third?: Immediate,
  fourth?: Immediate,
): void {
  const row = rowNamed(name);
  const opcode = encoded[row]!;
  for (let i = 0; i < opcode.length; i++) w.u8(opcode[i]!);
  const kind = immediateOfRow[row]!;
  const given =
    first === undefined
      ? 0
      : second === undefined
        ? 1
        : third === undefined
          ? 2
          : fourth === undefined
            ? 3
            : 4;
  if (given !== counts[kind] && !(kind === Imm.memarg && given === 0))
    throw new RangeError(`${name} takes ${counts[kind]} immediates, not ${given}`);
  switch (kind) {
    case Imm.none:
      return;
    case Imm.index:
    case Imm.label:
      return w.leb(index(name, first));
    case Imm.i32:
      return w.sleb(typeof first === "number" ? first : Number(BigInt.asIntN(32, integer(name, first))));
    case Imm.i64:
      if (typeof first === "number" && first === (first | 0)) return w.sleb(first);
      return w.bigSleb(BigInt.asIntN(64, integer(name, first)));
    case Imm.block:
      return writeBlockType(w, first as BlockType);
    case Imm.cast:
      w.u8(index(name, first));
      w.leb(index(name, second));
      w.bigSleb(integer(name, third));
      return w.bigSleb(integer(name, fourth));
    default:
      return writeRare(w, name, kind, first, second);
  }
}

/** How many immediates each kind has here, by its number. */
const counts: readonly number[] = Object.entries({
  ...Object.fromEntries(Object.values(Imm).map((kind) => [kind, 1])),
  [Imm.none]: 0,
  [Imm.index2]: 2,
  [Imm.labels]: 2,
  [Imm.memargLane]: 2,
  [Imm.catches]: 2,
  [Imm.cast]: 4,
}).map(([, count]) => count);

/** Immediates that only code made for monitors and tests has. */
function writeRare(
  w: ByteWriter,
  name: string,
  kind: number,
  first: Immediate | undefined,
  second: Immediate | undefined,
): void {
  switch (kind) {
    case Imm.index2:
      w.leb(index(name, first));
      return w.leb(index(name, second));
    case Imm.memarg:
      return writeMemoryArgument(w, (first ?? {}) as MemoryArgument);
    case Imm.memargLane:
      writeMemoryArgument(w, first as MemoryArgument);
      return w.u8(index(name, second));
    case Imm.byte:
      return w.u8(index(name, first));
    case Imm.f32:
      return w.copy(new Uint8Array(Float32Array.of(Number(first)).buffer));
    case Imm.f64:
      return w.copy(new Uint8Array(Float64Array.of(Number(first)).buffer));
    case Imm.bytes16:
      if (!(first instanceof Uint8Array) || first.length !== 16)
        throw new RangeError(`${name} takes sixteen bytes`);
      return w.copy(first);
    case Imm.labels:
      w.leb((first as readonly number[]).length);
      for (const label of first as readonly number[]) w.leb(label);
      return w.leb(index(name, second));
    case Imm.heap:
      return w.bigSleb(integer(name, first));
    case Imm.types:
      w.leb((first as readonly ValType[]).length);
      for (const type of first as readonly ValType[]) writeValType(w, type);
      return;
    case Imm.catches:
      writeBlockType(w, first as BlockType);
      return writeCatches(w, second as readonly CatchClause[]);
  }
}

function writeCatches(w: ByteWriter, clauses: readonly CatchClause[]): void {
  w.leb(clauses.length);
  for (const { tag, label, reference } of clauses) {
    w.u8((tag === undefined ? 2 : 0) + (reference ? 1 : 0));
    if (tag !== undefined) w.leb(tag);
    w.leb(label);
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

function index(name: string, value: Immediate | undefined): number {
  if (typeof value !== "number" || !(value >= 0)) throw new RangeError(`${name} takes an index or a count`);
  return value;
}

function integer(name: string, value: Immediate | undefined): bigint {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value)))
    return BigInt(value);
  throw new RangeError(`${name} takes an integer`);
}
