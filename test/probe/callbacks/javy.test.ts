/**
 * Probes that are functions on a real engine, a static Javy module: counts against the monitor language, frames against
 * V8's own stack trace, and what the program does and consumes is what it was.
 */
import { createHash } from "node:crypto";
import { WASI } from "node:wasi";
import { expect, test } from "vitest";
import {
  attachable,
  countProbe,
  frameProbe,
  type InstrumentOptions,
  instructionsOf,
  instrument,
  operandProbe,
  type Probe,
} from "../../../src/index.ts";
import { planCallbacks } from "../../../src/probe/callbacks/plan-callbacks.ts";
import { meterNames, type Plan } from "../../../src/probe/plan.ts";
import { rewrite } from "../../../src/probe/rewrite.ts";
import { ProbeControl } from "../../../src/run/probe-control.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { meter } from "../../support/metered.ts";
import { compileProgram } from "../../support/plain.ts";
import { staticModule } from "../../support/static-module.ts";

const app = staticModule(
  compileProgram(`
function down(n) { if (n === 0) throw new Error("bottom"); return down(n - 1) + 1; }
try { down(20); } catch (error) { console.log(error.message, [3, 1, 2].sort((a, b) => a - b).join()); }`),
  null,
);

/** Runs a module, and says what it wrote and left. */
function run(bytes: Uint8Array, imports: WebAssembly.Imports = {}) {
  const wasi = new WASI({ version: "preview1" });
  let written = "";
  const writes = (_: number, vectors: number, count: number, total: number) => {
    const { buffer } = instance.exports["memory"] as WebAssembly.Memory;
    const view = new DataView(buffer);
    let length = 0;
    for (let i = 0; i < count; i++) {
      const size = view.getUint32(vectors + 8 * i + 4, true);
      written += Buffer.from(buffer, view.getUint32(vectors + 8 * i, true), size).toString();
      length += size;
    }
    view.setUint32(total, length, true);
    return 0;
  };
  const instance: WebAssembly.Instance = new WebAssembly.Instance(
    new WebAssembly.Module(bytes as BufferSource),
    {
      wasi_snapshot_preview1: {
        ...(wasi.wasiImport as WebAssembly.ModuleImports),
        ...{ fd_write: writes, clock_time_get: () => 0, random_get: () => 0 },
      },
      ...imports,
    },
  );
  wasi.start(instance);
  const memory = new Uint8Array((instance.exports["memory"] as WebAssembly.Memory).buffer);
  return { instance, shown: [written, createHash("sha256").update(memory).digest("hex")] };
}

const before = run(app);

function probed(probes: readonly Probe[], options: InstrumentOptions = {}) {
  const made = instrument(app, { ...options, probes });
  const { instance, shown } = run(made.bytes, made.imports);
  expect(shown).toEqual(before.shown);
  return { ...made, report: () => made.report(instance) };
}

/** Where the interpreter dispatches: the br_table that has the most distinct targets. */
const [interpreter] = instructionsOf(app, ({ name }) => name === "br_table").sort(
  (a, b) => new Set(b.immediates).size - new Set(a.immediates).size,
);

test("the program writes what it did", () => {
  expect(before.shown[0]).toBe("bottom 1,2,3\n");
});

test("counts are those of a script, of all instructions, entries, exits and one place", () => {
  const every = countProbe("every instruction");
  const entries = countProbe({ entry: "all" });
  const exits = countProbe({ exit: "all" });
  const dispatches = countProbe(interpreter!);
  const off = attachable(countProbe("every instruction"), false);
  const opcodes: number[] = [];
  const { probes, report } = probed(
    [
      every,
      entries,
      exits,
      dispatches,
      off,
      operandProbe(interpreter!, (opcode: number) => opcodes.push(opcode)),
    ],
    {
      script: `report var every: u64; report var entries: u64; report var exits: u64; report var dispatches: u64;
        wasm:block:end { every = every + instr_count as u64; }
        wasm:func:entry { entries++; }
        wasm:func:exit { exits++; }
        wasm:opcode:br_table:before / fid == ${interpreter!.function} && pc == ${interpreter!.pc} / { dispatches++; }`,
    },
  );
  expect([every, entries, exits, dispatches].map((one) => probes.count(one))).toEqual(
    report().rows.map(({ value }) => value),
  );
  expect(probes.count(dispatches)).toBe(BigInt(opcodes.length));
  expect(opcodes.length).toBeGreaterThan(200);
  expect(probes.count(off)).toBe(0n);
});

test("callers are V8's own stack trace", () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  const { prepareStackTrace } = Error;
  // biome-ignore lint/suspicious/noExplicitAny: V8's own text, whatever the test runner makes of it
  (Error as any).prepareStackTrace = undefined;
  try {
    let deepest = 0;
    let added = 0;
    const probe = frameProbe(
      { entry: interpreter!.function },
      ["depth", "callers"],
      ({ depth, callers, ...here }) => {
        const functions = [...new Error("here").stack!.matchAll(/wasm-function\[(\d+)\]/g)].map(([, index]) =>
          Number(index),
        );
        expect([here.function, ...callers.map((one) => one.function)].map((index) => index + added)).toEqual(
          functions,
        );
        expect(depth).toBe(functions.length);
        deepest = Math.max(deepest, depth);
      },
    );
    added = planCallbacks(decodeModule(app), [probe]).plan.hooks.length;
    probed([probe]);
    expect(deepest).toBeGreaterThan(20);
  } finally {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = prepareStackTrace!;
  }
});

test("fuel is what it was without probes", () => {
  const probes = [
    countProbe({ entry: "all" }),
    operandProbe(interpreter!, () => {}),
    frameProbe(interpreter!, ["locals", "operands", "depth", "callers"], () => {}),
  ];
  const module = decodeModule(app);
  const metering: Plan = { hooks: [], functions: new Map(), meter: meter("wasmtime-50", "run") };
  const fuel = (plans: readonly Plan[], imports: WebAssembly.Imports = {}) => {
    const { instance } = run(rewrite(module, ...plans), imports);
    return (instance.exports[meterNames.counter] as WebAssembly.Global).value;
  };
  const { plan, wiring } = planCallbacks(module, probes);
  expect(fuel([plan, metering], new ProbeControl(probes, wiring).imports)).toBe(fuel([metering]));
});
