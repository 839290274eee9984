/**
 * The collector against the charging rule written down the slow way: every unit of fuel is given, when it is spent,
 * to the one place that it belongs to. Random runs, with all that makes the fast way hard: calls that never
 * dispatch, recursion, generators, linking passes, code that moves, native frames, tables that grow.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CodePlace, Recorder } from "../../../src/profiler/counters/recorder.ts";
import { codesOf } from "../../support/codes.ts";

/** What happens inside an activation. */
type Step =
  | { readonly kind: "dispatch"; readonly offset: number }
  | {
      readonly kind: "call";
      readonly function: number;
      readonly offset: number;
      readonly steps: readonly Step[];
    }
  /** The interpreter is entered for a native function: nothing is dispatched, but it may call back. */
  | { readonly kind: "pending"; readonly steps: readonly Step[] }
  | { readonly kind: "native"; readonly index: number; readonly steps: readonly Step[] }
  /** Code is made: every address means something else. */
  | { readonly kind: "moved" };

interface Shape {
  readonly length: number;
  /** Code offsets per source line. */
  readonly perLine: number;
  readonly suspends: boolean;
  readonly hoists: boolean;
}

const natives = 3;

/** The charging rule, one unit at a time. */
class Model {
  fuel = 0n;
  readonly slots = new Map<string, { fuel: bigint; hits: bigint }>();
  readonly nodes = new Map<string, { self: bigint; calls: bigint; resumes: bigint }>();
  readonly perCall = new Map<number, bigint[]>();
  readonly phases = { startup: 0n, jobs: 0n, exit: 0n };
  readonly events: [string, bigint][] = [];
  maxDepth = 0;
  /** Where fuel goes now: the slot, and the path of the call tree. */
  slot: string | null = null;
  path = "";
  depth = 0;
  started = false;

  spend(amount: bigint): void {
    this.fuel += amount;
    if (this.slot === null) this.phases[this.started ? "exit" : "startup"] += amount;
    else this.at(this.slot).fuel += amount;
    this.node(this.path).self += amount;
  }

  at(slot: string) {
    const found = this.slots.get(slot) ?? { fuel: 0n, hits: 0n };
    this.slots.set(slot, found);
    return found;
  }

  node(path: string) {
    const found = this.nodes.get(path) ?? { self: 0n, calls: 0n, resumes: 0n };
    this.nodes.set(path, found);
    return found;
  }
}

/** Drives recorder and model with the same run. */
class Drive {
  readonly recorder: Recorder;
  readonly model = new Model();
  readonly #shapes: readonly Shape[];
  readonly #hoisted = new Set<number>();
  #base = 0x10000;
  #random: number;
  #own: { self: bigint; readonly isNative: boolean }[] = [];
  /** Own fuel of invocations that are suspended, by func_obj. */
  readonly #suspended = new Map<bigint, bigint>();

  constructor(shapes: readonly Shape[], seed: number, events: number) {
    this.#shapes = shapes;
    this.#random = seed | 1;
    this.recorder = new Recorder(
      {
        resolve: (pc) => {
          const id = shapes.findIndex((shape, i) => pc >= this.#code(i) && pc < this.#code(i) + shape.length);
          return { id: natives + id, code: this.#code(id) };
        },
        invocation: (id, funcObj, own, offset, resumed) => {
          const sum = own + (resumed ? (this.#suspended.get(funcObj) ?? 0n) : 0n);
          // Odd last opcodes suspend.
          if (offset % 2 === 1) {
            this.#suspended.set(funcObj, sum);
            return null;
          }
          expect(id).toBeGreaterThanOrEqual(natives);
          return sum;
        },
      },
      events,
      natives,
    );
    shapes.forEach(({ length, perLine, suspends, hoists }, i) => {
      const sites = Uint32Array.from({ length }, (_, offset) => offset - (offset % perLine));
      this.recorder.addFunction(natives + i, length, { suspends, hoists }, sites);
    });
  }

  #code(index: number): number {
    return this.#base + index * 0x100;
  }

  #next(below: number): number {
    this.#random = (Math.imul(this.#random, 1103515245) + 12345) | 0;
    return (this.#random >>> 8) % below;
  }

  get #hooks() {
    return this.recorder.hooks as unknown as {
      enter: (funcObj: bigint) => void;
      dispatch: (pc: number, fuel: bigint) => void;
      leave: (fuel: bigint) => void;
      generation: () => void;
      enterNative: (index: number, fuel: bigint) => void;
      leaveNative: (fuel: bigint) => void;
    };
  }

  #spend(): void {
    const amount = BigInt(this.#next(5) === 0 ? 0 : this.#next(5000));
    this.model.spend(amount);
    const own = this.#own.at(-1);
    if (own) own.self += amount;
    // what a native function costs is part of what the JavaScript around it costs itself
    const around = own?.isNative ? this.#own.findLast(({ isNative }) => !isNative) : undefined;
    if (around) around.self += amount;
  }

  run(steps: readonly Step[]): void {
    this.#spend();
    this.#steps(steps, -1);
    this.#spend();
    this.recorder.finish(this.model.fuel);
  }

  #site(offset: number, index: number): string {
    return index < 0 ? "" : `${index}@${offset - (offset % this.#shapes[index]!.perLine)}`;
  }

  /** `index`: the innermost started function, -1 outside. */
  #steps(steps: readonly Step[], index: number): void {
    for (const step of steps) {
      this.#spend();
      switch (step.kind) {
        case "dispatch":
          if (index >= 0) this.#dispatch(index, step.offset % this.#shapes[index]!.length);
          break;
        case "call":
          this.#call(step);
          break;
        case "pending":
          this.#hooks.enter(1n);
          this.#spend();
          // Callbacks run below it, but it never dispatches itself.
          this.#steps(
            step.steps.filter(({ kind }) => kind !== "dispatch"),
            -1,
          );
          this.#spend();
          this.#hooks.leave(this.model.fuel);
          break;
        case "native":
          this.#native(step);
          break;
        case "moved":
          // Only where nothing runs can code be at another address afterwards.
          this.#hooks.generation();
          if (this.model.depth === 0) this.#base = 0x10000 + this.#next(4) * 0x100;
          break;
      }
    }
  }

  #dispatch(index: number, offset: number): void {
    const { model } = this;
    this.#hooks.dispatch(this.#code(index) + offset, model.fuel);
    model.slot = `${index}:${offset}`;
    model.at(model.slot).hits += 1n;
    this.#lastOffset = offset;
  }
  #lastOffset = 0;

  #callSite(): string {
    if (this.model.slot === null) return "";
    const [index, offset] = this.model.slot.split(":").map(Number) as [number, number];
    return this.#site(offset, index);
  }

  #call(step: Extract<Step, { kind: "call" }>): void {
    const { model } = this;
    const index = step.function % this.#shapes.length;
    const shape = this.#shapes[index]!;
    // One state for each invocation that is under way, as in the engine.
    const funcObj = BigInt(index) + 1000n * BigInt(model.depth + 1);
    this.#hooks.enter(funcObj);
    this.#spend();
    if (shape.hoists && !this.#hoisted.has(index)) {
      this.#hoisted.add(index);
      // The linking pass: its dispatches belong to whoever runs.
      this.#hooks.dispatch(this.#code(index), model.fuel);
      this.#spend();
      this.#hooks.dispatch(this.#code(index) + 1, model.fuel);
      this.#spend();
      this.#hooks.leave(model.fuel);
      return;
    }
    const resumed = shape.suspends && this.#suspended.has(funcObj) && step.offset % 3 === 0;
    const first = resumed ? 1 + (step.offset % (shape.length - 1)) : 0;
    const before = { slot: model.slot, path: model.path, lastOffset: this.#lastOffset };
    if (model.depth === 0 && model.started) {
      model.phases.jobs += model.phases.exit;
      model.phases.exit = 0n;
    }
    model.started = true;
    model.path = `${model.path}/${this.#callSite()}>${natives + index}`;
    model.node(model.path)[resumed ? "resumes" : "calls"] += 1n;
    model.depth += 1;
    model.maxDepth = Math.max(model.maxDepth, model.depth);
    model.events.push([model.path, model.fuel]);
    this.#own.push({ self: 0n, isNative: false });
    const earlier = this.#suspended.get(funcObj) ?? 0n;
    this.#dispatch(index, first);
    this.#steps(step.steps, index);
    this.#spend();
    const own = this.#own.pop()!.self;
    const last = Number(model.slot!.split(":")[1]);
    this.#hooks.leave(model.fuel);
    if (!shape.suspends) this.#completed(natives + index, own);
    else if (last % 2 === 0) {
      this.#completed(natives + index, own + (resumed ? earlier : 0n));
      this.#suspended.delete(funcObj);
    }
    model.events.push(["", model.fuel]);
    model.depth -= 1;
    Object.assign(model, { slot: before.slot, path: before.path });
    this.#lastOffset = before.lastOffset;
  }

  #native(step: Extract<Step, { kind: "native" }>): void {
    const { model } = this;
    const index = step.index % natives;
    const path = model.path;
    this.#hooks.enterNative(index, model.fuel);
    model.path = `${path}/${model.slot === null ? (model.started ? "gap" : "") : this.#callSite()}>${index}`;
    model.node(model.path).calls += 1n;
    model.events.push([model.path, model.fuel]);
    this.#own.push({ self: 0n, isNative: true });
    this.#spend();
    this.#steps(
      step.steps.filter(({ kind }) => kind !== "dispatch"),
      -1,
    );
    this.#completed(index, this.#own.pop()!.self);
    this.#hooks.leaveNative(model.fuel);
    model.events.push(["", model.fuel]);
    model.path = path;
  }

  #completed(id: number, own: bigint): void {
    this.model.perCall.set(id, [...(this.model.perCall.get(id) ?? []), own]);
  }
}

/** The recorder's nodes by the same paths as the model's. */
function nodesByPath(recorder: Recorder, shapes: readonly Shape[]) {
  const nodes = recorder.nodes();
  const paths: string[] = [];
  const merged = new Map<string, { self: bigint; calls: bigint; resumes: bigint }>();
  nodes.parent.forEach((parent, id) => {
    const caller = nodes.callFunction[id]!;
    const offset = nodes.callOffset[id]!;
    const shape = shapes[caller - natives];
    const site = caller < 0 || !shape ? "" : `${caller - natives}@${offset - (offset % shape.perLine)}`;
    paths[id] = parent < 0 ? "" : `${paths[parent]}/${site}>${nodes.function[id]}`;
    const node = merged.get(paths[id]!) ?? { self: 0n, calls: 0n, resumes: 0n };
    merged.set(paths[id]!, {
      self: node.self + nodes.self[id]!,
      calls: node.calls + nodes.calls[id]!,
      resumes: node.resumes + nodes.resumes[id]!,
    });
  });
  return { merged, paths };
}

function check(drive: Drive, shapes: readonly Shape[], keepsEvents: boolean): void {
  const { recorder, model } = drive;
  const slots = new Map<string, { fuel: bigint; hits: bigint }>();
  shapes.forEach((_, i) => {
    const { perCall } = recorder.counters(natives + i);
    const { offsets, fuel, hits } = codesOf(recorder, natives + i);
    offsets.forEach((offset, n) => {
      slots.set(`${i}:${offset}`, { fuel: fuel[n]!, hits: hits[n]! });
    });
    const values = [...(model.perCall.get(natives + i) ?? [])].sort((a, b) => (a < b ? -1 : 1));
    if (values.length === 0) {
      expect(perCall).toBeNull();
      return;
    }
    const distinct = new Set(values).size;
    expect(perCall).toMatchObject({ min: values[0], max: values.at(-1), approximate: distinct > 192 });
    const median = values[Math.ceil(values.length / 2) - 1]!;
    if (distinct <= 192) expect(perCall!.median).toBe(median);
    else expect(Math.abs(Number(perCall!.median - median))).toBeLessThanOrEqual(Number(median) / 16 + 1);
  });
  const used = [...model.slots].filter(([, { fuel, hits }]) => fuel > 0n || hits > 0n);
  expect(slots).toEqual(new Map(used));

  const { merged, paths } = nodesByPath(recorder, shapes);
  const expected = new Map<string, { self: bigint; calls: bigint; resumes: bigint }>();
  for (const [path, node] of model.nodes) {
    const key = path.replaceAll("gap>", ">");
    const had = expected.get(key) ?? { self: 0n, calls: 0n, resumes: 0n };
    expected.set(key, {
      self: had.self + node.self,
      calls: had.calls + node.calls,
      resumes: had.resumes + node.resumes,
    });
  }
  if (!expected.has("")) expected.set("", { self: 0n, calls: 0n, resumes: 0n });
  expect(merged).toEqual(expected);
  expect(recorder.phases()).toEqual(model.phases);
  expect(recorder.maxDepth).toBe(model.maxDepth);
  expect(recorder.stack()).toEqual([] satisfies CodePlace[]);

  const all = [...slots.values()].reduce((sum, { fuel }) => sum + fuel, 0n);
  const { startup, jobs, exit } = recorder.phases();
  expect(all + startup + jobs + exit).toBe(model.fuel);
  const events = recorder.events();
  if (!keepsEvents) return;
  expect([...events!.node].map((id, i) => [id < 0 ? "" : paths[id], events!.fuel[i]])).toEqual(
    model.events.map(([path, fuel]) => [path.replaceAll("gap>", ">"), fuel]),
  );
}

const shapes = fc.array(
  fc.record({
    length: fc.integer({ min: 2, max: 200 }),
    perLine: fc.integer({ min: 1, max: 20 }),
    suspends: fc.boolean(),
    hoists: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 12 }),
  step: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.record({ kind: fc.constant("dispatch" as const), offset: fc.nat(1000) }),
    fc.record({ kind: fc.constant("moved" as const) }),
    fc.record({
      kind: fc.constant("call" as const),
      function: fc.nat(10),
      offset: fc.nat(1000),
      steps: tie("steps"),
    }),
    fc.record({ kind: fc.constant("pending" as const), steps: tie("steps") }),
    fc.record({ kind: fc.constant("native" as const), index: fc.nat(10), steps: tie("steps") }),
  ),
}));

describe("the collector keeps the charging rule", () => {
  test("on random runs", () => {
    fc.assert(
      fc.property(shapes, steps, fc.nat(), (some, run, seed) => {
        const drive = new Drive(some, seed, 1_000_000);
        drive.run(run);
        check(drive, some, true);
      }),
      { numRuns: 300 },
    );
  });

  const plain = { perLine: 4, suspends: false, hoists: false };

  test("when the tables and the events grow, and values become buckets", () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ ...plain, length: 60 + i }));
    const drive = new Drive(many, 7, 10_000_000);
    const dispatches: Step[] = [3, 9, 14].map((offset) => ({ kind: "dispatch", offset }));
    let deep: Step[] = dispatches;
    for (let i = 0; i < 600; i++) deep = [{ kind: "call", function: i % 40, offset: i, steps: deep }];
    const wide = Array.from(
      { length: 5000 },
      (_, i): Step => ({ kind: "call", function: i % 40, offset: i, steps: dispatches }),
    );
    drive.run([...wide, ...deep, { kind: "moved" }, ...wide]);
    check(drive, many, false);
    expect(drive.recorder.events()!.node.length).toBe(drive.model.events.length);
    expect(drive.recorder.counters(natives).perCall!.approximate).toBe(true);
  });

  test("events past the limit are dropped as a whole, the counters stay", () => {
    const drive = new Drive([{ ...plain, length: 10 }], 3, 3);
    drive.run([1, 2, 3].map((offset): Step => ({ kind: "call", function: 0, offset, steps: [] })));
    expect(drive.recorder.events()).toBeNull();
    check(drive, [{ ...plain, length: 10 }], false);
  });
});

test("a recursion of any depth: the stack grows and comes back", () => {
  const depth = 10_000;
  const recorder = new Recorder({ resolve: () => ({ id: 0, code: 100 }), invocation: () => null }, 0, 0);
  recorder.addFunction(0, 50, {});
  const { enter, dispatch, leave } = recorder.hooks as unknown as {
    enter: (funcObj: bigint) => void;
    dispatch: (pc: number, fuel: bigint) => void;
    leave: (fuel: bigint) => void;
  };
  let fuel = 0n;
  for (let i = 0; i < depth; i++) {
    enter(1n);
    dispatch(100, (fuel += 1n));
    dispatch(107, (fuel += 2n));
  }
  expect(recorder.stack().length).toBe(depth);
  for (let i = 0; i < depth; i++) leave((fuel += 3n));
  recorder.finish((fuel += 4n));
  expect(recorder.maxDepth).toBe(depth);
  expect(recorder.stack()).toEqual([]);
  const { offsets, fuel: spent, hits } = codesOf(recorder, 0);
  expect([...offsets]).toEqual([0, 7]);
  expect([...hits]).toEqual([BigInt(depth), BigInt(depth)]);
  const { startup, exit } = recorder.phases();
  expect([startup, exit]).toEqual([1n, 4n]);
  expect([...spent].reduce((sum, one) => sum + one, 0n) + 5n).toBe(fuel);
});

test("where a run stops, the open activations are known", () => {
  const recorder = new Recorder(
    { resolve: (pc) => ({ id: pc >= 300 ? 1 : 0, code: pc >= 300 ? 300 : 100 }), invocation: () => null },
    10,
    0,
  );
  recorder.addFunction(0, 50, {});
  recorder.addFunction(1, 50, {});
  const { enter, dispatch } = recorder.hooks as unknown as {
    enter: (o: bigint) => void;
    dispatch: (pc: number, fuel: bigint) => void;
  };
  enter(1n);
  dispatch(100, 10n);
  dispatch(107, 20n);
  enter(2n);
  enter(3n);
  dispatch(300, 30n);
  dispatch(312, 40n);
  enter(4n);
  expect(recorder.stack()).toEqual([
    { function: 1, offset: 12 },
    { function: 0, offset: 7 },
  ]);
});

test("the rest: functions that are not told apart have one slot, wherever their code is", () => {
  const codeOf = (pc: number) => pc - (pc % 100);
  const recorder = new Recorder(
    { resolve: (pc) => ({ id: pc < 200 ? 0 : 1, code: codeOf(pc) }), invocation: () => null },
    100,
    0,
  );
  recorder.addFunction(0, 50, {});
  recorder.addRest(1);
  const { enter, dispatch, leave } = recorder.hooks as unknown as {
    enter: (o: bigint) => void;
    dispatch: (pc: number, fuel: bigint) => void;
    leave: (fuel: bigint) => void;
  };
  enter(1n);
  dispatch(100, 10n);
  for (const [code, fuel] of [
    [300, 20n],
    [900, 40n],
  ] as const) {
    enter(2n);
    dispatch(code, fuel);
    dispatch(code + 7, fuel + 5n);
    // one of the others calls another, and the known one
    enter(3n);
    dispatch(code + 100, fuel + 6n);
    enter(1n);
    dispatch(100, fuel + 7n);
    dispatch(120, fuel + 9n);
    leave(fuel + 10n);
    dispatch(code + 103, fuel + 11n);
    leave(fuel + 12n);
    dispatch(code + 9, fuel + 14n);
    leave(fuel + 15n);
    dispatch(110, fuel + 16n);
  }
  leave(60n);
  recorder.finish(60n);
  const rest = codesOf(recorder, 1);
  expect([...rest.offsets]).toEqual([0]);
  // by hand: of each of the two, 5 + 1 to the first call, 1 to the second, 2 behind it, 2 and 1 to the end
  expect([...rest.fuel, ...rest.hits]).toEqual([24n, 10n]);
  const { self, calls, function: id } = recorder.nodes();
  const ofRest = [...id.keys()].filter((node) => id[node] === 1);
  // two lines that call one, which calls another
  expect(ofRest.map((node) => calls[node])).toEqual([1n, 1n, 1n, 1n]);
  expect(ofRest.reduce((sum, node) => sum + self[node]!, 0n)).toBe(24n);
  // figures of single calls would be those of different functions
  expect(recorder.counters(1).perCall).toBeNull();
  expect(recorder.counters(0).perCall).not.toBeNull();
  const known = codesOf(recorder, 0);
  expect([...known.fuel].reduce((sum, one) => sum + one, 24n + 10n)).toBe(60n);
});
