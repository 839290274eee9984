/** Initial memory: what active segments put there, and nothing of those that the engine would refuse. */
import { expect, test } from "vitest";
import { initialMemory } from "../../../src/wasm/facts/initial-memory.ts";
import { assemble } from "../../support/binaryen.ts";

const text = (wat: string) => Buffer.from(initialMemory(assemble(wat))).toString("latin1");

test("active segments, one over the other, up to the last", () => {
  expect(
    text('(module (memory 1) (data (i32.const 2) "abcd") (data (i32.const 3) "X") (data "passive"))'),
  ).toBe("\0\0aXcd");
});

test("a segment beyond the module's memory is left out: one damaged address is not 256 MB of zeros", () => {
  expect(text('(module (memory 1) (data (i32.const 1) "a") (data (i32.const 200000000) "b"))')).toBe("\0a");
  expect(text('(module (memory 1) (data (i32.const 65535) "ab") (data (i32.const 0) "c"))')).toBe("c");
});

test("an imported memory may be larger than what was asked for", () => {
  expect(text('(module (import "env" "memory" (memory 1)) (data (i32.const 65535) "ab"))')).toHaveLength(
    65537,
  );
});
