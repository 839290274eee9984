/** A module that calls its host now and then: how often, and that a host can stop it there. */
import { expect, test } from "vitest";
import { pauseHook, planPauses } from "../../src/probe/pauses.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { assemble, isValid } from "../support/binaryen.ts";

const module = assemble(`(module
  (global $n (mut i32) (i32.const 0))
  (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "endless") (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) (br $l)))
  (func (export "turns") (param i32) (result i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.const 7))
  (func (export "calls") (param i32) (loop $l (call $deep (i32.const 99)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`);
const bytes = rewrite(module, planPauses(module));

function run(pause: () => void) {
  const imports = { [pauseHook.module]: { [pauseHook.name]: pause } };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports as Readonly<
    Record<string, (n?: number) => unknown>
  >;
}

test("it is asked every 100,000 turns of loops and entries of functions, and does what it did", () => {
  expect(isValid(bytes)).toBe(true);
  let asked = 0;
  const exports = run(() => {
    asked += 1;
  });
  expect(exports["turns"]!(99_998)).toBe(7);
  expect(asked).toBe(0);
  expect(exports["turns"]!(1_000_000)).toBe(7);
  expect(asked).toBe(11);
  // One entry, and each time 100 entries and a turn.
  exports["calls"]!(10_000);
  expect(asked).toBe(21);
});

test("what the host throws ends it", () => {
  const stop = new Error("stop");
  const exports = run(() => {
    throw stop;
  });
  expect(() => exports["endless"]!()).toThrow(stop);
});
