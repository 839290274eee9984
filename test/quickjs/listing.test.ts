/**
 * Listings: what each operand refers to, held for every opcode of every engine against a table of its own, and names,
 * lines and jumps of real code.
 */
import { describe, expect, test } from "vitest";
import { checkTable } from "../../src/quickjs/bytecode/disassemble.ts";
import type { BytecodeFunction } from "../../src/quickjs/bytecode/function.ts";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { versions } from "../../src/quickjs/engines/versions.ts";
import { type ListedFunction, listUnit } from "../../src/quickjs/listing.ts";
import { placesAsCompiled } from "../../src/quickjs/places.ts";
import { compile } from "../support/compile.ts";

/** By format: what the operands refer to, read off dump_byte_code of quickjs.c. */
const refersOf: Readonly<Record<string, readonly string[]>> = {
  ...{ none: [], none_int: [], npopx: [] },
  ...{ none_loc: ["loc"], loc8: ["loc"], loc: ["loc"] },
  ...{ none_arg: ["arg"], arg: ["arg"], none_var_ref: ["ref"], var_ref: ["ref"] },
  ...{ const: ["const"], const8: ["const"] },
  ...{ u8: ["number"], i8: ["number"], u16: ["number"], i16: ["number"], i32: ["number"], u32: ["number"] },
  ...{ npop: ["number"], npop_u16: ["number", "number"] },
  ...{ label: ["target"], label8: ["target"], label16: ["target"] },
  ...{ atom: ["name"], atom_u8: ["name", "number"], atom_label_u8: ["name", "target", "number"] },
};
const exceptions: Readonly<Record<string, readonly string[]>> = {
  get_loc0_loc1: ["loc", "loc"],
  push_atom_value: ["text"],
  make_loc_ref: ["name", "loc"],
  make_arg_ref: ["name", "arg"],
  make_var_ref_ref: ["name", "ref"],
};

/** The texts of the function below, by what is referred to. */
const known: Readonly<Record<string, RegExp>> = {
  ...{
    loc: /^[w-z]$/,
    arg: /^[a-d]$/,
    ref: /^[r-u]$/,
    const: /^0\.5$/,
    name: /^atom$/,
    text: /^atom$/,
  },
};

const nothing = new Uint8Array();
const functionOf = (code: Uint8Array, half: Uint8Array): BytecodeFunction => ({
  ...{ index: 0, parent: -1, constants: [-1, -1], literals: [half, half], name: "f", kind: "normal" },
  ...{ code, codeStart: 0, atoms: new Map([[1, "atom"]]), variables: [..."abcdwxyz"], argumentCount: 4 },
  closure: [..."rstu"].map((name, index) => ({ name, index, type: 0 })),
  ...{ file: "", line: 0, column: 0, lineTable: nothing, columnTable: nothing },
  ...{ isDerivedConstructor: false, hasPrototype: false },
});

describe.each(versions.map((engine) => [engine.id, engine] as const))("%s", (id, { opcodes, table }) => {
  // 0.5 as this engine serializes it
  const half = Uint8Array.of(table.tags.indexOf("float64") + 1, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f);

  test("every opcode can be walked and its operands are what its format says", () => {
    expect(() => checkTable(opcodes)).not.toThrow();
    for (const { name, size, code, format } of opcodes.slice(1)) {
      const bytes = Uint8Array.from([code, ...new Array<number>(size - 1).fill(0)]);
      const unit = { engine: id, module: null, functions: [functionOf(bytes, half)] };
      const [instruction, ...more] = listUnit(
        unit,
        placesAsCompiled((file) => file),
      )[0]!.instructions;
      expect(more, name).toEqual([]);
      expect(instruction!.opcode).toBe(name);
      const refers = instruction!.operands.map((operand) => operand.refers);
      expect(refers, `${name} (${format})`).toEqual(exceptions[name] ?? refersOf[format]);
      // whatever stands for something is put in words
      for (const { refers: what, text } of instruction!.operands)
        if (known[what]) expect(text, name).toMatch(known[what]!);
    }
  });
});

test("the opcodes that came and went are in the engines that have them", () => {
  const having = (name: string) =>
    versions.filter(({ opcodes }) => opcodes.some((opcode) => opcode.name === name)).map(({ id }) => id);
  for (const name of ["check_var", "put_var_strict"])
    expect(having(name)).toEqual(expect.arrayContaining(["bellard2021", "bellard2023", "ng19", "ng21"]));
  expect(having("get_field_ic").every((id) => id.startsWith("ng19"))).toBe(true);
  expect(having("mul_pow10")).toEqual(expect.arrayContaining(["bellard2021bignum", "bellard2024bignum"]));
  expect(having("get_loc0_loc1")).toEqual(expect.arrayContaining(["ng19", "ng21", "ng26", "ng28"]));
});

const list = (source: string): ListedFunction[] =>
  listUnit(
    readUnit(compile(source)),
    placesAsCompiled(() => "app.js"),
  );
const texts = (fn: ListedFunction, opcode: RegExp) =>
  fn.instructions
    .filter((one) => opcode.test(one.opcode))
    .map((one) => one.operands.map(({ text, value }) => text ?? value));

test("variables, arguments, captured variables and constants by name", () => {
  const [root, outer, inner] = list(`const free = 1;
    function outer(first, second) { let total = first; return () => total + second + free + 2.5; }
    outer(1, 2);`);
  expect(texts(root!, /^fclosure/)).toEqual([["outer"]]);
  expect(texts(outer!, /^get_arg/)).toEqual([["first"]]);
  expect(texts(outer!, /^put_loc/)).toEqual([["total"]]);
  expect(texts(outer!, /^fclosure/)).toEqual([[inner!.name]]);
  expect(texts(inner!, /^get_var_ref/)).toEqual([["total"], ["second"], ["free"]]);
  expect(texts(inner!, /^push_const/)).toEqual([["2.5"]]);
  expect(outer!.arguments).toEqual(["first", "second"]);
  expect(outer!.variables).toEqual(["total"]);
  expect(inner!.captured).toEqual(["total", "second", "free"]);
});

test("constants as the source writes them", () => {
  const [root] = list("export const all = [0.1, 1e21, 123456789012345678901n, /a+/, -2.5];");
  expect(texts(root!, /^push_const/).flat()).toEqual([
    "0.1",
    "1e+21",
    "(big int)",
    '"a+"',
    "(compiled pattern)",
    "2.5",
  ]);
});

test("lines and columns of instructions, those of the function where its table says nothing", () => {
  const [, f] = list("export function f(a) {\n  const b = a.x();\n  return b * 2;\n}");
  expect([f!.file, f!.line, f!.column]).toEqual(["app.js", 1, 8]);
  expect(f!.instructions[0]).toMatchObject({ line: 1, column: 8 });
  const line = (opcode: string) => f!.instructions.find((one) => one.opcode === opcode)!.line;
  expect([line("call_method"), line("mul")]).toEqual([2, 3]);
});

test("jumps lead to instructions, with words only where numbers stand for something", () => {
  const [, f] = list(
    "export function f(a) { while (a) { if (a > 3) a--; } class A { get x() { return 1; } } }",
  );
  const offsets = f!.instructions.map(({ offset }) => offset);
  const targets = f!.instructions.flatMap(({ operands }) =>
    operands.filter(({ refers }) => refers === "target").map(({ value }) => value),
  );
  expect(targets.length).toBeGreaterThan(2);
  for (const target of targets) expect(offsets).toContain(target);
  expect(texts(f!, /^define_method$/)).toEqual([["x", "getter"]]);
  expect(texts(f!, /^define_class$/)).toEqual([["A", 0]]);
});
