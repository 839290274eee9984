/** Initial memory: what active segments put there, and nothing of those that the engine would refuse. */
import { expect, test } from "vitest";
import { initialMemory, wholeInitialMemory } from "../../../src/wasm/facts/initial-memory.ts";
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

test("the whole of it has the zeros behind the last segment; long segments and short ones, one over the other", () => {
  const long = "x".repeat(300);
  const module = assemble(
    `(module (memory 2) (data (i32.const 1000) "${long}") (data (i32.const 1100) "ab") (data (i32.const 10) "${long}"))`,
  );
  const [contents, whole] = [initialMemory(module), wholeInitialMemory(module)];
  expect(contents).toHaveLength(1300);
  expect(whole).toHaveLength(2 * 65536);
  expect(whole.subarray(0, 1300)).toEqual(contents);
  expect(whole.subarray(1300).every((byte) => byte === 0)).toBe(true);
  expect(text(`(module (memory 1) (data (i32.const 3) "${long}") (data (i32.const 5) "ab"))`)).toBe(
    `\0\0\0xxab${long.slice(4)}`,
  );
});
