/** How many operands an instruction takes and how many results it gives, where its immediates decide. */
import { lebAt, lebEnd } from "../instructions.ts";
import { opcodes } from "../opcodes.ts";
import { funcTypeAt, type Module } from "../types.ts";

export interface Arity {
  readonly operands: number;
  readonly results: number;
}

/** Irregular instructions with a fixed arity. Control instructions are the walker's own business. */
// biome-ignore format: a table
const fixed: Readonly<Record<string, readonly [operands: number, results: number]>> = {
  drop: [1, 0], select: [3, 1], select_typed: [3, 1], "local.get": [0, 1], "local.set": [1, 0], "local.tee": [1, 1],
  "global.get": [0, 1], "global.set": [1, 0], "table.get": [1, 1], "table.set": [2, 0], "table.grow": [2, 1], "table.fill": [3, 0],
  "table.init": [3, 0], "table.copy": [3, 0], "memory.init": [3, 0], "memory.copy": [3, 0], "ref.null": [0, 1], "ref.is_null": [1, 1],
  "ref.func": [0, 1], "ref.eq": [2, 1], "ref.as_non_null": [1, 1], "struct.new_default": [0, 1], "struct.get": [1, 1], "struct.get_s": [1, 1],
  "struct.get_u": [1, 1], "struct.set": [2, 0], "array.new": [2, 1], "array.new_default": [1, 1], "array.new_data": [2, 1], "array.new_elem": [2, 1],
  "array.get": [2, 1], "array.get_s": [2, 1], "array.get_u": [2, 1], "array.set": [3, 0], "array.len": [1, 1], "array.fill": [4, 0],
  "array.copy": [5, 0], "array.init_data": [4, 0], "array.init_elem": [4, 0], "ref.test": [1, 1], "ref.test_null": [1, 1], "ref.cast": [1, 1],
  "ref.cast_null": [1, 1], "any.convert_extern": [1, 1], "extern.convert_any": [1, 1], "ref.i31": [1, 1], "i31.get_s": [1, 1], "i31.get_u": [1, 1],
};

/** By row; null where immediates decide, and nothing yet where nobody asked. */
const known: (Arity | null | undefined)[] = new Array(opcodes.length);

function arityOfRow(row: number): Arity | null {
  const { name, signature } = opcodes[row]!;
  if (signature !== "?") {
    const arrow = signature.indexOf(">");
    return { operands: arrow, results: signature.length - arrow - 1 };
  }
  const [operands, results] = fixed[name] ?? [];
  return operands === undefined || results === undefined ? null : { operands, results };
}

/** Arity of an instruction that is no control instruction; `immediates` is the offset of its first immediate. */
export function arityOf(module: Module, bytes: Uint8Array, row: number, immediates: number): Arity {
  if (known[row] === undefined) known[row] = arityOfRow(row);
  if (known[row] !== null) return known[row];
  const index = lebAt(bytes, immediates);
  switch (opcodes[row]!.name) {
    case "call":
    case "return_call":
      return ofType(module, module.functions[index], 0);
    case "call_indirect":
    case "return_call_indirect":
    case "call_ref":
    case "return_call_ref":
      return ofType(module, index, 1);
    case "throw":
      return { operands: ofType(module, module.tags[index], 0).operands, results: 0 };
    case "throw_ref":
      return { operands: 1, results: 0 };
    case "struct.new": {
      const type = module.types[index];
      return { operands: type?.kind === "struct" ? type.fields.length : 0, results: 1 };
    }
    case "array.new_fixed":
      return { operands: lebAt(bytes, lebEnd(bytes, immediates)), results: 1 };
    default:
      return { operands: 0, results: 0 };
  }
}

function ofType(module: Module, index: number | undefined, extra: number): Arity {
  const type = index === undefined ? undefined : funcTypeAt(module, index);
  return { operands: (type?.params.length ?? 0) + extra, results: type?.results.length ?? 0 };
}
