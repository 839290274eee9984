/**
 * A function's bytecode as data that a person can read: each instruction with its line, and its operands in words:
 * names of variables and captured variables, texts of atoms and constants, jump targets as code offsets.
 *
 *   get_loc8 4  →  loc 4 "total"     fclosure8 0  →  const 0 "mapper"     if_false8 21  →  target 38
 */
import { constantTexts } from "./bytecode/constants.ts";
import { type Instruction, instructions, isLabel, operandKinds } from "./bytecode/disassemble.ts";
import type { BytecodeFunction, BytecodeUnit } from "./bytecode/function.ts";
import { positionAt, soundLines, startOf } from "./bytecode/line-table.ts";
import { operandWords } from "./bytecode/operand-words.ts";
import { engineById } from "./engines/versions.ts";
import { displayNames } from "./names/names-of-functions.ts";
import { FunctionPlaces, type Place, type Places } from "./places.ts";

/** What an operand refers to: a local variable, an argument, a captured variable, a constant, a name, a place, a number. */
export type Refers = "loc" | "arg" | "ref" | "const" | "name" | "text" | "target" | "number";

export interface ListedOperand {
  readonly refers: Refers;
  /** As it stands in the code; of a target the code offset; of a name or text 0, since atoms' numbers mean nothing here. */
  readonly value: number;
  /** In words; null where there are none, or nothing is known. */
  readonly text: string | null;
}

export interface ListedInstruction {
  /** In the function's code. */
  readonly offset: number;
  readonly opcode: string;
  readonly code: number;
  readonly operands: readonly ListedOperand[];
  /** 1-based; null where not known. The file can be another than the function's. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

export interface ListedFunction {
  /** In its unit. */
  readonly index: number;
  readonly parent: number;
  readonly name: string;
  readonly kind: BytecodeFunction["kind"];
  /** Null where it was stripped. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly bytes: number;
  readonly arguments: readonly string[];
  readonly variables: readonly string[];
  readonly captured: readonly string[];
  readonly instructions: readonly ListedInstruction[];
}

/** Lists each function of a unit. `places`: where its code stands for the user. */
export function listUnit(unit: BytecodeUnit, places: Places): ListedFunction[] {
  const names = displayNames(unit, places);
  return unit.functions.map((fn) => listFunction(fn, unit, names, places));
}

const nowhere = { file: null, line: null, column: null };

function listFunction(
  fn: BytecodeFunction,
  unit: BytecodeUnit,
  names: readonly string[],
  places: Places,
): ListedFunction {
  const { opcodes, lines, table: engineTable } = engineById(unit.engine);
  const constants = constantTexts(fn, engineTable);
  const table = soundLines(fn, lines);
  const code = new FunctionPlaces(unit, fn, startOf(fn, lines), places);
  /** Where the function does, if its table says nothing. */
  const placeAt = (offset: number): Place | null => {
    const entry = code.own && positionAt(table, offset);
    return entry ? code.of(entry) : code.own;
  };
  return {
    index: fn.index,
    parent: fn.parent,
    name: names[fn.index]!,
    kind: fn.kind,
    ...(code.own ?? nowhere),
    bytes: fn.code.length,
    arguments: Array.from({ length: fn.argumentCount }, (_, i) => fn.variables[i] || `arg${i}`),
    variables: fn.variables.slice(fn.argumentCount),
    captured: fn.closure.map(({ name }) => name),
    instructions: [...instructions(fn.code, opcodes, fn.codeStart)].map((instruction, i, all) => ({
      offset: instruction.offset,
      opcode: instruction.opcode.name,
      code: instruction.opcode.code,
      operands:
        all[i + 1]?.opcode.name === "regexp"
          ? [compiledPattern(instruction)]
          : operands(instruction, fn, names, constants),
      ...(placeAt(instruction.offset) ?? nowhere),
    })),
  };
}

/** What is pushed right before `regexp` is bytecode of another kind, in a string. */
function compiledPattern({ operands: [constant = 0] }: Instruction): ListedOperand {
  return { refers: "const", value: constant, text: "(compiled pattern)" };
}

/** What the number of each format refers to; of all others it is a number. */
const indexFormats: Readonly<Record<string, Refers>> = {
  ...{ loc: "loc", loc8: "loc", none_loc: "loc" },
  ...{ arg: "arg", none_arg: "arg" },
  ...{ var_ref: "ref", none_var_ref: "ref" },
  ...{ const: "const", const8: "const" },
};

/** Behind the name, these have the index of the variable that is referred to by it. */
const references: Readonly<Record<string, Refers>> = {
  make_loc_ref: "loc",
  make_arg_ref: "arg",
  make_var_ref_ref: "ref",
};

function operands(
  { offset, opcode, operands: values }: Instruction,
  fn: BytecodeFunction,
  names: readonly string[],
  constants: readonly (string | null)[],
): ListedOperand[] {
  const { name, format } = opcode;
  const index = (refers: Refers, value: number): ListedOperand => ({
    refers,
    value,
    text: indexText(refers, value, fn, names, constants),
  });
  // the one short form that stands for two
  if (name === "get_loc0_loc1") return [index("loc", 0), index("loc", 1)];
  return operandKinds(opcode).flatMap((kind, i): ListedOperand | readonly ListedOperand[] => {
    const value = values[i]!;
    if (kind === "atom") {
      const text = fn.atoms.get(offset + 1) ?? null;
      return { refers: name === "push_atom_value" ? "text" : "name", value: 0, text };
    }
    if (isLabel(kind)) return { refers: "target", value, text: null };
    const refers = indexFormats[format] ?? (kind === "u16" ? references[name] : undefined);
    if (refers) return index(refers, value);
    // a number that is part of the opcode's name says nothing more
    return kind === "implied" ? [] : { refers: "number", value, text: operandWords(name, value) };
  });
}

function indexText(
  refers: Refers,
  index: number,
  fn: BytecodeFunction,
  names: readonly string[],
  constants: readonly (string | null)[],
): string | null {
  switch (refers) {
    case "loc":
      return fn.variables[fn.argumentCount + index] || null;
    case "arg":
      return fn.variables[index] || null;
    case "ref":
      return fn.closure[index]?.name || null;
    default: {
      const inner = fn.constants[index] ?? -1;
      return inner >= 0 ? names[inner]! : (constants[index] ?? null);
    }
  }
}
