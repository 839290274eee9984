/** What a host function throws comes out past every handler of the guest, and is known again. */
import { expect, test } from "vitest";
import { Finality } from "../../src/host/finality.ts";
import { GuestExit } from "../../src/host/wasi.ts";
import { assemble } from "../support/binaryen.ts";

/** Calls what it imports inside of a handler for everything, and goes on behind that. */
const guest = new WebAssembly.Module(
  assemble(`(module
    (import "host" "call" (func $call))
    (global $caught (export "caught") (mut i32) (i32.const 0))
    (func $down (param i32)
      (try
        (do (if (i32.eqz (local.get 0)) (then (call $call)) (else (call $down (i32.sub (local.get 0) (i32.const 1))))))
        (catch_all (global.set $caught (i32.const 1)))))
    (func (export "run") (call $down (i32.const 5))))`).bytes as BufferSource,
);

function run(call: () => void): { readonly error: unknown; readonly caught: number } {
  const { exports } = new WebAssembly.Instance(guest, { host: { call } });
  let error: unknown;
  try {
    (exports["run"] as () => void)();
  } catch (thrown) {
    error = thrown;
  }
  return { error, caught: (exports["caught"] as WebAssembly.Global).value as number };
}

const throwing = (reason: unknown) => () => {
  throw reason;
};

test("without it, a guest catches what its host throws", () => {
  expect(run(throwing(new GuestExit(3)))).toEqual({ error: undefined, caught: 1 });
});

test("with it, no guest does, and the reason is found again", () => {
  const finality = new Finality();
  const reason = new GuestExit(3);
  const { error, caught } = run(finality.final(throwing(reason)));
  expect(caught).toBe(0);
  expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
  expect(finality.reasonOf(error)).toBe(reason);
  // an end of the guest's own making: a host of the user's may catch it
  expect(finality.overruling).toBe(null);
});

test("what is not the guest's own doing overrules whoever catches it", () => {
  const finality = new Finality();
  const stop = new Error("stop");
  run(finality.final(throwing(stop)));
  run(finality.final(throwing(new Error("later"))));
  expect(finality.overruling).toEqual({ reason: stop });
});

test("results, arguments and other errors pass as they are", () => {
  const finality = new Finality();
  const { add } = finality.all({ add: (a: number, b: number) => a + b });
  expect(add!(1, 2)).toBe(3);
  const own = new Error("own");
  expect(finality.reasonOf(own)).toBe(own);
  expect(finality.reasonOf(undefined)).toBe(undefined);
});

test("a stack that is exhausted in the host cannot be caught either", () => {
  const finality = new Finality();
  const deep = (): number => 1 + deep();
  const { error, caught } = run(finality.final(() => void deep()));
  expect(caught).toBe(0);
  expect(finality.reasonOf(error)).toBeInstanceOf(RangeError);
});
