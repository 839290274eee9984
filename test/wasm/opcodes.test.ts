/** The table of instructions: sound in itself, and every row as binaryen encodes that instruction. */
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { opcodeEnd, rowAt } from "../../src/wasm/instructions.ts";
import { findRow, Imm, noRow, type Opcode, opcodes, rowNamed } from "../../src/wasm/opcodes.ts";
import { codeOf } from "../../src/wasm/walk.ts";

test("codes and names are unique, and lead to their row", () => {
  expect(new Set(opcodes.map(({ code }) => code)).size).toBe(opcodes.length);
  expect(new Set(opcodes.map(({ name }) => name)).size).toBe(opcodes.length);
  opcodes.forEach(({ code, name }, row) => {
    expect(rowNamed(name)).toBe(row);
    expect(findRow(name)).toBe(row);
    const sub = code % 65536;
    const bytes = code < 256 ? [code] : [Math.floor(code / 65536), (sub & 0x7f) | 0x80, sub >> 7];
    expect(rowAt(Uint8Array.from(bytes), 0), name).toBe(row);
    expect(opcodeEnd(Uint8Array.from(bytes), 0)).toBe(bytes.length);
  });
  expect(findRow("i32.addd")).toBeUndefined();
  expect(() => rowNamed("i32.addd")).toThrow("i32.addd");
});

test("what is no instruction has no row", () => {
  for (const bytes of [
    [0x16],
    [0x27],
    [0xc5],
    [0xd7],
    [0xfa],
    [0xff],
    [0xfb, 31],
    [0xfc, 18],
    [0xfd, 0xff, 3],
    [0xfe, 4],
  ])
    expect(rowAt(Uint8Array.from(bytes), 0), bytes.join()).toBe(noRow);
});

test("signatures, immediates and index spaces are well formed", () => {
  const kinds = new Set<number>(Object.values(Imm));
  for (const { name, signature, imm, spaces } of opcodes) {
    expect(signature, name).toMatch(/^(\?|[ilfdvat]*>[ilfdvat]?)$/);
    expect(kinds, name).toContain(imm);
    expect(spaces.length, name).toBe(imm === Imm.index2 ? 2 : imm === Imm.index || imm === Imm.label ? 1 : 0);
    for (const space of spaces)
      expect(space).toMatch(/^(func|type|local|global|table|memory|data|elem|tag|label|count|field)$/);
  }
});

const { All, CompactImports } = binaryen.Features as typeof binaryen.Features & { CompactImports: number };

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat);
  module.setFeatures(All & ~CompactImports);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** Names of the instructions of every body, by our walker; a body whose last instruction ends elsewhere fails. */
function walk(bytes: Uint8Array): string[][] {
  const module = decodeModule(bytes);
  return module.bodies.map((body, i) => {
    const names: string[] = [];
    const code = codeOf(module, module.importedFunctions + i);
    while (code.advance()) names.push(opcodes[code.row]!.name);
    expect(code.next, names.join(" ")).toBe(body.end);
    return names;
  });
}

/** Makes a body of one instruction with constant operands, and what our walker should find in it. */
function regular(op: Opcode, memory: string, address: "i32" | "i64") {
  const [operands, results] = op.signature.split(">") as [string, string];
  const constants = [...operands].map((letter) => constantOf(letter, address));
  const immediates = immediatesOf(op, memory);
  const call = `(${op.name} ${immediates} ${constants.map(({ wat }) => wat).join(" ")})`;
  return {
    wat: `(func ${results ? `(drop ${call})` : call})`,
    names: [...constants.map(({ name }) => name), op.name, ...(results ? ["drop"] : []), "end"],
  };
}

function constantOf(letter: string, address: "i32" | "i64"): { name: string; wat: string } {
  const type = { i: "i32", l: "i64", f: "f32", d: "f64", v: "v128", a: address, t: "i32" }[letter]!;
  return { name: `${type}.const`, wat: `(${type}.const ${letter === "v" ? "i32x4 1 2 3 4" : 100})` };
}

function immediatesOf({ name, imm }: Opcode, memory: string): string {
  const index = /^(memory\.|data)/.test(name) ? memory : "$t";
  switch (imm) {
    case Imm.memarg:
      return `${memory} offset=70000`;
    case Imm.memargLane:
      return `${memory} offset=70000 1`;
    case Imm.byte:
      return name === "atomic.fence" ? "" : "1";
    case Imm.bytes16:
      return name === "v128.const" ? "i32x4 1 2 3 4" : "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31";
    case Imm.none:
      return "";
    case Imm.index:
      return name === "data.drop" ? "$d" : name === "elem.drop" ? "$e" : index;
    default:
      return "1000000";
  }
}

const environment = `(table $t 9 funcref) (memory $m 1 9 shared) (memory $m2 1 9 shared) (memory $m64 i64 1 9 shared)
  (data $d "abc") (elem $e func)`;

/** Rows whose types the table gives; the others are below, one by one. */
const regulars = opcodes.filter(({ signature }) => signature !== "?");

describe("binaryen encodes what the walker reads", () => {
  test.each([
    ["one memory", "$m", "i32"],
    ["another memory", "$m2", "i32"],
    ["a 64-bit memory", "$m64", "i64"],
  ] as const)("every regular instruction, with %s", (_, memory, address) => {
    const cases = regulars.map((op) => regular(op, memory, address));
    const found = walk(assemble(`(module ${environment} ${cases.map(({ wat }) => wat).join("\n")})`));
    expect(found).toEqual(cases.map(({ names }) => names));
  });

  test("there are as many as the proposals have", () => {
    const counts: Record<string, number> = {};
    for (const { code } of regulars) {
      const prefix = code < 256 ? "none" : Math.floor(code / 65536).toString(16);
      counts[prefix] = (counts[prefix] ?? 0) + 1;
    }
    // nop, 23 loads and stores, 2 of memory size, 4 constants, 123 numeric, 5 sign extensions; 236 SIMD, 20 relaxed.
    expect(counts).toEqual({ none: 158, fc: 12, fd: 256, fe: 67 });
  });

  test("an offset beyond 32 bits", () => {
    const wat = `(module ${environment} (func (drop (i32.load $m64 offset=0x123456789a (i64.const -1)))))`;
    expect(walk(assemble(wat))).toEqual([["i64.const", "i32.load", "drop", "end"]]);
  });
});

/** Instruction → code that holds it. `$s`, `$a`, `$b`, `$r` are struct and array types; the others say what they are. */
// biome-ignore format: a table
const irregular: Readonly<Record<string, string>> = {
  unreachable: "unreachable", block: "(block $l (result i32) (br_if $l (i32.const 1) (i32.const 0))) drop", loop: "(loop $l (br $l))",
  if: "(if (i32.const 1) (then (nop)))", else: "(drop (if (result i64) (i32.const 1) (then (i64.const 1)) (else (i64.const 2))))",
  try: "(try (do (nop)) (catch_all (nop)))", catch: "(try (do (nop)) (catch $x (drop)))", catch_all: "(try (do (nop)) (catch_all (nop)))",
  rethrow: "(try $l (do (nop)) (catch_all (rethrow $l)))", delegate: "(try $l (do (try (do (nop)) (delegate $l))) (catch_all (nop)))",
  throw: "(throw $x (i32.const 1))", throw_ref: "(throw_ref (ref.null exn))", end: "(nop)",
  br: "(block $l (br $l))", br_if: "(block $l (br_if $l (i32.const 1)))", br_table: "(block $l (block $k (br_table $l $k $l $k (i32.const 1))))",
  return: "(return)", call: "(call $f)", call_indirect: "(call_indirect $t2 (type $v) (i32.const 1))", return_call: "(return_call $f)",
  return_call_indirect: "(return_call_indirect $t2 (type $v) (i32.const 1))", call_ref: "(call_ref $v (ref.func $f))",
  return_call_ref: "(return_call_ref $v (ref.func $f))", drop: "(drop (i32.const 1))", select: "(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))",
  select_typed: "(drop (select (result (ref null $a)) (global.get $ga) (global.get $ga) (i32.const 3)))",
  try_table: `(block $h (result i32 exnref) (block $c (result i32)
    (try_table (result i32) (catch $x $c) (catch_ref $x $h) (catch_all $out) (i32.const 1))) (ref.null exn)) drop drop`,
  "local.get": "(drop (local.get 200))", "local.set": "(local.set 200 (i32.const 1))", "local.tee": "(drop (local.tee 200 (i32.const 1)))",
  "global.get": "(drop (global.get $g))", "global.set": "(global.set $g (i32.const 1))",
  "table.get": "(drop (table.get $t2 (i32.const 1)))", "table.set": "(table.set $t2 (i32.const 1) (ref.null func))",
  "ref.null": "(drop (ref.null $s))", "ref.is_null": "(drop (ref.is_null (ref.null any)))", "ref.func": "(drop (ref.func $f))",
  "ref.eq": "(drop (ref.eq (ref.null eq) (ref.null eq)))", "ref.as_non_null": "(drop (ref.as_non_null (ref.null any)))",
  br_on_null: "(block $l (drop (br_on_null $l (ref.null any))))", br_on_non_null: "(drop (block $l (result (ref any)) (br_on_non_null $l (global.get $any)) (unreachable)))",
  "struct.new": "(drop (struct.new $s (i32.const 1) (i64.const 2)))", "struct.new_default": "(drop (struct.new_default $s))",
  "struct.get": "(drop (struct.get $s 1 (struct.new_default $s)))", "struct.get_s": "(drop (struct.get_s $s 0 (struct.new_default $s)))",
  "struct.get_u": "(drop (struct.get_u $s 0 (struct.new_default $s)))", "struct.set": "(struct.set $s 1 (struct.new_default $s) (i64.const 1))",
  "array.new": "(drop (array.new $a (i32.const 1) (i32.const 2)))", "array.new_default": "(drop (array.new_default $a (i32.const 2)))",
  "array.new_fixed": "(drop (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))", "array.new_data": "(drop (array.new_data $a $d (i32.const 0) (i32.const 2)))",
  "array.new_elem": "(drop (array.new_elem $r $e (i32.const 0) (i32.const 0)))", "array.get": "(drop (array.get $b (global.get $gb) (i32.const 0)))",
  "array.get_s": "(drop (array.get_s $a (global.get $ga) (i32.const 0)))", "array.get_u": "(drop (array.get_u $a (global.get $ga) (i32.const 0)))",
  "array.set": "(array.set $a (global.get $ga) (i32.const 0) (i32.const 1))", "array.len": "(drop (array.len (global.get $ga)))",
  "array.fill": "(array.fill $a (global.get $ga) (i32.const 0) (i32.const 1) (i32.const 1))",
  "array.copy": "(array.copy $a $a (global.get $ga) (i32.const 0) (global.get $ga) (i32.const 0) (i32.const 1))",
  "array.init_data": "(array.init_data $a $d (global.get $ga) (i32.const 0) (i32.const 0) (i32.const 1))",
  "array.init_elem": "(array.init_elem $r $e (global.get $gr) (i32.const 0) (i32.const 0) (i32.const 1))",
  "ref.test": "(drop (ref.test (ref $s) (global.get $any)))", "ref.test_null": "(drop (ref.test (ref null i31) (global.get $any)))",
  "ref.cast": "(drop (ref.cast (ref $s) (global.get $any)))", "ref.cast_null": "(drop (ref.cast (ref null $s) (global.get $any)))",
  br_on_cast: "(drop (block $l (result (ref null $s)) (drop (br_on_cast $l anyref (ref null $s) (global.get $any))) (unreachable)))",
  br_on_cast_fail: "(drop (block $l (result anyref) (drop (br_on_cast_fail $l anyref (ref $s) (global.get $any))) (unreachable)))",
  "any.convert_extern": "(drop (any.convert_extern (ref.null extern)))", "extern.convert_any": "(drop (extern.convert_any (global.get $any)))",
  "ref.i31": "(drop (ref.i31 (i32.const 1)))", "i31.get_s": "(drop (i31.get_s (ref.i31 (i32.const 1))))", "i31.get_u": "(drop (i31.get_u (ref.i31 (i32.const 1))))",
  "memory.init": "(memory.init $m2 $d (i32.const 1) (i32.const 2) (i32.const 3))", "memory.copy": "(memory.copy $m $m2 (i32.const 1) (i32.const 2) (i32.const 3))",
  "table.init": "(table.init $t2 $e (i32.const 0) (i32.const 0) (i32.const 0))", "table.copy": "(table.copy $t $t2 (i32.const 0) (i32.const 0) (i32.const 0))",
  "table.grow": "(drop (table.grow $t2 (ref.null func) (i32.const 1)))", "table.fill": "(table.fill $t2 (i32.const 0) (ref.null func) (i32.const 1))",
};

test("every other row has a case", () => {
  expect(Object.keys(irregular).sort()).toEqual(
    opcodes
      .filter(({ signature }) => signature === "?")
      .map(({ name }) => name)
      .sort(),
  );
});

test.each(Object.entries(irregular))("%s", (name, code) => {
  const wat = `(module
    (type $v (func)) (type $pad1 (struct)) (type $s (struct (field (mut i8)) (field (mut i64))))
    (type $a (array (mut i8))) (type $b (array (mut i32))) (type $r (array (mut funcref)))
    ${environment} (table $t2 9 funcref) (tag $x (param i32)) (global $g (mut i32) (i32.const 0))
    (global $any (mut anyref) (ref.null any)) (global $ga (mut (ref null $a)) (ref.null $a))
    (global $gb (mut (ref null $b)) (ref.null $b)) (global $gr (mut (ref null $r)) (ref.null $r))
    (func $f) (elem declare func $f)
    (func (export "f") (local ${"i32 ".repeat(201)}) (block $out ${code})))`;
  const names = walk(assemble(wat)).at(-1)!;
  expect(names).toContain(name);
  // An instruction that swallows its neighbour could end in the right place all the same.
  for (const plain of ["drop", "nop", "i32.const", "global.get", "ref.null"])
    expect(names.filter((one) => one === plain).length, plain).toBe(code.split(plain).length - 1);
});
