/**
 * Walks a function's bytecode: one Instruction each, with its operands decoded by the format that the engine's
 * table gives the opcode. Short forms are made explicit: `get_loc2` has the operand 2, `call1` the operand 1.
 *
 * A jump's operand is relative to where the operand itself stands; here it is the absolute code offset.
 * Operand layouts were read from the interpreter loop of quickjs.c.
 */
import { DecodeError } from "../../base/diagnostics.ts";
import type { Opcode } from "../engines/opcodes/table.ts";

export type OperandKind =
  | "u8"
  | "i8"
  | "u16"
  | "i16"
  | "u32"
  | "i32"
  | "label8"
  | "label16"
  | "label"
  | "atom"
  /** In the opcode's own number. */
  | "implied";

/** What each format's operands are, in order. */
const formats: Readonly<Record<string, readonly OperandKind[]>> = {
  none: [],
  none_int: ["implied"],
  none_loc: ["implied"],
  none_arg: ["implied"],
  none_var_ref: ["implied"],
  npopx: ["implied"],
  u8: ["u8"],
  i8: ["i8"],
  loc8: ["u8"],
  const8: ["u8"],
  label8: ["label8"],
  u16: ["u16"],
  i16: ["i16"],
  label16: ["label16"],
  npop: ["u16"],
  npop_u16: ["u16", "u16"],
  loc: ["u16"],
  arg: ["u16"],
  var_ref: ["u16"],
  u32: ["u32"],
  u32x2: ["u32", "u32"],
  i32: ["i32"],
  const: ["u32"],
  label: ["label"],
  atom: ["atom"],
  atom_u8: ["atom", "u8"],
  atom_u16: ["atom", "u16"],
  atom_label_u8: ["atom", "label", "u8"],
  atom_label_u16: ["atom", "label", "u16"],
  label_u16: ["label", "u16"],
};

const widths: Readonly<Record<OperandKind, number>> = {
  u8: 1,
  i8: 1,
  label8: 1,
  u16: 2,
  i16: 2,
  label16: 2,
  u32: 4,
  i32: 4,
  label: 4,
  atom: 4,
  implied: 0,
};

/** The kinds of an opcode's operands, in order. */
export function operandKinds(opcode: Opcode): readonly OperandKind[] {
  return formats[opcode.format] ?? [];
}

export function isLabel(kind: OperandKind): boolean {
  return kind.startsWith("label");
}

/** Whether values are popped besides those of the opcode's row: arguments of a call, as many as the first operand says. */
export function popsArguments(opcode: Opcode): boolean {
  return opcode.format.startsWith("npop");
}

/** The opcodes behind which control never goes on, by name. */
export const diverts: ReadonlySet<string> = new Set([
  "goto",
  "goto8",
  "goto16",
  "return",
  "return_undef",
  "return_async",
  "throw",
  "throw_error",
  "ret",
  "tail_call",
  "tail_call_method",
]);

/** Whether the operand at `offset + 1` is an atom, which loading a program rewrites. */
export function hasAtom(opcode: Opcode): boolean {
  return opcode.format.startsWith("atom");
}

/** Whether a table can be walked: each format is known and as wide as its opcodes say. */
export function checkTable(opcodes: readonly Opcode[]): void {
  for (const opcode of opcodes) {
    const kinds = formats[opcode.format];
    const width = kinds?.reduce((sum, kind) => sum + widths[kind], 1);
    if (width !== opcode.size)
      throw new Error(`opcode ${opcode.name}: format ${opcode.format} is not ${opcode.size} bytes`);
  }
}

export interface Instruction {
  /** Offset in the function's code. */
  readonly offset: number;
  readonly opcode: Opcode;
  /** In the order of the format; atoms as numbers, jump targets as code offsets. */
  readonly operands: readonly number[];
}

/** The number that a short opcode's name ends with: `get_loc0_loc1` is 0 (and 1), `push_minus1` is -1. */
function implied(name: string): number {
  if (name === "push_minus1") return -1;
  return Number(/(\d+)/.exec(name)?.[1] ?? 0);
}

function operandAt(view: DataView, at: number, kind: OperandKind, name: string): number {
  switch (kind) {
    case "implied":
      return implied(name);
    case "u8":
      return view.getUint8(at);
    case "i8":
      return view.getInt8(at);
    case "u16":
      return view.getUint16(at, true);
    case "i16":
      return view.getInt16(at, true);
    case "u32":
    case "atom":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
    case "label8":
      return at + view.getInt8(at);
    case "label16":
      return at + view.getInt16(at, true);
    case "label":
      return at + view.getInt32(at, true);
  }
}

/** Each instruction of `code`; `base` is where `code` stands in the file, for errors. */
export function* instructions(
  code: Uint8Array,
  opcodes: readonly Opcode[],
  base = 0,
): Generator<Instruction> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let offset = 0; offset < code.length; ) {
    const opcode = opcodes[code[offset]!];
    if (opcode === undefined || opcode.code === 0)
      throw new DecodeError(`unknown opcode ${code[offset]}`, base + offset);
    if (offset + opcode.size > code.length)
      throw new DecodeError(`${opcode.name} runs over the end of the function`, base + offset);
    const operands: number[] = [];
    let at = offset + 1;
    for (const kind of operandKinds(opcode)) {
      operands.push(operandAt(view, at, kind, opcode.name));
      at += widths[kind];
    }
    yield { offset, opcode, operands };
    offset += opcode.size;
  }
}

/** Code offsets of the atom operands; the cheap walk that reading a program needs. */
export function atomOffsets(code: Uint8Array, opcodes: readonly Opcode[], base = 0): number[] {
  const { sizes, withAtom } = walkOf(opcodes);
  const found: number[] = [];
  for (let offset = 0; offset < code.length; ) {
    const opcode = code[offset]!;
    const size = sizes[opcode]!;
    if (size === 0) throw new DecodeError(`unknown opcode ${opcode}`, base + offset);
    if (offset + size > code.length)
      throw new DecodeError(`${opcodes[opcode]!.name} runs over the end of the function`, base + offset);
    if (withAtom[opcode] === 1) found.push(offset + 1);
    offset += size;
  }
  return found;
}

/** By opcode: its bytes, 0 where there is none, and 1 where an atom is its first operand. */
interface OpcodeWalk {
  readonly sizes: Uint8Array;
  readonly withAtom: Uint8Array;
}

const walks = new WeakMap<readonly Opcode[], OpcodeWalk>();

function walkOf(opcodes: readonly Opcode[]): OpcodeWalk {
  let walk = walks.get(opcodes);
  if (walk) return walk;
  walk = { sizes: new Uint8Array(256), withAtom: new Uint8Array(256) };
  opcodes.forEach((opcode, number) => {
    if (opcode.code === 0) return;
    walk!.sizes[number] = opcode.size;
    if (hasAtom(opcode)) walk!.withAtom[number] = 1;
  });
  walks.set(opcodes, walk);
  return walk;
}
