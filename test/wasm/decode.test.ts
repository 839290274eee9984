/** Modules of every shape come back byte for byte with their facts, and malformed ones are refused with an offset. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, Diagnostic, headline } from "../../src/base/diagnostics.ts";
import { decodeModule, isWasm } from "../../src/wasm/decode.ts";
import { encodeModule, encodeSections, entry } from "../../src/wasm/encode.ts";
import { EXTERNREF, F64, FUNCREF, I32, I64, type Module, refType, typeName } from "../../src/wasm/types.ts";
import { codeOf } from "../../src/wasm/walk.ts";

const plugin = new Uint8Array(readFileSync(new URL("../../plugin/plugin.wasm", import.meta.url)));
const { cases } = JSON.parse(readFileSync(new URL("../fuel/cases.json", import.meta.url), "utf8")) as {
  cases: { readonly name: string; readonly wasm: string }[];
};

const { All, CompactImports } = binaryen.Features as typeof binaryen.Features & { CompactImports: number };

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat);
  module.setFeatures(All & ~CompactImports);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** Adds a custom section behind a module. */
function withCustom(bytes: Uint8Array, name: string, content: readonly number[]): Uint8Array {
  const payload = entry((w) => {
    w.name(name);
    w.copy(Uint8Array.from(content));
  });
  return Uint8Array.from([...bytes, 0, payload.length, ...payload]);
}

const modules: Readonly<Record<string, string>> = {
  "recursion groups and aggregates": `(module
    (rec (type $list (sub (struct (field i32) (field (mut (ref null $list)))))) (type $more (sub final $list (struct (field i32) (field (mut (ref null $list))) (field i16)))))
    (type $bytes (array (mut i8))) (type $f (func (param (ref null $list) externref) (result (ref $bytes) f64)))
    (func (export "f") (type $f) (unreachable)))`,
  tags: `(module (import "m" "t" (tag (param i64))) (tag $a (export "a") (param i32))
    (func (export "f") (throw $a (i32.const 1))))`,
  "tables with initialisers": `(module (table $t 2 4 (ref func) (ref.func $f)) (table i64 1 funcref) (func $f (export "f"))
    (func (export "g") (call_indirect $t (i32.const 0))))`,
  memory64: `(module (memory i64 1 9) (data (i64.const 0x10) "abc") (func (export "f") (drop (i32.load (i64.const 0)))))`,
  "many memories, one shared": `(module (import "m" "c" (memory 7)) (memory $a 1) (memory $b (export "b") 2 3 shared)
    (data $d (memory $b) (i32.const 5) "b") (data "passive") (data (memory $a) (i32.const -1) "") (func (export "f") (memory.init $a $d (i32.const 0) (i32.const 0) (i32.const 0))))`,
  "data forms": `(module (import "m" "base" (global $base i32)) (memory 1) (memory $n 1) (data (i32.const 1024) "abc")
    (data (memory $n) (i32.const 0x7fff) "de") (data (global.get $base) "f") (data (offset (i32.add (i32.const 1) (i32.const 2))) "g") (data "h"))`,
  "imports, globals, exports and start": `(module (import "env" "print" (func $print (param i32 i64) (result f64)))
    (import "env" "table" (table 1 10 externref)) (import "env" "memory" (memory 1 2)) (import "env" "g" (global $g (mut i32)))
    (global $h i64 (i64.const -5)) (global $p (mut (ref null func)) (ref.func $start))
    (func $start (local i32 i32 f64)) (func $more (param $x i32) (result i32) (local.get $x)) (start $start)
    (export "more" (func $more)) (export "h" (global $h)) (export "table" (table 0)) (export "memory" (memory 0)))`,
  empty: "(module)",
};

/** One element segment of each of the eight forms, all of them naming function 0. */
// biome-ignore format: bytes
const elements = encodeSections([
  { id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) },
  { id: 3, payload: Uint8Array.of(1, 0) },
  { id: 4, payload: Uint8Array.of(2, 0x70, 0, 9, 0x70, 1, 9, 9) },
  { id: 9, payload: Uint8Array.of(
    8,
    0, 0x41, 0, 0x0b, 2, 0, 0,
    1, 0, 1, 0,
    2, 1, 0x41, 0, 0x0b, 0, 1, 0,
    3, 0, 1, 0,
    4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b,
    5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd2, 0, 0x0b,
    6, 1, 0x41, 0, 0x0b, 0x64, 0x70, 1, 0xd2, 0, 0x0b,
    7, 0x70, 1, 0xd2, 0, 0x0b,
  ) },
  { id: 10, payload: Uint8Array.of(1, 2, 0, 0x0b) },
]);

test("binaryen finds the hand-made element segments valid", () => {
  const module = binaryen.readBinary(elements);
  module.setFeatures(All);
  expect(module.validate()).toBe(1);
  module.dispose();
});

describe("decode then encode is the identity", () => {
  const same = (bytes: Uint8Array) => {
    const module = decodeModule(bytes);
    expect(Buffer.from(encodeModule(module)).equals(Buffer.from(bytes))).toBe(true);
    module.bodies.forEach((body, index) => {
      expect(walkBody(module, index)).toBe(body.end);
    });
  };
  test("for the plugin", () => same(plugin));
  test.each(cases)("for $name", ({ wasm }) => same(new Uint8Array(Buffer.from(wasm, "base64"))));
  test.each(Object.entries(modules))("for %s", (_, wat) => same(assemble(wat)));
  test("for every form of element segment", () => same(elements));
  test("for custom sections, wherever they stand", () => {
    const bytes = assemble(modules["data forms"]!);
    same(withCustom(bytes, "mine", [1, 2, 3]));
    same(Uint8Array.from([...bytes.subarray(0, 8), 0, 3, 1, 0x61, 7, ...bytes.subarray(8)]));
    same(withCustom(withCustom(bytes, "twice", []), "twice", []));
  });
});

/** () -> (), one empty function, with LEBs longer than need be in sizes, counts and indices. */
// biome-ignore format: bytes
const padded = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 0x88, 0x80, 0, 0x81, 0x80, 0x80, 0, 0x60, 0x80, 0, 0,
  3, 0x84, 0x80, 0x80, 0x80, 0, 0x81, 0, 0x80, 0,
  10, 0x87, 0, 0x81, 0, 0x83, 0, 0, 0x01, 0x0b,
]);

test("LEBs of unusual length keep their bytes", () => {
  const module = decodeModule(padded);
  expect(module.bodies).toEqual([{ start: 37, end: 40 }]);
  expect(encodeModule(module)).toEqual(padded);
});

test("replaced and dropped sections leave the others as they were", () => {
  const module = decodeModule(padded);
  const [type, functions, code] = module.sections;
  const shorter = encodeModule(module, new Map([[type!, Uint8Array.of(1, 0x60, 0, 0)]]), [
    { id: 11, payload: Uint8Array.of(0) },
    ...[6, 12, 9, 5, 13, 4].map((id) => ({ id, payload: Uint8Array.of(0) })),
  ]);
  const part = (section = type) => [...padded.subarray(section!.start, section!.end)];
  expect([...shorter.subarray(8)]).toEqual([
    ...[1, 4, 1, 0x60, 0, 0],
    ...part(functions),
    ...[4, 5, 13, 6, 9, 12].flatMap((id) => [id, 1, 0]),
    ...part(code),
    ...[11, 1, 0],
  ]);
  expect([...encodeModule(module, new Map([[code!, null]])).subarray(8)]).toEqual([
    ...part(type),
    ...part(functions),
  ]);
});

describe("facts", () => {
  const decoded = (name: string) => decodeModule(assemble(modules[name]!));

  test("imports, globals, exports and start", () => {
    const module = decoded("imports, globals, exports and start");
    const limits = { shared: false, is64: false };
    const byName = Object.fromEntries(module.imports.map((one) => [one.name, one]));
    const table = { element: EXTERNREF, limits: { min: 1n, max: 10n, ...limits } };
    expect(byName).toEqual({
      table: { module: "env", name: "table", description: { kind: "table", table } },
      memory: {
        module: "env",
        name: "memory",
        description: { kind: "memory", memory: { min: 1n, max: 2n, ...limits } },
      },
      g: { module: "env", name: "g", description: { kind: "global", global: { type: I32, mutable: true } } },
      print: { module: "env", name: "print", description: { kind: "func", type: module.functions[0] } },
    });
    expect(module.imports.length).toBe(4);
    expect(module.types[module.functions[0]!]).toEqual({ kind: "func", params: [I32, I64], results: [F64] });
    expect([module.importedFunctions, module.functions.length, module.bodies.length]).toEqual([1, 3, 2]);
    expect([module.importedGlobals, module.start]).toEqual([1, 1]);
    expect(module.globals.slice(0, 2)).toEqual([
      { type: I32, mutable: true },
      { type: I64, mutable: false },
    ]);
    expect([FUNCREF, refType(true, -16)]).toContain(module.globals[2]!.type);
    expect(module.exports).toEqual([
      { name: "more", kind: "func", index: 2 },
      { name: "h", kind: "global", index: 1 },
      { name: "table", kind: "table", index: 0 },
      { name: "memory", kind: "memory", index: 0 },
    ]);
    // Locals 2 x i32 and f64, then end.
    const [start] = module.bodies;
    expect([...module.bytes.subarray(start!.start, start!.end)]).toEqual([2, 2, I32, 1, F64, 0x0b]);
  });

  test("aggregate types", () => {
    const { types, functions } = decoded("recursion groups and aggregates");
    const list = types.findIndex(({ kind }) => kind === "struct");
    const self = refType(true, list);
    expect(types.filter(({ kind }) => kind !== "func")).toEqual([
      { kind: "struct", fields: [I32, self] },
      { kind: "struct", fields: [I32, self, 0x77] },
      { kind: "array", fields: [0x78] },
    ]);
    const array = types.findIndex(({ kind }) => kind === "array");
    expect(types[functions[0]!]).toEqual({
      kind: "func",
      params: [self, EXTERNREF],
      results: [refType(false, array), F64],
    });
    expect([self, refType(false, -16), I64, 0x6e].map(typeName)).toEqual([
      `(ref null ${list})`,
      "(ref -16)",
      "i64",
      "0x6e",
    ]);
  });

  test("memories and tables", () => {
    const many = decoded("many memories, one shared");
    expect(many.memories.map(({ min, max, shared }) => [min, max, shared])).toEqual([
      [7n, null, false],
      [1n, null, false],
      [2n, 3n, true],
    ]);
    expect(decoded("memory64").memories).toEqual([{ min: 1n, max: 9n, shared: false, is64: true }]);
    expect(decoded("memory64").data[0]!.address).toBe(16n);
    const { tables } = decoded("tables with initialisers");
    expect(
      tables.map(({ element, limits }) => [typeName(element), limits.min, limits.max, limits.is64]),
    ).toEqual([
      ["(ref -16)", 2n, 4n, false],
      ["funcref", 1n, null, true],
    ]);
  });

  test("tags and segments", () => {
    const { tags, types, exports } = decoded("tags");
    expect(tags.map((type) => types[type])).toEqual([
      { kind: "func", params: [I64], results: [] },
      { kind: "func", params: [I32], results: [] },
    ]);
    expect(exports[0]).toEqual({ name: "a", kind: "tag", index: 1 });
    expect(decodeModule(elements).elements).toBe(8);
    const { data, bytes } = decoded("data forms");
    expect(
      data.map(({ mode, address, bytes: { start, end } }) => [
        mode,
        address,
        String.fromCharCode(...bytes.subarray(start, end)),
      ]),
    ).toEqual([
      ["active", 1024n, "abc"],
      ["active", 0x7fffn, "de"],
      ["active", null, "f"],
      ["active", null, "g"],
      ["passive", null, "h"],
    ]);
  });
});

/** Walks a function's code; the offset after its last instruction. */
function walkBody(module: Module, index: number): number {
  const code = codeOf(module, module.importedFunctions + index);
  while (code.advance()) if (!(code.next > code.at)) throw new Error("the walk stands still");
  return code.next;
}

/** Decodes and walks; the error, which must be a Diagnostic with an offset or about the file as a whole. */
function attempt(bytes: Uint8Array): Diagnostic | undefined {
  try {
    const module = decodeModule(bytes);
    module.bodies.forEach((_, index) => {
      walkBody(module, index);
    });
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    if (error instanceof DecodeError) expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.kind).toBe("unsupported");
    return error;
  }
  return undefined;
}

describe("malformed modules are refused with a Diagnostic", () => {
  const small = [elements, ...Object.values(modules).map(assemble)];

  test("cut at every byte", () => {
    for (const bytes of small) {
      const ends = new Set([8, ...decodeModule(bytes).sections.map(({ end }) => end)]);
      for (let length = 0; length < bytes.length; length++) {
        const error = attempt(bytes.slice(0, length));
        // Between sections only the counts of functions and bodies can tell.
        if (!ends.has(length)) expect(error, `${length} of ${bytes.length}`).toBeInstanceOf(Diagnostic);
      }
    }
  });

  test("with any one byte changed", () => {
    const bytes = assemble(modules["imports, globals, exports and start"]!);
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (let value = 0; value < 256; value++) {
        const changed = bytes.slice();
        changed[at] = value;
        if (attempt(changed)) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length * 64);
  });

  test("with a few bytes of any small module changed", () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...small),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (bytes, changes) => {
          const changed = bytes.slice();
          for (const [at, value] of changes) changed[8 + (at % (bytes.length - 8))] = value;
          attempt(changed);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("with a few bytes of the plugin changed", () => {
    const inHead = fc.integer({ min: 8, max: 12_000 });
    const change = fc.tuple(fc.oneof(inHead, fc.nat(plugin.length - 1)), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = plugin.slice();
        for (const [at, value] of changes) changed[at] = value;
        attempt(changed);
      }),
      { numRuns: 150 },
    );
  });
});

describe("messages", () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const section = (id: number, ...payload: number[]) => [id, payload.length, ...payload];
  const type = section(1, 1, 0x60, 0, 0);
  const message = (...bytes: number[]) => {
    const error = attempt(Uint8Array.from(bytes));
    return [error && headline(error), ...(error?.details ?? [])].join(" | ");
  };

  test("for what is no core module", () => {
    expect(message()).toBe(
      "not a WebAssembly module | found: an empty file | supported: binary core modules (\\0asm, version 1)",
    );
    expect(message(0x23, 0x21, 0x2f)).toContain("found: 3 bytes beginning 23 21 2f");
    expect(message(...header.slice(0, 4), 0x0d, 0, 1, 0)).toMatch(
      /^this is a WebAssembly component, .*unbundle/,
    );
    expect(message(...header.slice(0, 4), 2, 0, 0, 0)).toBe("unknown WebAssembly version 2 (at offset 0x4)");
    expect(message(...header.slice(0, 6))).toBe("unexpected end (at offset 0x6)");
    expect([isWasm(plugin), isWasm(Uint8Array.of(0, 0x61, 0x73))]).toEqual([true, false]);
  });

  // biome-ignore format: a table
  test.each<[message: string, ...bytes: number[]]>([
    ["section 1 is out of order or repeated (at offset 0xe)", ...type, ...type],
    ["section 5 is out of order or repeated (at offset 0xb)", ...section(13, 0), ...section(5, 0)],
    ["section 13 is out of order or repeated (at offset 0xb)", ...section(6, 0), ...section(13, 0)],
    ["section 12 is out of order or repeated (at offset 0xb)", ...section(10, 0), ...section(12, 0)],
    ["unknown section 14 (at offset 0x8)", ...section(14, 0)],
    ["section 5 has bytes left over (at offset 0xb)", ...section(5, 0, 1)],
    ["unexpected end: 5 bytes wanted (at offset 0xa)", 1, 5, 0],
    ["1 functions are declared, but 0 have code (at offset 0x12)", ...type, ...section(3, 1, 0)],
    ["0 functions are declared, but 1 have code (at offset 0xe)", ...section(10, 1, 2, 0, 0x0b)],
    ["a vector of 134217727 items (at offset 0xa)", ...section(3, 0xff, 0xff, 0xff, 0x3f)],
    ["type 1 is no function type (at offset 0x11)", ...type, ...section(3, 1, 1)],
    ["func index 0 is out of range (0 exist) (at offset 0xa)", ...section(8, 0)],
    ["memory index 1 is out of range (1 exist) (at offset 0x13)", ...section(5, 1, 0, 1), ...section(7, 1, 1, 0x61, 2, 1)],
    ["unknown kind of export (at offset 0xd)", ...section(7, 1, 1, 0x61, 9, 0)],
    ["unknown kind of import (at offset 0xd)", ...section(2, 1, 0, 0, 9)],
    ["unknown form of type 0x61 (at offset 0xb)", ...section(1, 1, 0x61)],
    ["unknown value type 0x12 (at offset 0xd)", ...section(1, 1, 0x60, 1, 0x12, 0)],
    ["heap type exact (0x62), of custom descriptors, is not supported (at offset 0xe)", ...section(1, 1, 0x60, 1, 0x63, 0x62, 0, 0)],
    ["heap type exact (0x62), of custom descriptors, is not supported (at offset 0xe)", ...section(6, 1, 0x70, 0, 0xd0, 0x62, 0, 0x0b)],
    ["unknown heap type 0x61 (at offset 0xe)", ...section(1, 1, 0x60, 1, 0x64, 0x61, 0)],
    ["unknown limits 0x8 (at offset 0xb)", ...section(5, 1, 8, 1)],
    ["unknown mutability (at offset 0xc)", ...section(6, 1, 0x7f, 2, 0x41, 0, 0x0b)],
    ["a block in a constant expression (at offset 0xd)", ...section(6, 1, 0x7f, 0, 0x02, 0x40, 0x0b, 0x0b)],
    ["unknown instruction 0xff (at offset 0xd)", ...section(6, 1, 0x7f, 0, 0xff, 0x0b)],
    ["unknown form of element segment 8 (at offset 0xb)", ...section(9, 1, 8)],
    ["unknown form of data segment 3 (at offset 0xb)", ...section(11, 1, 3)],
    ["malformed UTF-8 (at offset 0xa)", ...section(0, 1, 0xff)],
    ["LEB128 is longer than 32 bits (at offset 0x9)", 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
  ])("%s", (expected, ...bytes) => expect(message(...header, ...(bytes as number[]))).toBe(expected));

  test("a module made from sections is one", () => {
    const bytes = encodeSections([{ id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) }]);
    expect([...bytes]).toEqual([...header, ...type]);
  });
});
