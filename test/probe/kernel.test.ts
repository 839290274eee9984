/**
 * The metering kernel writes the bytes that the rewriter in JavaScript writes, of small modules that have what is unusual
 * in code. What is left to JavaScript is said for each, so that nothing passes because the kernel had no part in it.
 */
import { describe, expect, test } from "vitest";
import type { ByteWriter } from "../../src/base/bytes.ts";
import type { Place } from "../../src/probe/action.ts";
import type { FunctionProbes, Plan } from "../../src/probe/plan.ts";
import { findSites } from "../../src/probe/sites.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { body, encodeSections, entry, writeFuncType } from "../../src/wasm/encode.ts";
import { I32, type Module, SectionId } from "../../src/wasm/types.ts";
import { assemble, everything } from "../support/binaryen.ts";
import { expectSame } from "../support/both-rewriters.ts";
import { frameHooks, frameProbes, meter, models } from "../support/metered.ts";

const metering = (model = "wasmtime-50", checks = true): Plan => ({
  hooks: [],
  functions: new Map(),
  meter: meter(model, "run", checks),
});
const everyMeter = models.flatMap(([model]) => [metering(model, true), metering(model, false)]);

/** A module with a memory and functions, (i32) -> (), of the code that each makes, the last `end` excluded. */
function moduleOf(...functions: readonly ((w: ByteWriter) => void)[]): Module {
  return decodeModule(
    encodeSections([
      {
        id: SectionId.type,
        payload: entry((w) => {
          w.leb(2);
          writeFuncType(w, { kind: "func", params: [I32], results: [] });
          writeFuncType(w, { kind: "func", params: [], results: [] });
        }),
      },
      {
        id: SectionId.import,
        payload: entry((w) => {
          w.leb(1);
          w.name("host");
          w.name("f");
          w.u8(0);
          w.leb(1);
        }),
      },
      { id: SectionId.function, payload: Uint8Array.of(functions.length, ...functions.map(() => 0)) },
      { id: SectionId.memory, payload: Uint8Array.of(1, 0, 1) },
      {
        id: SectionId.code,
        payload: entry((w) => {
          w.leb(functions.length);
          for (const write of functions)
            w.copy(
              body([], (w) => {
                write(w);
                emit(w, "end");
              }),
            );
        }),
      },
    ]),
  );
}

const bytes = (w: ByteWriter, ...list: readonly number[]) => w.copy(Uint8Array.from(list));
const nested = (count: number) => (w: ByteWriter) => {
  for (let i = 0; i < count; i++) emit(w, "block", null);
  for (let i = 0; i < count; i++) emit(w, "end");
};
const inTurn = (count: number) => (w: ByteWriter) => {
  for (let i = 0; i < count; i++) {
    emit(w, "loop", null);
    emit(w, "end");
  }
};

/** Ten thousand labels of five bytes are in the code of the 45,000 that there should be. */
const pastTheEnd = (w: ByteWriter) => {
  bytes(w, 0x20, 0x00, 0x0e);
  w.leb(45_000);
  for (let i = 0; i < 10_000; i++) bytes(w, 0x80, 0x80, 0x80, 0x80, 0x00);
};
const nops = (count: number) => (w: ByteWriter) => w.copy(new Uint8Array(count).fill(1));

describe("what is unusual in code", () => {
  test.each<[what: string, write: (w: ByteWriter) => void, byKernel: boolean]>([
    ["a call by an index of five bytes", (w) => bytes(w, 0x10, 0x80, 0x80, 0x80, 0x80, 0x00), true],
    ["a call by an index of six bytes", (w) => bytes(w, 0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), false],
    ["a label beyond 32 bits", (w) => bytes(w, 0x0c, 0x80, 0x80, 0x80, 0x80, 0x10), false],
    ["a label of five bytes", (w) => bytes(w, 0x0c, 0x80, 0x80, 0x80, 0x80, 0x00), true],
    ["a label that does not exist", (w) => bytes(w, 0x0c, 0x01), false],
    ["a label that does not exist, where nothing gets to", (w) => bytes(w, 0x00, 0x0c, 0x01), false],
    ["a sub-opcode of two bytes", (w) => bytes(w, 0x43, 0, 0, 0, 0, 0xfc, 0x80, 0x00, 0x1a), true],
    ["a br_table of no targets but the default", (w) => bytes(w, 0x20, 0x00, 0x0e, 0x00, 0x00), true],
    ["a br_table that does not fit", (w) => bytes(w, 0x20, 0x00, 0x0e, 0xff, 0x7f, 0x00), false],
    ["a br_table that runs far past the end", pastTheEnd, false],
    ["an i64 of ten bytes", (w) => bytes(w, 0x42, ...Array(9).fill(0x80), 0x00, 0x1a), true],
    ["an i64 of eleven bytes", (w) => bytes(w, 0x42, ...Array(10).fill(0x80), 0x00, 0x1a), false],
    ["an unknown instruction", (w) => bytes(w, 0xff), false],
    ["half an instruction", (w) => bytes(w, 0x41), false],
    ["an end too many", (w) => bytes(w, 0x0b), false],
    ["an end too few", (w) => emit(w, "block", null), false],
    ["an else without an if", (w) => bytes(w, 0x02, 0x40, 0x05, 0x0b), false],
    ["a second else", (w) => bytes(w, 0x20, 0x00, 0x04, 0x40, 0x05, 0x05, 0x0b), false],
    ["an offset of three bytes", (w) => bytes(w, 0x41, 0x00, 0x28, 0x02, 0x80, 0x80, 0x00, 0x1a), true],
    ["a memory by its index", (w) => bytes(w, 0x41, 0x00, 0x28, 0x42, 0x00, 0x00, 0x1a), true],
    ["a block of a function type by an index of two bytes", (w) => bytes(w, 0x02, 0x81, 0x00, 0x0b), true],
    ["a thousand blocks in each other", nested(1000), true],
    ["a few more", nested(1024), false],
    ["sixteen thousand blocks", inTurn(16_000), true],
    ["a few thousand more", inTurn(20_000), false],
    ["more code than the kernel has room for", nops(1_100_000), false],
  ])("%s", (_, write, byKernel) => {
    const module = moduleOf(write);
    for (const plan of everyMeter) expect(expectSame(module, [plan])).toEqual(byKernel ? [0] : []);
  });

  test.each<[what: string, wat: string, byKernel: boolean]>([
    ["a grow that costs its units", `(func (param i32) (drop (memory.grow (local.get 0))))`, false],
    [
      "a copy that costs its bytes, in a branch",
      `(func (param i32) (if (local.get 0) (then
      (memory.copy (i32.const 0) (i32.const 9) (local.get 0)) (memory.fill (i32.const 0) (i32.const 9) (i32.const 1)))))`,
      true,
    ],
    ["exceptions", `(tag $t) (func (param i32) (try_table (catch_all 0) (throw $t)))`, false],
    ["a throw without a handler", `(tag $t) (func (param i32) (throw $t))`, true],
    ["a tail call", `(func $f (param i32) (return_call $f (local.get 0)))`, true],
    [
      "a select of a type",
      `(func (param i32) (drop (select (result i32) (local.get 0) (i32.const 1) (i32.const 2))))`,
      true,
    ],
    [
      "vectors",
      `(func (param i32) (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
      (v128.const i32x4 1 2 3 4) (v128.load8_lane 3 (local.get 0) (v128.const i32x4 1 2 3 4)))))`,
      true,
    ],
    ["an atomic", `(func (param i32) (drop (i32.atomic.rmw.add (local.get 0) (i32.const 1))))`, true],
    ["locals of every kind", `(func (param i32) (local f32 f64 i64 i64 v128 funcref externref))`, true],
  ])("%s", (_, code, byKernel) => {
    const module = assemble(`(module (memory 1 1) ${code})`, everything);
    for (const plan of [metering("wasmtime-50", true), metering("wasmtime-50", false)])
      expect(expectSame(module, [plan])).toEqual(byKernel ? [0] : []);
  });
});

test("functions that have room one by one only", () => {
  const module = moduleOf(nops(600_000), nops(600_000), nops(600_000));
  expect(expectSame(module, [metering()])).toEqual([0, 1, 2]);
});

test("sizes of a 64-bit memory are left to JavaScript", () => {
  const module = assemble(
    `(module (memory i64 1) (func (memory.fill (i64.const 0) (i32.const 1) (i64.const 2))) (func (nop)))`,
    everything,
  );
  expect(expectSame(module, [metering("wasmtime-50")])).toEqual([1]);
  expect(expectSame(module, [metering("wasmtime-45")])).toEqual([0, 1]);
});

test("labels of a br_table that share a potential with those of another one take as many walks as they need", () => {
  const module = assemble(`(module (func (param i32)
    (block $a (block $b (block $c (block $d
      (br_if $a (local.get 0))
      (br_if $b (i32.eqz (local.get 0)))
      (br_if $c (i32.eqz (i32.eqz (local.get 0))))
      (br_if $d (i32.eqz (i32.eqz (i32.eqz (local.get 0)))))
      (br_table $a $b (local.get 0)))
      (br_table $c $b (local.get 0)))
      (drop (i32.const 1))))
    (drop (i32.const 2))))`);
  for (const plan of everyMeter) expect(expectSame(module, [plan])).toEqual([0]);
});

test("sizes are charged between probes, by JavaScript", () => {
  const module = assemble(`(module (memory 1) (func (param i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 9) (local.get 0))
    (if (local.get 0) (then (memory.copy (i32.const 0) (i32.const 9) (i32.const 7)) (return (i32.const 3))))
    (memory.fill (i32.const 0) (i32.const 9) (local.get 0)) (i32.const 1)))`);
  const look = (when: "before" | "after", kind: "operand" | "fuel") => ({
    ...{ when, values: [kind === "fuel" ? { kind } : { kind, index: 0 }] as const },
    write: (w: ByteWriter, { push }: Place) => {
      push(0);
      emit(w, "drop");
    },
  });
  const at = findSites(module, ({ name }) => name === "memory.fill");
  const sites = new Map(at.map(({ offset }) => [offset, [look("before", "operand"), look("after", "fuel")]]));
  for (const plan of everyMeter)
    for (const probes of [frameProbes(0), { sites }, { ...frameProbes(0), sites }])
      expect(expectSame(module, [{ ...plan, hooks: frameHooks, functions: new Map([[0, probes]]) }])).toEqual(
        [0],
      );
});

test("functions between those with probes, and what plans import", () => {
  const module = assemble(
    `(module
    (import "host" "f" (func $f)) (import "host" "g" (global $g (mut i32))) (global $own (mut i32) (i32.const 1))
    (func (call $f)) (func (global.set $own (global.get $g))) (func (call 0)) (func (drop (ref.func $f))) (func (call 5))
    (elem declare func $f))`,
    everything,
  );
  // one whose probes want the whole operand stack is not the kernel's
  const stack = { when: "before", values: [{ kind: "stack", index: 0 }], write: () => {} } as const;
  const functions = new Map<number, FunctionProbes>([
    [2, frameProbes(2)],
    [4, { sites: new Map([[findSites(module, ({ name }) => name === "drop")[0]!.offset, [stack]]]) }],
  ]);
  const plan: Plan = { ...metering(), hooks: frameHooks, functions };
  expect(expectSame(module, [plan])).toEqual([0, 1, 2, 4]);
  const moving: Plan = {
    ...{ hooks: [], functions: new Map() },
    added: {
      memories: [
        { limits: { min: 1n, max: null, shared: false, is64: false }, import: { module: "m", name: "m" } },
      ],
    },
  };
  expect(expectSame(module, [plan, moving])).toEqual([0, 1, 2, 4]);
});

test("what is not metered, or instruction by instruction, is not the kernel's", () => {
  const module = assemble(`(module (func (nop)))`);
  expect(expectSame(module, [{ ...metering(), meter: meter("wasmtime-50", "instruction", true) }])).toEqual(
    [],
  );
  expect(expectSame(module, [{ hooks: frameHooks, functions: new Map() }])).toEqual([]);
});
