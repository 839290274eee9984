/** The collector in WebAssembly counts what the model counts, for every sequence of hooks that an engine can make. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../../src/base/diagnostics.ts";
import { bucketCount, bucketRange, ValueTable } from "../../../src/profiler/counters/layout.ts";
import { Recorder } from "../../../src/profiler/counters/recorder.ts";
import { profilerHooks } from "../../../src/profiler/profiler-plan.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { funcTypeAt } from "../../../src/wasm/types.ts";
import { codesOf } from "../../support/codes.ts";
import { builtinsFrom, Driver, type DriverOptions } from "../../support/collector-model.ts";

test("the hooks are of the types that the plan calls them with", () => {
  const collector = decodeModule(
    readFileSync(new URL("../../../dist/profiler/counters/collector.wasm", import.meta.url)),
  );
  // the host hears of an uncaught exception itself
  const counted = profilerHooks.filter(({ name }) => name !== "thrown");
  const types = counted.map(({ name }) => {
    const found = collector.exports.find((one) => one.name === name && one.kind === "func")!;
    return [name, funcTypeAt(collector, collector.functions[found.index]!)];
  });
  expect(types).toEqual(counted.map(({ name, params }) => [name, { kind: "func", params, results: [] }]));
});

interface Played {
  readonly driver: Driver;
  readonly recorder: Recorder;
}

function play(
  options: DriverOptions,
  choose: (n: number) => number,
  steps: number,
  events = 1e6,
  ends = false,
  limit?: number,
): Played {
  const driver = new Driver(options, choose);
  const recorder = new Recorder(driver.host, events, options.natives);
  driver.attach(recorder);
  if (limit !== undefined) {
    driver.model.limit = limit;
    recorder.watchLimit(BigInt(limit));
  }
  for (let i = 0; i < steps; i++) driver.step();
  if (ends) driver.unwindAll();
  driver.finish();
  compare(driver, recorder, events);
  return { driver, recorder };
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);

/** Fuel below the outermost nodes of a function: its total. */
function outermost(nodes: Driver["model"]["nodes"], id: number): number {
  const within = nodes.map(() => false);
  let total = 0;
  nodes.forEach((node, i) => {
    within[i] = node.function === id || (within[node.parent] ?? false);
    if (within[i]) total += node.self;
  });
  return total;
}

function compare(
  { model, functions, natives, builtins, fuel }: Driver,
  recorder: Recorder,
  events: number,
): void {
  const { startup, jobs, gap } = model.phases;
  expect(recorder.phases()).toEqual({ startup: BigInt(startup), jobs: BigInt(jobs), exit: BigInt(gap) });
  expect(recorder.maxDepth).toBe(model.maxDepth);
  expect(recorder.stack()).toEqual(model.openFrames());
  expect(recorder.passed(builtinsFrom)).toEqual(model.passed);
  expect(recorder.unwound()).toEqual(model.unwound);

  const nodes = recorder.nodes(builtinsFrom);
  const column = (
    key: "parent" | "function" | "callFunction" | "callOffset" | "self" | "calls" | "resumes",
  ) => model.nodes.map((node) => node[key]);
  for (const key of ["parent", "function", "callFunction", "callOffset", "self", "calls", "resumes"] as const)
    expect(Array.from(nodes[key], Number), key).toEqual(column(key));

  let inSlots = 0;
  for (const { id } of [...natives, ...functions].filter(({ seen }) => seen)) {
    const { offsets, fuel: fuels, hits } = codesOf(recorder, id);
    const { perCall, total } = recorder.counters(id);
    const slots = [...(model.slots.get(id) ?? [])]
      .filter(([, slot]) => slot.fuel !== 0 || slot.hits !== 0)
      .sort(([a], [b]) => a - b);
    expect(
      Array.from(offsets, (offset, i) => [offset, Number(fuels[i]), Number(hits[i])]),
      `slots of function ${id}`,
    ).toEqual(slots.map(([offset, slot]) => [offset, slot.fuel, slot.hits]));
    expect(perCall, `calls of function ${id}`).toEqual(expectedPerCall(model.completed.get(id)));
    inSlots += sum(Array.from(fuels, Number));
    expect(Number(total), `total of function ${id}`).toBe(outermost(model.nodes, id));
  }

  for (const [i, { perCall, total }] of recorder.builtins().entries()) {
    const id = builtinsFrom + i;
    expect(perCall, `calls of builtin ${i}`).toEqual(expectedPerCall(model.completed.get(id)));
    expect(Number(total), `total of builtin ${i}`).toBe(outermost(model.nodes, id));
  }
  expect(recorder.builtins().length).toBe(builtins.filter(({ seen }) => seen).length);

  // The sums hold: everything is charged once, by opcode and by call path.
  expect(inSlots + startup + jobs + gap).toBe(fuel);
  expect(sum(Array.from(nodes.self, Number))).toBe(fuel);

  const recorded = recorder.events();
  if (model.events.length > events) expect(recorded).toBeNull();
  else {
    expect(Array.from(recorded!.node)).toEqual(model.events.map(({ node }) => node));
    expect(Array.from(recorded!.fuel, Number)).toEqual(model.events.map(({ fuel }) => fuel));
  }
}

/** Exact while there are few distinct values; then the middle of the median's bucket, within what was seen. */
function expectedPerCall(calls: readonly number[] | undefined) {
  if (!calls) return null;
  const sorted = [...calls].sort((a, b) => a - b);
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const exact = sorted[Math.ceil(sorted.length / 2) - 1]!;
  const approximate = new Set(calls).size > ValueTable.most;
  let median = exact;
  if (approximate) {
    const { low, width } = bucketOf(exact);
    median = Math.max(min, Math.min(max, low + Math.floor(width / 2)));
  }
  return { min: BigInt(min), median: BigInt(median), approximate, max: BigInt(max) };
}

function bucketOf(value: number) {
  for (let i = 0; i < bucketCount; i++) {
    const range = bucketRange(i);
    if (value >= range.low && value < range.low + range.width) return range;
  }
  throw new Error(`no bucket for ${value}`);
}

/** A generator of numbers with a seed (mulberry32), for runs too long for fast-check's arrays. */
function randomNumbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

describe("counts what the model counts", () => {
  test.each([
    { natives: 0, calls: 30, functions: 6, dearest: 9 },
    { natives: 3, calls: 35, functions: 4, dearest: 3 },
    { natives: 2, calls: 20, functions: 12, dearest: 100_000 },
    { natives: 0, builtins: 5, jobs: true, calls: 25, functions: 5, dearest: 7 },
    { natives: 3, jobs: true, calls: 30, functions: 5, dearest: 7 },
  ])("$natives natives, $builtins builtins, $functions functions, jobs: $jobs", (options) => {
    fc.assert(
      fc.property(fc.array(fc.nat(99_999), { maxLength: 1500, size: "max" }), fc.boolean(), (tape, ends) => {
        let at = 0;
        const choose = (n: number) => (at < tape.length ? tape[at++]! % n : 0);
        const steps = Math.ceil(tape.length / 3);
        play(options, choose, steps, 1e6, ends);
      }),
      { numRuns: 60 },
    );
  });

  test("the frames that are open when a limit is passed", () => {
    let passed = 0;
    let inNative = 0;
    fc.assert(
      fc.property(fc.integer(), fc.nat(1500), (seed, limit) => {
        const options = { natives: 2, calls: 40, functions: 6, dearest: 9 };
        const { driver, recorder } = play(options, randomNumbers(seed), 200, 1e6, false, limit);
        expect(recorder.passed() !== null).toBe(driver.fuel > limit);
        if (recorder.passed()) passed += 1;
        if (recorder.passed()?.[0]?.offset === null) inNative += 1;
      }),
      { numRuns: 100 },
    );
    expect(passed).toBeGreaterThan(20);
    expect(inNative).toBeGreaterThan(5);
  });

  test("a number of events that is too small keeps none", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 40 }), (seed, events) => {
        play({ natives: 2, calls: 30, functions: 5, dearest: 5 }, randomNumbers(seed), 120, events);
      }),
      { numRuns: 60 },
    );
  });
});

test("past the limit of nodes every function keeps its figures", () => {
  let merged = 0;
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, most) => {
      const options = { natives: 2, calls: 40, functions: 5, dearest: 9 };
      const driver = new Driver(options, randomNumbers(seed));
      const recorder = new Recorder(driver.host, 1e6, options.natives, [], 0, most);
      driver.attach(recorder);
      for (let i = 0; i < 200; i++) driver.step();
      driver.finish();
      const { model, natives, functions, fuel } = driver;
      const nodes = recorder.nodes();
      // the root, and for the rest a node and one a function, each with those of native functions
      const last = functions.length + (1 + functions.length) * natives.length;
      expect(nodes.parent.length).toBeLessThanOrEqual(1 + most + 1 + last);
      expect(sum(Array.from(nodes.self, Number))).toBe(fuel);
      for (const { id } of [...natives, ...functions].filter(({ seen }) => seen)) {
        const counted = (key: "self" | "calls" | "resumes") =>
          sum(Array.from(nodes[key], (value, i) => (nodes.function[i] === id ? Number(value) : 0)));
        const expected = (key: "self" | "calls" | "resumes") =>
          sum(model.nodes.map((node) => (node.function === id ? node[key] : 0)));
        for (const key of ["self", "calls", "resumes"] as const)
          expect(counted(key), key).toBe(expected(key));
        expect(Number(recorder.counters(id).total)).toBe(outermost(model.nodes, id));
        expect(recorder.counters(id).perCall).toEqual(expectedPerCall(model.completed.get(id)));
      }
      const isMerged = model.nodes.length > 1 + most;
      if (isMerged) merged += 1;
      expect(recorder.events() === null).toBe(isMerged);
      expect(recorder.stack()).toEqual(model.openFrames());
    }),
    { numRuns: 80 },
  );
  expect(merged).toBeGreaterThan(20);
});

describe("grows", () => {
  test("past 4096 activations", () => {
    const { driver } = play({ natives: 1, calls: 75, functions: 9, dearest: 50 }, randomNumbers(1), 12_000);
    expect(driver.model.stack.length).toBeGreaterThan(4096);
    expect(driver.model.maxDepth).toBeGreaterThan(500);
  });

  test("past the table of builtins", () => {
    const options = { natives: 0, builtins: 700, jobs: true, calls: 45, functions: 9, dearest: 50 };
    const { recorder } = play(options, randomNumbers(3), 12_000);
    expect(recorder.builtins().length).toBeGreaterThan(300);
  });

  test("past the tables of children, code, events and distinct values", () => {
    const options = { natives: 8, calls: 33, functions: 700, dearest: 1 << 20 };
    const { driver, recorder } = play(options, randomNumbers(2), 30_000, 1e6, true);
    const { model } = driver;
    expect(model.nodes.length, "children").toBeGreaterThan(4096);
    expect(driver.functions.filter(({ seen }) => seen).length, "first pcs").toBeGreaterThan(512);
    expect(model.events.length, "events, in chunks of 4096").toBeGreaterThan(8192);
    expect(
      driver.natives.some(({ id }) => recorder.counters(id).perCall?.approximate),
      "distinct values",
    ).toBe(true);
    expect(recorder.memoryBytes).toBeGreaterThan(4 * 65536);
  });
});

describe("per call", () => {
  /** Function 0 of no natives, called once for each value, which it costs. */
  function calls(values: readonly number[]) {
    const recorder = new Recorder({ resolve: () => ({ id: 0, code: 100 }), invocation: () => null }, 0, 0);
    recorder.addFunction(0, 4, {});
    const hooks = recorder.hooks as Record<string, (...args: (number | bigint)[]) => void>;
    let fuel = 0n;
    for (const value of values) {
      hooks["enter"]!(0n);
      hooks["dispatch"]!(100, fuel);
      fuel += BigInt(value);
      hooks["leave"]!(fuel);
    }
    return recorder.counters(0).perCall;
  }

  const distinct = (count: number) => Array.from({ length: count }, (_, i) => (i + 1) * 10);

  test("192 distinct values are exact, one more is approximate", () => {
    expect(calls(distinct(192))).toEqual({ min: 10n, median: 960n, approximate: false, max: 1920n });
    const more = calls(distinct(193))!;
    expect(more).toMatchObject({ min: 10n, approximate: true, max: 1930n });
    // The exact one is 970; sixteen buckets a power of two put the middle within a thirty-second of it.
    expect(Math.abs(Number(more.median) - 970)).toBeLessThanOrEqual(970 / 32);
  });

  test("any values", () => {
    const value = fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(2 ** 31), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 600, size: "max" }), (values) => {
        expect(calls(values)).toEqual(expectedPerCall(values));
      }),
      { numRuns: 150 },
    );
  });
});

test("buckets follow one another without a gap", () => {
  let next = 0;
  for (let i = 0; i < bucketCount; i++) {
    const { low, width } = bucketRange(i);
    expect(low).toBe(next);
    next = low + width;
  }
  expect(next).toBeGreaterThanOrEqual(2 ** 62);
});

test("a dispatch outside the running function's code is refused", () => {
  const recorder = new Recorder({ resolve: () => ({ id: 0, code: 100 }), invocation: () => null }, 0, 0);
  recorder.addFunction(0, 4, {});
  const hooks = recorder.hooks as Record<string, (...args: (number | bigint)[]) => void>;
  hooks["enter"]!(0n);
  hooks["dispatch"]!(100, 1n);
  hooks["dispatch"]!(103, 2n);
  expect(() => hooks["dispatch"]!(104, 3n)).toThrow(Diagnostic);
  // damaged bytecode does that: the module's fault, as far as anybody can tell
  expect(() => hooks["dispatch"]!(99, 3n)).toThrow(
    expect.objectContaining({
      kind: "unsupported",
      details: expect.arrayContaining([expect.stringContaining("0x63 lies outside")]),
    }),
  );
});
