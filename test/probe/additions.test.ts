/**
 * What plans add, of every kind, to a module that has and imports something of every kind: all of it is found where the
 * plan said, and the module still does what it did, its memory, table, globals and exports under new numbers.
 */
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import type { Additions } from "../../src/probe/additions.ts";
import { meterNames, type Plan } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { EXTERNREF, FUNCREF, I32, I64 } from "../../src/wasm/types.ts";
import { assemble, everything, isValid } from "../support/binaryen.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports as Exports;
}

const pages = (min: bigint) => ({ min, max: null, shared: false, is64: false });
const plan = (added: Additions, more: Partial<Plan> = {}): Plan => ({
  hooks: [],
  functions: new Map(),
  added,
  ...more,
});
const globalOf = (exports: Exports, name: string) => (exports[name] as unknown as WebAssembly.Global).value;

/** Whatever can be named by an index, imported and defined, in code and outside of it. */
const host = {
  print: (x: number) => x + 1,
  base: 5,
  tab: new WebAssembly.Table({ element: "anyfunc", initial: 4 }),
};
const wat = `(module
  (import "m" "print" (func $print (param i32) (result i32))) (import "m" "base" (global $base i32))
  (import "m" "tab" (table $tab 4 funcref))
  (memory $mem 1) (data (i32.const 8) "abcd") (data $d "xyz")
  (table $own 4 8 funcref) (elem (table $tab) (i32.const 1) func $two) (elem (table $own) (i32.const 0) func $two $print) (elem $e func $two)
  (global $g (mut i32) (i32.const 3)) (global $f funcref (ref.func $two)) (tag $x (param i32))
  (func $start (global.set $g (i32.const 30))) (start $start)
  (func $two (export "two") (param i32) (result i32) (call $print (local.get 0)))
  (func (export "f") (param i32) (result i32)
    (memory.init $d (i32.const 20) (i32.const 0) (i32.const 3))
    (table.init $own $e (i32.const 2) (i32.const 0) (i32.const 1))
    (table.set $own (i32.const 3) (ref.func $print))
    (drop (table.grow $own (ref.null func) (i32.const 1)))
    (i32.store offset=4 (i32.const 40) (local.get 0))
    (i32.add (i32.add (call $two (local.get 0)) (call_indirect $own (param i32) (result i32) (i32.const 100) (i32.const 2)))
      (i32.add (global.get $g) (i32.add (i32.load8_u offset=12 (i32.const 8)) (call_indirect $tab (param i32) (result i32) (i32.const 7) (i32.const 1))))))
  (export "memory" (memory $mem)) (export "g" (global $g)) (export "own" (table $own)) (export "x" (tag $x)))`;
const module = assemble(wat);
const m = { m: host };
const expected = instantiate(module.bytes, m)["f"]!(9);

/** Some of everything, with imports in front of what the module has. */
const everyKind: Additions = {
  functions: [
    {
      params: [I32],
      results: [I32],
      write: (w, indices) => {
        // table of the plan's, at 1: the module's own `two`; plus both globals.
        emit(w, "local.get", 0);
        emit(w, "i32.const", 1);
        emit(w, "call_indirect", indices.type([I32], [I32]), indices.table(0));
        emit(w, "global.get", indices.global(0));
        emit(w, "i32.add");
        emit(w, "global.get", indices.global(1));
        emit(w, "i32.wrap_i64");
        emit(w, "i32.add");
      },
    },
    { params: [], results: [], write: (w, indices) => emit(w, "call", indices.function(0 + 2)) },
    {
      params: [],
      results: [],
      write: (w, indices) => {
        emit(w, "global.get", indices.global(1));
        emit(w, "i64.const", 1000);
        emit(w, "i64.add");
        emit(w, "global.set", indices.global(1));
      },
    },
  ],
  globals: [
    { type: I32, mutable: false, import: { module: "p", name: "base" } },
    { type: I64, mutable: true, initial: 40n },
    { type: EXTERNREF, mutable: true, initial: null },
  ],
  tables: [
    { element: FUNCREF, limits: pages(5n) },
    { element: FUNCREF, limits: pages(4n), import: { module: "m", name: "tab" } },
  ],
  elements: [{ table: 0, from: 1, functions: [{ original: 2 }, { added: 0 }, { hook: 0 }] }],
  exports: [
    { name: "mine", kind: "func", of: { added: 0 } },
    { name: "my table", kind: "table", of: { added: 0 } },
    { name: "my global", kind: "global", of: { added: 1 } },
    { name: "hook", kind: "func", of: { hook: 0 } },
    { name: "start", kind: "func", of: { original: 1 } },
    { name: "other table", kind: "table", of: { original: 0 } },
  ],
  start: 1,
};
const hooks = [{ module: "p", name: "h", params: [I32], results: [I32] }];
const p = { p: { base: 100, h: (x: number) => -x } };

describe("some of every kind", () => {
  test("is found where the plan said, and the module does what it did", () => {
    const bytes = rewrite(module, plan(everyKind, { hooks }));
    expect(isValid(bytes)).toBe(true);
    const exports = instantiate(bytes, { ...m, ...p });
    expect(exports["f"]!(9)).toBe(expected);
    expect(globalOf(exports, "g")).toBe(30);
    expect(globalOf(exports, "my global")).toBe(1040n);
    // two(6) is 7; plus 100 and 1040.
    expect(exports["mine"]!(6)).toBe(7 + 100 + 1040);
    const table = exports["my table"] as unknown as WebAssembly.Table;
    expect([1, 2, 3].map((n) => (table.get(n) as (x: number) => number)(6))).toEqual([7, 1147, -6]);
    expect(table.get(0)).toBeNull();
    expect(exports["hook"]!(6)).toBe(-6);
    expect(exports["other table"]).toBe(host.tab);
    const memory = new Uint8Array((exports["memory"] as unknown as WebAssembly.Memory).buffer);
    expect([...memory.subarray(8, 12), ...memory.subarray(20, 23), memory[44]]).toEqual([
      97, 98, 99, 100, 120, 121, 122, 9,
    ]);
  });

  test("of two plans, each with its own, and of the meter beside them", () => {
    const renamed = (prefix: string): Additions => ({
      ...everyKind,
      exports: everyKind.exports!.map((one) => ({ ...one, name: `${prefix} ${one.name}` })),
    });
    const model = { name: "none", entry: 1, cost: new Uint32Array(2000), perUnit: new Uint32Array(2000) };
    const metering: Plan = {
      hooks: [],
      functions: new Map(),
      meter: {
        model: { ...model, freeFailure: null, startup: null, uncounted: new Map() },
        mode: "run",
        globals: { kind: "define" },
        checks: true,
      },
    };
    const bytes = rewrite(module, plan(renamed("a"), { hooks }), metering, plan(renamed("b"), { hooks }));
    expect(isValid(bytes)).toBe(true);
    const exports = instantiate(bytes, { ...m, ...p, javy_prof: { tick: () => {} } });
    expect(exports["f"]!(9)).toBe(expected);
    expect([exports["a mine"]!(6), exports["b mine"]!(6)]).toEqual([1147, 1147]);
    // The start function, f, and two three times: entries are all that costs.
    expect(globalOf(exports, meterNames.counter)).toBe(1n + 1n + 3n + 2n);
    (exports["a my global"] as unknown as WebAssembly.Global).value = 0n;
    expect([exports["a mine"]!(6), exports["b mine"]!(6)]).toEqual([107, 1147]);
  });

  test("what starts: the plan's own, then the module's, unless that is deferred", () => {
    const deferred = instantiate(rewrite(module, plan(everyKind, { hooks, deferStart: true })), {
      ...m,
      ...p,
    });
    expect([globalOf(deferred, "g"), globalOf(deferred, "my global")]).toEqual([3, 1040n]);
    deferred[meterNames.start]!();
    expect(globalOf(deferred, "g")).toBe(30);
    const none = assemble(`(module (func (export "f")))`);
    const start = plan({ ...everyKind, elements: [], exports: everyKind.exports!.slice(2, 3) }, { hooks });
    const tab = { m: { tab: host.tab } };
    expect(globalOf(instantiate(rewrite(none, start), { ...p, ...tab }), "my global")).toBe(1040n);
    expect(
      globalOf(
        instantiate(rewrite(none, start, { ...start, added: { ...start.added!, exports: [] } }), {
          ...p,
          ...tab,
        }),
        "my global",
      ),
    ).toBe(1040n);
  });
});

test("memories and data: a module without a memory gains one", () => {
  const none = assemble(`(module (func (export "f")))`);
  const bytes = rewrite(
    none,
    plan({
      memories: [{ limits: { ...pages(1n), max: 2n } }],
      data: [
        { bytes: Uint8Array.of(1, 2, 3), active: { memory: 0, address: 70 } },
        { bytes: Uint8Array.of(7, 8) },
      ],
      functions: [
        {
          params: [],
          results: [I32],
          write: (w, indices) => {
            emit(w, "i32.const", 100);
            emit(w, "i32.const", 0);
            emit(w, "i32.const", 2);
            emit(w, "memory.init", indices.data(1), indices.memory(0));
            emit(w, "i32.const", 30);
            emit(w, "i32.load16_u", { offset: 70n, memory: indices.memory(0) });
          },
        },
      ],
      exports: [
        { name: "m", kind: "memory", of: { added: 0 } },
        { name: "go", kind: "func", of: { added: 0 } },
      ],
    }),
  );
  const exports = instantiate(bytes);
  expect(exports["go"]!()).toBe(0x0807);
  const memory = exports["m"] as unknown as WebAssembly.Memory;
  expect([...new Uint8Array(memory.buffer, 70, 3)]).toEqual([1, 2, 3]);
});

test("memories and tables that are imported in front of the module's own move these, in every instruction", () => {
  const wide = assemble(
    `(module (memory $a 1) (memory $b i64 1) (data (memory $a) (i32.const 0) "a") (data $d "b") (tag $t (param i32))
      (table $t 3 funcref) (elem (i32.const 1) func $f)
      (func $f (export "f") (param i32) (result i32)
        (memory.copy $a $a (i32.const 0) (i32.const 1) (i32.const 2)) (memory.fill $b (i64.const 0) (i32.const 1) (i64.const 2))
        (memory.init $a $d (i32.const 0) (i32.const 0) (i32.const 1)) (drop (memory.grow $b (i64.const 1))) (drop (memory.size $a))
        (i32.store16 $a offset=70000 (i32.const 1) (i32.const 2)) (drop (v128.load8_lane $b offset=5000000000 3 (i64.const 0) (v128.const i32x4 1 2 3 4)))
        (drop (i32.atomic.rmw.add $a offset=4 (i32.const 0) (i32.const 2)))
        (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1)) (drop (table.get $t (i32.const 1))) (drop (table.size $t))
        (table.fill $t (i32.const 0) (ref.null func) (i32.const 1))
        (block $h (result i32) (try_table (catch $t $h) (throw $t (i32.const 3))) (i32.const 3))
        (call_indirect $t (param i32) (result i32) (i32.const 0)))
      (export "a" (memory $a)) (export "b" (memory $b)) (export "t" (table $t)))`,
    everything,
  );
  const bytes = rewrite(
    wide,
    plan({
      memories: [{ limits: pages(1n), import: { module: "p", name: "m" } }, { limits: pages(3n) }],
      tables: [{ element: EXTERNREF, limits: pages(1n), import: { module: "p", name: "t" } }],
    }),
  );
  expect(isValid(bytes)).toBe(true);
  const now = decodeModule(bytes);
  expect(now.memories.map(({ min, is64 }) => [min, is64])).toEqual([
    [1n, false],
    [1n, false],
    [1n, true],
    [3n, false],
  ]);
  expect(now.exports.map(({ name, index }) => [name, index])).toEqual([
    ["f", 0],
    ["a", 1],
    ["b", 2],
    ["t", 1],
  ]);
  // Only where the added memory is memory 0 does a store to it touch it: the types of addresses would not fit otherwise.
  expect(now.data.length).toBe(2);
  expect(now.tables.map(({ element }) => element)).toEqual([EXTERNREF, FUNCREF]);
});

describe("refused", () => {
  test.each<[string, Plan]>([
    ["an export that the module has", plan({ exports: [{ name: "f", kind: "func", of: { original: 0 } }] })],
    [
      "something that the plan does not add",
      plan({ exports: [{ name: "x", kind: "global", of: { added: 0 } }] }),
    ],
    ["a hook as a table", plan({ exports: [{ name: "x", kind: "table", of: { hook: 0 } }] })],
    ["a number that is null", plan({ globals: [{ type: I32, mutable: true, initial: null }] })],
  ])("%s", (_, how) => expect(() => rewrite(module, how)).toThrow(Diagnostic));
});
