/** Modules that become part of another: what they do there, where things stand, and what is refused. */
import { describe, expect, test } from "vitest";
import { type Lists, merge, type Resolve } from "../../src/probe/merge.ts";
import type { Plan } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import type { Module } from "../../src/wasm/types.ts";
import { assemble, isValid } from "../support/binaryen.ts";

/** No memory: an engine without multi-memory runs it with that of a library. */
const program = assemble(`(module
  (import "env" "given" (func $given (result i32)))
  (global $own (mut i32) (i32.const 5))
  (table 1 funcref)
  (func (export "own") (result i32) (i32.add (global.get $own) (call $given))))`);

const library = assemble(`(module
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "abc")
  (data $later "xyz")
  (global $count (mut i32) (i32.const 40))
  (global $half (mut f64) (f64.const 0.5))
  (table 4 funcref)
  (elem (i32.const 1) $twice $next)
  (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $next (param $n i32) (result i32) (local $a i64) (local $b i32)
    (local.set $b (block (result i32) (i32.add (local.get $n) (i32.const 1))))
    (local.get $b))
  (func $begin (global.set $count (i32.add (global.get $count) (i32.const 2))))
  (start $begin)
  (func (export "byte") (param i32) (result i32) (i32.load8_u offset=8 (local.get 0)))
  (func (export "later") (result i32)
    (memory.init $later (i32.const 100) (i32.const 0) (i32.const 3))
    (memory.copy (i32.const 200) (i32.const 101) (i32.const 2))
    (i32.load16_u (i32.const 200)))
  (func (export "count") (result i32) (global.get $count))
  (func (export "half") (result f64) (global.get $half))
  (func (export "call") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (local.get 1))))`);

const nothing: Resolve = () => undefined;

/** The program with a library in it, whose functions are exported under their names. */
function merged(module: Module, names: readonly string[]): Uint8Array {
  const lists: Lists = { functions: [], globals: [], memories: [], tables: [], data: [], elements: [] };
  // Something of the plan's own in front.
  lists.globals.push({ type: 0x7f, mutable: true, initial: 1 });
  const part = merge("the library", module, lists, nothing);
  const exports = names.map((name) => ({
    ...{ name, kind: "func" as const, of: { added: part.exported("func", name)! } },
  }));
  const start = part.start;
  const plan: Plan = {
    ...{ hooks: [], functions: new Map() },
    added: { ...lists, exports, ...(start !== null && { start }) },
  };
  return rewrite(program, plan);
}

describe("a module that is merged", () => {
  const bytes = merged(library, ["byte", "later", "count", "half", "call"]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
    env: { given: () => 3 },
  });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => number)(...args);

  test("keeps its data, globals, tables and start function beside the program's", () => {
    expect(isValid(bytes)).toBe(true);
    expect(call("own")).toBe(8);
    expect([call("byte", 0), call("byte", 2)]).toEqual([97, 99]);
    expect(call("later")).toBe(0x7a79);
    expect([call("count"), call("half")]).toEqual([42, 0.5]);
    expect([call("call", 21, 1), call("call", 21, 2)]).toEqual([42, 22]);
    expect(() => call("call", 21, 0)).toThrow(WebAssembly.RuntimeError);
  });
});

describe("what is refused", () => {
  const refused = (text: string) => () => merged(assemble(text), []);
  test.each([
    ['(module (import "a" "b" (func)))', /it imports a\.b, which there is not/],
    ["(module (tag))", /exception tags/],
    ["(module (func $f) (table 1 funcref) (elem func $f))", /element segment/],
  ])("%s", (text, why) => {
    expect(refused(text)).toThrow(why);
  });
});
