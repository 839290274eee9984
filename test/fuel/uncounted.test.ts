/**
 * The reasons for which a module's fuel may not be wasmtime's, where they stand. That every figure which differs has one,
 * and how many do, is held against all recorded instructions in instructions.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelFromTable, modelNamed } from "../../src/fuel/models.ts";
import { uncounted } from "../../src/fuel/uncounted.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { rowAt } from "../../src/wasm/instructions.ts";
import { rowNamed } from "../../src/wasm/opcodes.ts";
import type { Module } from "../../src/wasm/types.ts";
import { assemble, everything } from "../support/binaryen.ts";

const codes = (module: Module, version: number) =>
  uncounted(module, modelNamed(`wasmtime-${version}`)).map(({ code }) => code);

test("no module with an engine contains any, up to 47 or from 49 on", () => {
  const folder = new URL("../../", import.meta.url);
  const files = readdirSync(new URL("fixtures/", folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wasm"))
    .map((file) => `fixtures/${file}`);
  expect(files.length).toBeGreaterThan(20);
  for (const file of ["plugin/plugin.wasm", ...files]) {
    const module = decodeModule(new Uint8Array(readFileSync(new URL(file, folder))));
    expect([...codes(module, 46), ...codes(module, 49)], file).toEqual([]);
  }
});

test("a reason says how often it is seen, and where first", () => {
  const module = assemble(`(module
    (import "host" "f" (func))
    (table 1 funcref)
    (func (nop))
    (func (drop (table.grow 0 (ref.null func) (i32.const 1))) (drop (table.grow 0 (ref.null func) (i32.const 2)))))`);
  const [reason, ...more] = uncounted(module, modelNamed("wasmtime-47"));
  expect(more).toEqual([]);
  expect(reason).toMatchObject({ code: "failed-table-grow", count: 2, first: { func: 2 } });
  expect(rowAt(module.bytes, reason!.first!.offset)).toBe(rowNamed("table.grow"));
  expect(codes(module, 48)).toEqual([]);
});

const catching = (inside: string, clause = "(catch_all $out)") =>
  assemble(
    `(module (tag $t) (func $g) (func (block $out (try_table ${clause} ${inside})) (call $g)))`,
    everything,
  );

test.each([
  ["a call inside", catching("(block (call $g))"), true],
  ["a throw inside", catching("(throw $t)"), false],
  ["calls behind it only", catching("(nop)"), false],
  ["no clause", catching("(call $g)", ""), false],
])("try_table with %s", (_, module, suspected) => {
  expect(codes(module, 49)).toEqual(suspected ? ["caught-exception"] : []);
  expect(codes(module, 50)).toEqual([]);
});

const growing = (code: string) =>
  assemble(`(module (memory 1) (global $c i32 (i32.const 5)) (global $v (mut i32) (i32.const 5))
    (global $sum i32 (i32.add (i32.const 2) (i32.const 3))) (func (param $p i32) (local $n i32) (local $m i32) ${code}))`);

test.each([
  ["right before it", "(drop (memory.grow (i32.const 5)))", false],
  ["in a local", "(local.set $n (i32.const 5)) (drop (memory.grow (local.get $n)))", true],
  ["that is large", "(local.set $n (i32.const 129)) (drop (memory.grow (local.get $n)))", false],
  ["that is negative", "(local.set $n (i32.const -1)) (drop (memory.grow (local.get $n)))", false],
  [
    "through two locals",
    "(local.set $n (i32.const 5)) (local.set $m (local.get $n)) (drop (memory.grow (local.get $m)))",
    true,
  ],
  ["teed", "(drop (memory.grow (local.tee $n (i32.const 5))))", true],
  ["of which a sum is made", "(drop (memory.grow (i32.add (local.get $p) (i32.const 5))))", false],
  [
    "on one of two ways",
    "(if (local.get $p) (then (local.set $n (i32.const 5)))) (drop (memory.grow (local.get $n)))",
    false,
  ],
  ["of a global", "(drop (memory.grow (global.get $c)))", true],
  ["of a variable global", "(drop (memory.grow (global.get $v)))", false],
  ["of a calculated global", "(drop (memory.grow (global.get $sum)))", false],
  [
    "on both ways, the same",
    "(local.set $m (i32.const 5)) (if (local.get $p) (then (local.set $n (local.get $m))) (else (local.set $n (local.get $m)))) (drop (memory.grow (local.get $n)))",
    true,
  ],
  ["of a branch", "(drop (memory.grow (block (result i32) (br_if 0 (i32.const 5) (local.get $p)))))", true],
  ["that is a parameter's", "(drop (memory.grow (local.get $p)))", false],
])("growing by a constant %s", (_, code, suspected) => {
  expect(codes(growing(code), 50)).toEqual(suspected ? ["constant-grow"] : []);
  expect(codes(growing(code), 48)).toEqual([]);
});

test("a cost table has its base's reasons, but for units that it does not charge", () => {
  const module = growing("(drop (memory.grow (local.tee $n (i32.const 5))))");
  const from = (table: unknown) =>
    uncounted(module, modelFromTable(JSON.stringify(table), "costs.json")).length;
  expect(from({ base: "wasmtime-49" })).toBe(1);
  expect(from({ base: "wasmtime-49", perUnit: { "memory.grow": 0 } })).toBe(0);
  expect(from({ base: "wasmtime-48" })).toBe(0);
});
