/**
 * Another customer of the rewriter than the profiler: code in place that counts each kind of instruction. Alone and
 * together with the meter, on random programs and on real modules, its sums are the meter's fuel and the interpreter's,
 * and a program does what it did.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import { meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { counterOf, interpret, meter, runInV8 } from "../support/metered.ts";
import { arbitraryProgram, type Exceptions, type Program } from "../support/programs.ts";
import { countedFuel, countingPlan } from "../support/second-customer.ts";

/** The flat model: no cost depends on a size. */
const model = modelNamed("wasmtime-45");
const metering = { hooks: [], functions: new Map(), meter: meter("wasmtime-45", "instruction") };

function check(program: Program): void {
  const module = decodeModule(program.bytes);
  const plain = runInV8(program.bytes, program);
  const oracle = interpret(module, program, { model: "flat" });
  const counting = countingPlan(module);
  for (const plans of [[counting], [counting, metering], [metering, counting]]) {
    const bytes = rewrite(module, ...plans);
    let exports: WebAssembly.Exports = {};
    const report = runInV8(bytes, program, {}, (instance) => {
      exports = instance.exports;
    });
    expect(report.state).toBe(plain.state);
    expect(report.end).toBe(plain.end);
    const read = (name: string) => (exports[name] as WebAssembly.Global).value as bigint;
    expect(Number(countedFuel(model, read))).toBe(oracle.fuel);
    if (plans.length > 1) expect(Number(read(meterNames.counter))).toBe(oracle.fuel);
  }
}

const kinds: readonly Exceptions[] = ["none", "legacy"];
test.each(kinds)("random programs, exceptions: %s", (exceptions) => {
  fc.assert(fc.property(arbitraryProgram(exceptions, 250), check), { numRuns: 60 });
});

test("random programs with try_table, in the interpreter", () => {
  const property = fc.property(arbitraryProgram("try_table", 250), (program) => {
    const module = decodeModule(program.bytes);
    const oracle = interpret(module, program, { model: "flat" });
    const now = decodeModule(rewrite(module, countingPlan(module), metering));
    const { machine, end } = interpret(now, program, { model: "flat" });
    expect(end).toBe(oracle.end);
    const read = (name: string) =>
      machine.globals[now.exports.find((one) => one.name === name)!.index] as bigint;
    expect(Number(countedFuel(model, read))).toBe(oracle.fuel);
    expect(counterOf(now, machine)).toBe(oracle.fuel);
  });
  fc.assert(property, { numRuns: 60 });
});

/** Answers that let a WASI command run with nothing to read and nothing to write to. */
const wasi = (memory: () => WebAssembly.Memory) =>
  new Proxy(
    {
      fd_write: (_fd: number, vectors: number, count: number, written: number) => {
        const view = new DataView(memory().buffer);
        let size = 0;
        for (let i = 0; i < count; i++) size += view.getUint32(vectors + 8 * i + 4, true);
        view.setUint32(written, size, true);
        return 0;
      },
      random_get: () => 0,
      proc_exit: (code: number) => {
        throw new Error(`exit ${code}`);
      },
    } as Record<string, (...args: number[]) => number>,
    { get: (known, name) => known[name as string] ?? (() => 8) },
  );

test.each(["fixtures/wasm/words.wasm", "fixtures/javy/static.wasm"])(
  "%s",
  (path) => {
    const module = decodeModule(new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url))));
    const run = (bytes: Uint8Array) => {
      let instance: WebAssembly.Instance;
      const imports = new Proxy(
        {},
        { get: () => wasi(() => instance.exports["memory"] as WebAssembly.Memory) },
      );
      instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
      let end = "";
      try {
        (instance.exports["_start"] as () => void)();
      } catch (error) {
        end = String(error);
      }
      return { end, read: (name: string) => (instance.exports[name] as WebAssembly.Global).value as bigint };
    };
    const counted = run(rewrite(module, countingPlan(module)));
    const run1 = run(
      rewrite(module, { hooks: [], functions: new Map(), meter: meter("wasmtime-45", "run") }),
    );
    const both = run(rewrite(module, metering, countingPlan(module)));
    const fuel = run1.read(meterNames.counter);
    expect(fuel).toBeGreaterThan(10_000n);
    expect(counted.end).toBe(run1.end);
    expect(countedFuel(model, counted.read)).toBe(fuel);
    expect(countedFuel(model, both.read)).toBe(fuel);
    expect(both.read(meterNames.counter)).toBe(fuel);
  },
  60_000,
);
