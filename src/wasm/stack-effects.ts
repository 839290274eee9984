/**
 * What one instruction takes off the operand stack and leaves there, as types: from THE table where it says, from the
 * module's types where immediates decide, from what lies on the stack where that does. Instructions that change
 * control have what they do besides in stack.ts.
 */

import { valTypeAt } from "./block-type.ts";
import { Heap, referenceOf, referenceTo, withNull } from "./heap-types.ts";
import { lebAt, lebEnd, memargAt, signedAt } from "./instructions.ts";
import { Imm, opcodes } from "./opcodes.ts";
import { F32, F64, funcTypeAt, heapOf, I32, I64, type Module, V128, type ValType } from "./types.ts";

/** The type of what cannot be known: in code that cannot be reached. */
export const unknownType: ValType = 0;

/** Deepest first. */
export interface Effect {
  readonly operands: readonly ValType[];
  readonly results: readonly ValType[];
}

/** What an instruction stands in: its module and function, and the operand stack. */
export interface Around {
  readonly module: Module;
  readonly localType: (index: number) => ValType;
  /** The type `n` below the topmost; unknownType where there is none. */
  readonly below: (n: number) => ValType;
}

const letters: Readonly<Record<string, ValType>> = { i: I32, l: I64, f: F32, d: F64, v: V128 };
const none: readonly ValType[] = [];

/** The effects of the rows with a signature, for 32-bit or 64-bit addresses. */
function regular(address: ValType): readonly (Effect | undefined)[] {
  const types = (text: string) => [...text].map((letter) => letters[letter] ?? address);
  return opcodes.map(({ signature }) => {
    if (signature === "?") return undefined;
    const [operands, results] = signature.split(">") as [string, string];
    return { operands: types(operands), results: types(results) };
  });
}

const effects32 = regular(I32);
const effects64 = regular(I64);
const hasAddress = opcodes.map(({ signature }) => /[at]/.test(signature));

/** The effect of an instruction of `row` whose first immediate is at `at`. */
export function effectOf(around: Around, row: number, at: number): Effect {
  const effect = effects32[row];
  if (!effect) return irregular(around, row, at);
  return hasAddress[row] && is64(around.module, row, at) ? effects64[row]! : effect;
}

/** Whether the memory (a) or table (t) that an instruction names has 64-bit addresses. */
function is64(module: Module, row: number, at: number): boolean {
  const { imm, signature } = opcodes[row]!;
  if (signature.includes("t")) return tableAddress(module, lebAt(module.bytes, at)) === I64;
  if (module.memories.length < 2) return memoryAddress(module, 0) === I64;
  const isMemarg = imm === Imm.memarg || imm === Imm.memargLane;
  return (
    memoryAddress(module, isMemarg ? memargAt(module.bytes, at).memory : lebAt(module.bytes, at)) === I64
  );
}

const memoryAddress = (module: Module, index: number) => (module.memories[index]?.is64 ? I64 : I32);
const tableAddress = (module: Module, index: number) => (module.tables[index]?.limits.is64 ? I64 : I32);

function irregular(around: Around, row: number, at: number): Effect {
  const { module, localType, below } = around;
  const { bytes } = module;
  const { name, imm } = opcodes[row]!;
  const hasIndex = imm === Imm.index || imm === Imm.index2;
  const first = hasIndex ? lebAt(bytes, at) : 0;
  const second = imm === Imm.index2 ? lebAt(bytes, lebEnd(bytes, at)) : 0;
  const takes = (...operands: ValType[]): Effect => ({ operands, results: none });
  const gives = (...results: ValType[]): Effect => ({ operands: none, results });
  switch (name) {
    case "drop":
      return takes(below(0));
    case "select": {
      const type = below(1) === unknownType ? below(2) : below(1);
      return { operands: [type, type, I32], results: [type] };
    }
    case "select_typed": {
      const type = valTypeAt(bytes, lebEnd(bytes, at));
      return { operands: [type, type, I32], results: [type] };
    }
    case "local.get":
      return gives(localType(first));
    case "local.set":
      return takes(localType(first));
    case "local.tee":
      return { operands: [localType(first)], results: [localType(first)] };
    case "global.get":
      return gives(module.globals[first]?.type ?? unknownType);
    case "global.set":
      return takes(module.globals[first]?.type ?? unknownType);
    case "call":
    case "return_call":
      return called(module, module.functions[first], none);
    case "call_indirect":
    case "return_call_indirect":
      return called(module, first, [tableAddress(module, second)]);
    case "call_ref":
    case "return_call_ref":
      return called(module, first, [referenceTo(first, true)]);
    case "throw":
      return { operands: called(module, module.tags[first], none).operands, results: none };
    case "throw_ref":
      return takes(referenceTo(Heap.exn, true));
    case "memory.copy": {
      const [to, from] = [memoryAddress(module, first), memoryAddress(module, second)];
      return takes(to, from, to === I64 && from === I64 ? I64 : I32);
    }
    case "memory.init":
      return takes(memoryAddress(module, second), I32, I32);
    case "table.copy": {
      const [to, from] = [tableAddress(module, first), tableAddress(module, second)];
      return takes(to, from, to === I64 && from === I64 ? I64 : I32);
    }
    case "table.init":
      return takes(tableAddress(module, second), I32, I32);
    case "table.get":
      return { operands: [tableAddress(module, first)], results: [element(module, first)] };
    case "table.set":
      return takes(tableAddress(module, first), element(module, first));
    case "table.grow": {
      const address = tableAddress(module, first);
      return { operands: [element(module, first), address], results: [address] };
    }
    case "table.fill":
      return takes(tableAddress(module, first), element(module, first), tableAddress(module, first));
    default:
      return reference(around, name, at, first, second);
  }
}

/** Instructions on references, structs and arrays. */
function reference(
  { module, below }: Around,
  name: string,
  at: number,
  first: number,
  second: number,
): Effect {
  const { bytes } = module;
  const field = (n: number): ValType => {
    const type = module.types[first];
    const stored = type && type.kind !== "func" ? type.fields[n] : undefined;
    return stored === 0x78 || stored === 0x77 ? I32 : (stored ?? unknownType);
  };
  const own = referenceTo(first, true);
  const made = referenceTo(first, false);
  const fields = () => {
    const type = module.types[first];
    return type?.kind === "struct" ? type.fields.map((_, n) => field(n)) : none;
  };
  const from = (operands: readonly ValType[], ...results: ValType[]): Effect => ({ operands, results });
  switch (name) {
    case "ref.null":
      return from(none, referenceTo(signedAt(bytes, at), true));
    case "ref.is_null":
    case "ref.test":
    case "ref.test_null":
      return from([below(0)], I32);
    case "ref.func":
      return from(none, functionReference(module, first));
    case "ref.eq":
      return from([below(1), below(0)], I32);
    case "ref.as_non_null":
      return from([below(0)], withNull(below(0), false));
    case "ref.cast":
      return from([below(0)], referenceTo(signedAt(bytes, at), false));
    case "ref.cast_null":
      return from([below(0)], referenceTo(signedAt(bytes, at), true));
    case "struct.new":
      return from(fields(), made);
    case "struct.new_default":
      return from(none, made);
    case "struct.get":
    case "struct.get_s":
    case "struct.get_u":
      return from([own], field(second));
    case "struct.set":
      return from([own, field(second)]);
    case "array.new":
      return from([field(0), I32], made);
    case "array.new_default":
      return from([I32], made);
    case "array.new_fixed":
      return from(
        Array.from({ length: second }, () => field(0)),
        made,
      );
    case "array.new_data":
    case "array.new_elem":
      return from([I32, I32], made);
    case "array.get":
    case "array.get_s":
    case "array.get_u":
      return from([own, I32], field(0));
    case "array.set":
      return from([own, I32, field(0)]);
    case "array.len":
      return from([below(0)], I32);
    case "array.fill":
      return from([own, I32, field(0), I32]);
    case "array.copy":
      return from([own, I32, referenceTo(second, true), I32, I32]);
    case "array.init_data":
    case "array.init_elem":
      return from([own, I32, I32, I32]);
    case "any.convert_extern":
      return from([below(0)], referenceTo(Heap.any, referenceOf(below(0))?.nullable ?? true));
    case "extern.convert_any":
      return from([below(0)], referenceTo(Heap.extern, referenceOf(below(0))?.nullable ?? true));
    case "ref.i31":
      return from([I32], referenceTo(Heap.i31, false));
    case "i31.get_s":
    case "i31.get_u":
      return from([referenceTo(Heap.i31, true)], I32);
    default:
      return from(none);
  }
}

function called(module: Module, type: number | undefined, more: readonly ValType[]): Effect {
  const signature = type === undefined ? undefined : funcTypeAt(module, type);
  if (!signature) return { operands: more, results: none };
  return { operands: [...signature.params, ...more], results: signature.results };
}

const element = (module: Module, table: number): ValType => module.tables[table]?.element ?? unknownType;

/** In a module without typed references the type of ref.func is funcref, and its engine may know no other. */
function functionReference(module: Module, index: number): ValType {
  const type = module.functions[index];
  return type === undefined || !hasTypedReferences(module)
    ? referenceTo(Heap.func, true)
    : referenceTo(type, false);
}

const typed = new WeakMap<Module, boolean>();

function hasTypedReferences(module: Module): boolean {
  let answer = typed.get(module);
  if (answer === undefined) {
    const types = module.types.flatMap((type) =>
      type.kind === "func" ? [...type.params, ...type.results] : type.fields,
    );
    const others = [
      ...module.globals.map(({ type }) => type),
      ...module.tables.map((table) => table.element),
    ];
    answer =
      module.types.some(({ kind }) => kind !== "func") ||
      [...types, ...others].some((type) => heapOf(type) !== undefined);
    typed.set(module, answer);
  }
  return answer;
}
