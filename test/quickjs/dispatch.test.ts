/**
 * The dispatch is found by distinct targets and provenance, in both shapes and through every detour that compilers
 * take; what only looks like it is not. The modules are made from wat templates, since a dispatch needs 128 targets.
 */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { findDispatch } from "../../src/quickjs/dispatch.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { branchTables } from "../../src/wasm/facts/branch-tables.ts";
import { rowAt } from "../../src/wasm/instructions.ts";
import { functionNames } from "../../src/wasm/names.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import type { Module } from "../../src/wasm/types.ts";

function assemble(functions: string): Module {
  const module = binaryen.parseText(
    `(module (memory 1) (func $other (result i32) (i32.const 7)) ${functions})`,
  );
  try {
    return decodeModule(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/**
 * A function with `targets` nested blocks and a br_table over `index` inside them. `handler` is the code of every
 * handler; the loop around it all is `$next`. Params: 0 the pc; locals: $op and $spare.
 */
function interpreter(
  index: string,
  options: { targets?: number; entries?: number; handler?: string; before?: string } = {},
): string {
  const { targets = 200, handler = "(br $next)", before = "" } = options;
  const { entries = targets } = options;
  const labels = Array.from({ length: entries }, (_, i) => `$b${i % targets}`).join(" ");
  let body = `(br_table ${labels} $out ${index})`;
  for (let i = 0; i < targets; i++)
    body = `(block $b${i} ${body}) (local.set $pc (i32.add (local.get $pc) (i32.const ${i + 1}))) ${handler}`;
  return `(func (param $pc i32) (param $p i32) (local $op i32) (local $spare i32) ${before} (block $out (loop $next ${body})))`;
}

const load = "(i32.load8_u (local.get $pc))";

/** Names of the instructions at the found offsets. */
function namesAt(module: Module, offsets: readonly number[]): string[] {
  return offsets.map((offset) => opcodes[rowAt(module.bytes, offset)]!.name);
}

describe("one load", () => {
  test.each([
    ["used at once", load],
    ["biased by sub", `(i32.sub ${load} (i32.const 1))`],
    ["biased by add", `(i32.add ${load} (i32.const -1))`],
    ["masked", `(i32.and ${load} (i32.const 255))`],
    ["through local.tee", `(i32.sub (local.tee $op ${load}) (i32.const 1))`],
    ["through a local", `(block (result i32) (local.set $op ${load}) (local.get $op))`],
    ["through the result of a block", `(block $v (result i32) (br $v ${load}))`],
    [
      "through an if whose arms both give it",
      `(block (result i32) (local.set $op ${load}) (if (result i32) (local.get $p) (then (local.get $op)) (else (i32.sub (local.get $op) (i32.const 1)))))`,
    ],
    [
      "through a table in memory",
      `(i32.sub (i32.load offset=1024 (i32.shl ${load} (i32.const 2))) (i32.const 2))`,
    ],
    [
      "through a local that held something else before",
      `(block (result i32) (local.set $op (call $other)) (local.set $spare (local.get $op)) (local.set $op ${load}) (local.get $op))`,
    ],
  ])("%s", (_, index) => {
    const module = assemble(interpreter(index));
    const dispatch = findDispatch(module);
    expect(dispatch).toMatchObject({ function: 1, entries: 200, targets: 201, shape: "switch" });
    expect(namesAt(module, dispatch.loads)).toEqual(["i32.load8_u"]);
    expect(namesAt(module, [dispatch.offset])).toEqual(["br_table"]);
  });
});

test("computed goto: a load in every handler's tail", () => {
  const handler = `(local.set $op ${load}) (br $next)`;
  const index = "(i32.sub (i32.load offset=1024 (i32.shl (local.get $op) (i32.const 2))) (i32.const 2))";
  const module = assemble(interpreter(index, { targets: 150, handler, before: `(local.set $op ${load})` }));
  const dispatch = findDispatch(module);
  expect(dispatch.shape).toBe("computed goto");
  expect(new Set(namesAt(module, dispatch.loads))).toEqual(new Set(["i32.load8_u"]));
  expect(dispatch.loads.length).toBe(151);
  expect([...dispatch.loads].sort((a, b) => a - b)).toEqual(dispatch.loads);
});

describe("what is no dispatch", () => {
  const refusal = (module: Module): Diagnostic => {
    try {
      findDispatch(module);
    } catch (error) {
      if (error instanceof Diagnostic) return error;
      throw error;
    }
    throw new Error("a dispatch was found");
  };

  test.each([
    ["a parameter as the operand", interpreter("(local.get $p)")],
    ["the result of a call as the operand", interpreter("(call $other)")],
    [
      "a byte in one arm, a call's result in the other",
      interpreter(`(if (result i32) (local.get $p) (then ${load}) (else (call $other)))`),
    ],
    ["255 entries, few distinct targets", interpreter(load, { targets: 20, entries: 255 })],
    ["100 distinct targets", interpreter(load, { targets: 100 })],
    ["a wider load", interpreter("(i32.load16_u (local.get $pc))")],
  ])("%s", (_, code) => {
    const { kind, message, details } = refusal(assemble(code));
    expect(kind).toBe("unsupported");
    expect(message).toBe("no QuickJS interpreter was found in this module");
    expect(details.join("\n")).toMatch(
      /function 1: br_table at 0x[0-9a-f]+, \d+ entries, \d+ distinct targets/,
    );
    expect(details.join("\n")).toContain("--dispatch-function");
  });

  test("each is named with the reason", () => {
    const { details } = refusal(assemble(interpreter("(call $other)")));
    expect(details.join("\n")).toContain("distinct targets; its operand also comes from call at 0x");
  });

  test("a module without any br_table", () => {
    expect(refusal(assemble("")).details.join("\n")).toContain("found: no br_table at all");
  });
});

test("two interpreters: an error that lists both; --dispatch-function chooses", () => {
  const module = assemble(interpreter(load) + interpreter(load, { targets: 210 }));
  expect(() => findDispatch(module)).toThrow("more than one function looks like QuickJS's interpreter");
  try {
    findDispatch(module);
  } catch (error) {
    const details = (error as Diagnostic).details.join("\n");
    expect(details).toMatch(/function 2: .* 210 entries, 211 distinct targets/);
    expect(details).toMatch(/function 1: .* 200 entries, 201 distinct targets/);
  }
  expect(findDispatch(module, 1)).toMatchObject({ function: 1, targets: 201 });
  expect(findDispatch(module, 2)).toMatchObject({ function: 2, targets: 211 });
});

test("the embedded engine's is JS_CallInternal, far ahead of everything else", () => {
  const module = decodeModule(
    new Uint8Array(readFileSync(new URL("../../plugin/plugin.wasm", import.meta.url))),
  );
  const dispatch = findDispatch(module);
  expect(functionNames(module).get(dispatch.function)).toBe("JS_CallInternal");
  expect(dispatch).toMatchObject({ shape: "switch", entries: 251, targets: 226 });
  const [, next] = branchTables(module);
  expect(next!.targets).toBeLessThan(64);
});
