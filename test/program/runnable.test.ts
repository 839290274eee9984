/** What is said of a module that V8 does not take: a feature that V8 lacks by name, and damage as damage. */
import { describe, expect, test } from "vitest";
import { lacking, whyNotRunnable } from "../../src/program/runnable.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { assemble, everything } from "../support/binaryen.ts";

const newer = {
  "several memories (multi-memory)": "(module (memory 1) (memory 1))",
  "64-bit memory (memory64)": "(module (memory i64 1))",
  "64-bit tables (table64)": "(module (table i64 1 funcref))",
};

describe.each(Object.entries(newer))("%s", (feature, text) => {
  const { bytes } = assemble(text, everything);
  const module = decodeModule(bytes);

  test("is lacking where V8 refuses a module of nothing else, and only there", () => {
    const taken = WebAssembly.validate(bytes as BufferSource);
    expect(lacking(module)).toEqual(taken ? [] : [feature]);
    expect(whyNotRunnable(module) === null).toBe(taken);
  });

  test("that V8 has is not blamed for damage", () => {
    const damaged = new Uint8Array(
      assemble(text.replace(/\)$/, ` (func (result i32) i32.const 7))`), everything).bytes,
    );
    // `i32.const 7` becomes `i64.const 7`: of another type than the function's result
    damaged[damaged.lastIndexOf(0x41)] = 0x42;
    const reason = whyNotRunnable(decodeModule(damaged))!.message;
    const taken = WebAssembly.validate(bytes as BufferSource);
    expect(reason).toContain(taken ? "this module is damaged" : feature);
  });
});

test("a module of the first version of WebAssembly lacks nothing", () => {
  const module = decodeModule(assemble('(module (memory 1) (func (export "f")))').bytes);
  expect(lacking(module)).toEqual([]);
  expect(whyNotRunnable(module)).toBeNull();
});
