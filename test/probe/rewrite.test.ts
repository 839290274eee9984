/**
 * The rewriter on small modules, one property each: probes get what stands at their site, every way out meets the
 * exit probes, indices are right after they moved, checks can stop a program, and modules that Node 20 cannot run
 * stay valid. That counts are exact on programs of every shape is for test/fuzz.
 */
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/bytes.ts";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { modelNamed } from "../../src/fuel/models.ts";
import type { Action, Hook, ProbeArgument } from "../../src/probe/action.ts";
import {
  type FunctionProbes,
  type Meter,
  meterNames,
  type Plan,
  type SiteProbe,
} from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { sitesOf } from "../../src/probe/sites.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { encodeModule, entry } from "../../src/wasm/encode.ts";
import { functionNames } from "../../src/wasm/names.ts";
import { F32, F64, I32, I64, type Module, type ValType } from "../../src/wasm/types.ts";
import { assemble, everything, forV8, isValid } from "../support/binaryen.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports as Exports;
}

function meter(mode: Meter["mode"] = "run", more: Partial<Meter> = {}): Meter {
  return { model: modelNamed("wasmtime-50"), mode, globals: { kind: "define" }, checks: false, ...more };
}

const fuelOf = (exports: Exports) =>
  Number((exports[meterNames.counter] as unknown as WebAssembly.Global).value);

/** Absolute offsets of the instructions of that name in function `index`. */
const offsetsOf = (module: Module, name: string, index = module.importedFunctions): number[] =>
  sitesOf(module, index, (site) => site.name === name).map(({ offset }) => offset);

/** Runs `f` with one probe at each `name` instruction of the first function; gives the arguments of each call. */
function observe(
  wat: string,
  at: string,
  when: SiteProbe["when"],
  args: readonly (readonly [ValType, ProbeArgument])[],
  call: readonly unknown[] = [],
  how: Meter | undefined = meter(),
): unknown[][] {
  const module = assemble(wat);
  const offsets = offsetsOf(module, at);
  if (offsets.length === 0) throw new Error(`no ${at}`);
  const probe: SiteProbe = { when, hook: 0, arguments: args.map(([, argument]) => argument) };
  const bytes = rewrite(module, {
    hooks: [{ module: "javy_prof", name: "seen", params: args.map(([type]) => type) }],
    functions: new Map([
      [module.importedFunctions, { sites: new Map(offsets.map((offset) => [offset, [probe]])) }],
    ]),
    ...(how ? { meter: how } : {}),
  });
  const rows: unknown[][] = [];
  const exports = instantiate(bytes, {
    javy_prof: { seen: (...row: unknown[]) => void rows.push(row) },
    host: { twice: (x: number) => 2 * x },
  });
  try {
    exports["f"]!(...call);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
  return rows;
}

const operand = (index: number): ProbeArgument => ({ kind: "operand", index });
const result = (index: number): ProbeArgument => ({ kind: "result", index });
const immediate = (index: number): ProbeArgument => ({ kind: "immediate", index });
const address: ProbeArgument = { kind: "effectiveAddress" };
const fuel: ProbeArgument = { kind: "fuel" };

describe("site probes", () => {
  test("operands, topmost first, of every number type", () => {
    const wat = (type: string, op: string) =>
      `(module (func (export "f") (drop (${op} (${type}.const 7) (${type}.const 2)))))`;
    expect(
      observe(wat("i32", "i32.sub"), "i32.sub", "before", [
        [I32, operand(0)],
        [I32, operand(1)],
      ]),
    ).toEqual([[2, 7]]);
    expect(observe(wat("i64", "i64.lt_s"), "i64.lt_s", "before", [[I64, operand(1)]])).toEqual([[7n]]);
    expect(observe(wat("f32", "f32.div"), "f32.div", "before", [[F32, operand(0)]])).toEqual([[2]]);
    expect(observe(wat("f64", "f64.div"), "f64.div", "after", [[F64, result(0)]])).toEqual([[3.5]]);
  });

  test("operands are put back in their order", () => {
    const module = assemble(`(module (memory (export "memory") 1)
      (func (export "f") (param i32 i64) (i64.store offset=4 (local.get 0) (local.get 1))))`);
    const [at] = offsetsOf(module, "i64.store");
    const probe: SiteProbe = { when: "before", hook: 0, arguments: [operand(0), operand(1)] };
    const bytes = rewrite(module, {
      hooks: [{ module: "h", name: "h", params: [I64, I32] }],
      functions: new Map([[0, { sites: new Map([[at!, [probe, probe]]]) }]]),
    });
    const rows: unknown[] = [];
    const exports = instantiate(bytes, { h: { h: (...row: unknown[]) => void rows.push(row) } });
    exports["f"]!(16, 99n);
    const memory = new DataView((exports["memory"] as unknown as WebAssembly.Memory).buffer);
    expect(memory.getBigInt64(20, true)).toBe(99n);
    expect(rows).toEqual([
      [99n, 16],
      [99n, 16],
    ]);
  });

  test("calls: arguments, results, also several", () => {
    const wat = `(module (import "host" "twice" (func $twice (param i32) (result i32)))
      (func (export "f") (drop (call $twice (i32.const 21)))))`;
    expect(
      observe(wat, "call", "before", [
        [I32, operand(0)],
        [I32, immediate(0)],
      ]),
    ).toEqual([[21, 0]]);
    expect(observe(wat, "call", "after", [[I32, result(0)]])).toEqual([[42]]);
    const indirect = `(module (table funcref (elem $g)) (type $t (func (param i32 i64)))
      (func (export "f") (call_indirect (type $t) (i32.const 4) (i64.const 5) (i32.const 0)))
      (func $g (type $t)))`;
    expect(
      observe(indirect, "call_indirect", "before", [
        [I32, operand(0)],
        [I64, operand(1)],
        [I32, operand(2)],
      ]),
    ).toEqual([[0, 5n, 4]]);
  });

  test("locals and globals", () => {
    const wat = `(module (global $g (mut f64) (f64.const 1))
      (func (export "f") (param i32) (local i64 f32)
        (local.set 1 (i64.const 8)) (local.set 2 (f32.const 0.5)) (global.set $g (f64.const 2.5))))`;
    expect(observe(wat, "global.set", "before", [[F64, operand(0)]])).toEqual([[2.5]]);
    const module = assemble(wat);
    const [first, second] = offsetsOf(module, "local.set");
    const rows: unknown[] = [];
    const bytes = rewrite(module, {
      hooks: [
        { module: "h", name: "long", params: [I64] },
        { module: "h", name: "float", params: [F32] },
      ],
      functions: new Map([
        [
          0,
          {
            sites: new Map([
              [first!, [{ when: "before", hook: 0, arguments: [operand(0)] } as const]],
              [second!, [{ when: "before", hook: 1, arguments: [operand(0)] } as const]],
            ]),
          },
        ],
      ]),
    });
    const seen = (value: unknown) => void rows.push(value);
    instantiate(bytes, { h: { long: seen, float: seen } })["f"]!(0);
    expect(rows).toEqual([8n, 0.5]);
  });

  test("immediates of every kind", () => {
    const wat = (code: string) => `(module (memory 1) (func (export "f") ${code}))`;
    expect(observe(wat("(drop (i32.const -5))"), "i32.const", "before", [[I32, immediate(0)]])).toEqual([
      [-5],
    ]);
    expect(
      observe(wat("(drop (i64.const -6000000000))"), "i64.const", "before", [[I64, immediate(0)]]),
    ).toEqual([[-6000000000n]]);
    expect(
      observe(
        wat("(drop (i64.load16_u offset=3000000000 align=1 (i32.const 0)))"),
        "i64.load16_u",
        "before",
        [
          [I32, immediate(0)],
          [I32, immediate(1)],
          [I64, immediate(2)],
        ],
      ),
    ).toEqual([[0, 0, 3000000000n]]);
  });

  test("the effective address is operand plus offset, also of stores and beyond 2^31", () => {
    const wat = `(module (memory 1) (func (export "f") (param i32)
      (i32.store8 offset=7 (local.get 0) (i32.const 3)) (drop (i32.load offset=3000000000 (local.get 0)))))`;
    expect(observe(wat, "i32.store8", "before", [[I32, address]], [100])).toEqual([[107]]);
    expect(observe(wat, "i32.load", "before", [[I32, address]], [1])).toEqual([[3000000001 | 0]]);
  });

  test("fuel before and after an instruction", () => {
    // 1 entry, 1 local.get | 1 i32.eqz.
    const wat = `(module (func (export "f") (param i32) (drop (i32.eqz (local.get 0)))))`;
    for (const mode of ["run", "instruction"] as const) {
      expect(observe(wat, "i32.eqz", "before", [[I64, fuel]], [1], meter(mode))).toEqual([[2n]]);
      expect(observe(wat, "i32.eqz", "after", [[I64, fuel]], [1], meter(mode))).toEqual([[3n]]);
    }
  });

  test("after a conditional branch that is not taken, after an if that is, after else", () => {
    const wat = `(module (func (export "f") (param i32)
      (block $b (br_if $b (local.get 0)) (if (i32.eqz (local.get 0)) (then (nop)) (else (nop))))))`;
    expect(observe(wat, "br_if", "after", [[I64, fuel]], [0])).toEqual([[3n]]);
    expect(observe(wat, "br_if", "after", [[I64, fuel]], [1])).toEqual([]);
    expect(observe(wat, "if", "after", [[I64, fuel]], [0])).toEqual([[6n]]);
    const returning = `(module (func (export "f") (param i32)
      (if (local.get 0) (then (return)) (else (call $g)))) (func $g))`;
    expect(observe(returning, "else", "after", [[I64, fuel]], [1])).toEqual([]);
    expect(observe(returning, "else", "after", [[I64, fuel]], [0])).toEqual([[3n]]);
  });

  test("a probe after the last end is at no place", () => {
    const wat = `(module (func (export "f")))`;
    expect(observe(wat, "end", "before", [[I64, fuel]])).toEqual([[1n]]);
    expect(observe(wat, "end", "after", [[I64, fuel]])).toEqual([]);
  });

  test("none in code that cannot be reached", () => {
    const module = assemble(`(module (func (export "f") (result i32) (return (i32.const 1))))`);
    const dead = [0x00, 0x01, 0x0b];
    // f: i32.const 1, return, then nop in code that cannot be reached.
    const body = entry((w) => {
      w.leb(1);
      w.sized(Uint8Array.from([0, 0x41, 1, 0x0f, ...dead.slice(1, 2), 0x00, 0x0b]));
    });
    const code = module.sections.find(({ id }) => id === 10)!;
    const edited = decodeModule(encodeModule(module, new Map([[code, body]])));
    const [nop] = offsetsOf(edited, "nop");
    const bytes = rewrite(edited, {
      hooks: [{ module: "h", name: "h", params: [] }],
      functions: new Map([[0, { sites: new Map([[nop!, [{ when: "before", hook: 0, arguments: [] }]]]) }]]),
    });
    const fail = () => {
      throw new Error("reached");
    };
    expect(instantiate(bytes, { h: { h: fail } })["f"]!()).toBe(1);
  });

  test.each<[string, ProbeArgument]>([
    ["operand 3 of i32.add, which has 2", operand(3)],
    ["an effective address of i32.add", address],
    ["immediate 0 where there is none", immediate(0)],
  ])("refuses %s", (_, argument) => {
    const wat = `(module (func (export "f") (drop (i32.add (i32.const 1) (i32.const 2)))))`;
    expect(() => observe(wat, "i32.add", "before", [[I32, argument]])).toThrow(Diagnostic);
  });

  test("refuses fuel without a meter", () => {
    const module = assemble(`(module (func (export "f")))`);
    const plan: Plan = {
      hooks: [{ module: "h", name: "h", params: [I64] }],
      functions: new Map([[0, { entry: [{ hook: 0, arguments: [fuel] }] }]]),
    };
    expect(() => rewrite(module, plan)).toThrow(Diagnostic);
  });
});

describe("every way out meets the exit probes", () => {
  const hooks: Hook[] = ["enter", "leave"].map((name) => ({ module: "h", name, params: [I32, I64] }));
  const probe = (hook: number, index: number): Action => ({
    hook,
    arguments: [{ kind: "const", type: I32, value: index }, fuel],
  });
  const frames = (index: number): FunctionProbes => ({ entry: [probe(0, index)], exit: [probe(1, index)] });

  /** Calls `f` and gives the entries (+index) and exits (-index), index from 1, with the result. */
  function trace(wat: string, ...args: unknown[]) {
    const module = assemble(wat);
    const bytes = rewrite(module, { hooks, functions: new Map(), everywhere: frames, meter: meter() });
    const rows: number[] = [];
    const at: bigint[] = [];
    const note = (sign: number) => (index: number, fuel: bigint) => {
      rows.push(sign * (index + 1));
      at.push(fuel);
    };
    const exports = instantiate(bytes, { h: { enter: note(1), leave: note(-1) } });
    const result = exports["f"]!(...args);
    // What the last exit saw is all there is.
    expect(Number(at.at(-1))).toBe(fuelOf(exports));
    expect(result).toEqual(instantiate(module.bytes)["f"]!(...args));
    return { rows, result };
  }

  test.each<[string, string, unknown]>([
    ["falling off the end", `(func (export "f") (result i32) (i32.const 5))`, 5],
    ["no result", `(func (export "f"))`, undefined],
    ["return", `(func (export "f") (result i32) (return (i32.const 5)))`, 5],
    [
      "return from deep inside",
      `(func (export "f") (result i32)
        (block (loop (if (i32.const 1) (then (return (i32.const 6)))))) (i32.const 7))`,
      6,
    ],
    [
      "br to the outermost label",
      `(func (export "f") (result i32) (block (br 1 (i32.const 8))) (i32.const 9))`,
      8,
    ],
    [
      "br_if to the outermost label, taken",
      `(func (export "f") (result i32) (br_if 0 (i32.const 3) (i32.const 1)))`,
      3,
    ],
    [
      "br_if to the outermost label, not taken",
      `(func (export "f") (result i32) (br_if 0 (i32.const 3) (i32.const 0)))`,
      3,
    ],
    [
      "br_table to the outermost label",
      `(func (export "f") (result i32)
        (block $a (result i32) (br_table $a 1 (i32.const 4) (i32.const 1))) (drop) (i32.const 0))`,
      4,
    ],
    ["several results", `(func (export "f") (result i32 i64) (return (i32.const 1) (i64.const 2)))`, [1, 2n]],
    [
      "br_if with several results",
      `(func (export "f") (result i32 f64)
        (br_if 0 (tuple.make 2 (i32.const 1) (f64.const 2)) (i32.const 1)))`,
      [1, 2],
    ],
  ])("%s", (_, func, expected) => {
    const { rows, result } = trace(`(module ${func})`);
    expect(rows).toEqual([1, -1]);
    expect(result).toEqual(expected);
  });

  test("calls and tail calls: a tail call leaves before it enters", () => {
    const callee = `(func $g (param i32) (result i32) (local.get 0))`;
    expect(trace(`(module (func (export "f") (result i32) (call $g (i32.const 3))) ${callee})`).rows).toEqual(
      [1, 2, -2, -1],
    );
    expect(
      trace(`(module (func (export "f") (result i32) (return_call $g (i32.const 3))) ${callee})`).rows,
    ).toEqual([1, -1, 2, -2]);
    expect(
      trace(`(module (type $t (func (param i32) (result i32))) (table funcref (elem $g))
        (func (export "f") (result i32) (return_call_indirect (type $t) (i32.const 3) (i32.const 0))) ${callee})`)
        .rows,
    ).toEqual([1, -1, 2, -2]);
  });

  test("entry probes get the parameters as the caller passed them", () => {
    const module = assemble(`(module (func (export "f") (param i64) (local.set 0 (i64.const 0))))`);
    const rows: unknown[] = [];
    const bytes = rewrite(module, {
      hooks: [{ module: "h", name: "h", params: [I64] }],
      functions: new Map([[0, { entry: [{ hook: 0, arguments: [{ kind: "local", index: 0 }] }] }]]),
    });
    instantiate(bytes, { h: { h: (value: unknown) => void rows.push(value) } })["f"]!(77n);
    expect(rows).toEqual([77n]);
  });

  test("a trap leaves without", () => {
    const module = assemble(`(module (func (export "f") (unreachable)))`);
    const bytes = rewrite(module, { hooks, functions: new Map(), everywhere: frames, meter: meter() });
    const rows: number[] = [];
    const exports = instantiate(bytes, {
      h: { enter: () => rows.push(1), leave: () => rows.push(-1) },
    });
    expect(() => exports["f"]!()).toThrow(WebAssembly.RuntimeError);
    expect(rows).toEqual([1]);
  });
});

describe("indices that moved", () => {
  const wat = `(module
    (import "host" "h" (func $h (param i32) (result i32)))
    (import "host" "base" (global $base i32))
    (memory (export "memory") 1)
    (global $started (export "started") (mut i32) (i32.const 0))
    (global $copy i32 (global.get $base))
    (global $ref funcref (ref.func $two))
    (table $t (export "table") 8 funcref)
    (elem (i32.const 0) $h $one)
    (elem $passive func $two)
    (elem (table $t) (i32.const 2) funcref (ref.func $two) (ref.null func))
    (data (i32.const 4) "data")
    (func $start (global.set $started (i32.add (global.get $copy) (i32.const 1))))
    (func $one (param i32) (result i32) (call $h (local.get 0)))
    (func $two (export "two") (param i32) (result i32) (call $one (local.get 0)))
    (func $three (export "f") (param i32) (result i32)
      (table.init $t $passive (i32.const 4) (i32.const 0) (i32.const 1))
      (table.set $t (i32.const 5) (ref.func $one))
      (i32.add (call $two (local.get 0))
        (i32.add (call_indirect (param i32) (result i32) (local.get 0) (i32.const 4))
          (global.get $base))))
    (start $start))`;
  const host = { h: (x: number) => x * 10, base: 5 };

  function check(how: Meter | undefined, hooks: number, imports: WebAssembly.Imports): Exports {
    const module = assemble(wat);
    const plan: Plan = {
      hooks: Array.from({ length: hooks }, (_, i) => ({ module: "h", name: `hook${i}`, params: [] })),
      functions: new Map(),
      ...(how ? { meter: how } : {}),
    };
    const bytes = rewrite(module, plan);
    expect(isValid(bytes)).toBe(true);
    const original = instantiate(module.bytes, { host });
    const exports = instantiate(bytes, { host, ...imports });
    expect(exports["f"]!(3)).toBe(original["f"]!(3));
    expect(exports["f"]!(3)).toBe(65);
    expect((exports["started"] as unknown as WebAssembly.Global).value).toBe(6);
    const table = exports["table"] as unknown as WebAssembly.Table;
    const called = Array.from({ length: 8 }, (_, i) => table.get(i)?.(2) ?? null);
    expect(called).toEqual([20, 20, 20, null, 20, 20, null, null]);
    expect(Object.keys(exports).filter((name) => !name.startsWith("javy_prof."))).toEqual(
      Object.keys(original),
    );
    return exports;
  }

  test("by hooks, by the tick, by the meter's globals", () => {
    const hook = { h: { hook0: () => {}, hook1: () => {} } };
    const i64 = () => new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
    const meterGlobals = { [meterNames.counter]: i64(), [meterNames.limit]: i64() };
    check(undefined, 2, hook);
    check(meter(), 0, {});
    check(meter("run", { checks: true }), 2, { ...hook, javy_prof: { tick: () => {} } });
    check(meter("instruction", { globals: { kind: "import", module: "there" } }), 1, {
      ...hook,
      there: meterGlobals,
    });
    expect(Number(meterGlobals[meterNames.counter]!.value)).toBeGreaterThan(20);
  });

  test("names follow their functions and globals", () => {
    const text = binaryen.parseText(wat);
    text.setFeatures(forV8);
    binaryen.setDebugInfo(true);
    const module = decodeModule(text.emitBinary());
    binaryen.setDebugInfo(false);
    text.dispose();
    const before = functionNames(module);
    expect(before.size).toBe(5);
    const after = functionNames(
      decodeModule(
        rewrite(module, {
          hooks: [{ module: "h", name: "h", params: [] }],
          functions: new Map(),
          meter: meter("run", { globals: { kind: "import", module: "m" } }),
        }),
      ),
    );
    expect([...after].map(([index, name]) => [index === 0 ? 0 : index - 1, name])).toEqual([...before]);
  });

  test("a damaged name section does not stop the rewriter", () => {
    const module = assemble(`(module (func (export "f") (result i32) (i32.const 3)))`);
    const custom = entry((w: ByteWriter) => {
      w.name("name");
      // A subsection of function names that claims more than there is.
      for (const byte of [1, 3, 200, 1, 0]) w.u8(byte);
    });
    const w = new ByteWriter();
    w.copy(encodeModule(module));
    w.u8(0);
    w.sized(custom);
    const damaged = decodeModule(w.finish());
    expect(WebAssembly.validate(damaged.bytes as BufferSource)).toBe(true);
    const bytes = rewrite(damaged, { hooks: [{ module: "h", name: "h", params: [] }], functions: new Map() });
    expect(instantiate(bytes, { h: { h: () => {} } })["f"]!()).toBe(3);
  });

  test("custom sections stay, but for those about code offsets", () => {
    const module = assemble(`(module (func (export "f")))`);
    const w = new ByteWriter();
    w.copy(module.bytes);
    for (const name of ["mine", "metadata.code.branch_hint"]) {
      w.u8(0);
      w.sized(entry((inner) => inner.name(name)));
    }
    const names = (one: Module) => one.sections.filter(({ id }) => id === 0).map(({ name }) => name);
    const with2 = decodeModule(w.finish());
    const rest = names(module);
    expect(names(with2)).toEqual([...rest, "mine", "metadata.code.branch_hint"]);
    expect(names(decodeModule(rewrite(with2, { hooks: [], functions: new Map(), meter: meter() })))).toEqual([
      ...rest,
      "mine",
    ]);
  });

  test("a module that is metered already is refused", () => {
    const once = rewrite(assemble(`(module (func (export "f")))`), {
      hooks: [],
      functions: new Map(),
      meter: meter(),
    });
    expect(() => rewrite(decodeModule(once), { hooks: [], functions: new Map(), meter: meter() })).toThrow(
      "already instrumented",
    );
  });

  test("without probes and a meter nothing changes", () => {
    const module = assemble(wat);
    expect(rewrite(module, { hooks: [], functions: new Map() })).toEqual(module.bytes);
  });
});

describe("the fuel of a grow that fails", () => {
  /** [code, wasmtime 48.0.0, wasmtime 50.0.1], measured; f has one i32 parameter, given `n`. */
  const memory = "(drop (memory.grow (local.get 0)))";
  const table = "(drop (table.grow (ref.null func) (local.get 0)))";
  // biome-ignore format: a table
  test.each([
    [memory, 2, 3, 5], [memory, 17, 3, 20], [memory, 60, 3, 3], [memory, 1000, 3, 3], [memory, -1, 3, 3],
    [table, 2, 6, 6], [table, 16, 20, 20], [table, 17, 21, 4], [table, 1000, 1004, 4], [table, -1, 4294967299, 4],
    ["(drop (memory.grow (i32.const 100)))", 0, 3, 103], ["(drop (memory.grow (i32.const 128)))", 0, 3, 131],
    ["(drop (memory.grow (i32.const 129)))", 0, 3, 3], ["(drop (memory.grow (i32.const -1)))", 0, 3, 3],
    ["(drop (table.grow (ref.null func) (i32.const 17)))", 0, 21, 21], ["(drop (table.grow (ref.null func) (i32.const 200)))", 0, 204, 4],
  ])("%s of %i", (code, n, bulk, grow) => {
    const module = assemble(`(module (memory 1 60) (table 4 20 funcref) (func (export "f") (param i32) ${code}))`);
    for (const [version, expected] of [["wasmtime-48", bulk], ["wasmtime-50", grow]] as const) {
      for (const mode of ["run", "instruction"] as const) {
        const how = meter(mode, { model: modelNamed(version) });
        const exports = instantiate(rewrite(module, { hooks: [], functions: new Map(), meter: how }));
        exports["f"]!(n);
        expect(fuelOf(exports), `${version}, ${mode}`).toBe(expected);
      }
    }
  });
});

describe("checks", () => {
  const stop = new Error("stop");

  function limited(
    wat: string,
    limit: bigint,
    tick: (exports: Exports) => void,
    mode: Meter["mode"] = "run",
  ) {
    const bytes = rewrite(assemble(wat), {
      hooks: [],
      functions: new Map(),
      meter: meter(mode, { checks: true }),
    });
    const exports: Exports = instantiate(bytes, { javy_prof: { tick: () => tick(exports) } });
    setLimit(exports, limit);
    return exports;
  }
  const setLimit = (exports: Exports, limit: bigint) => {
    (exports[meterNames.limit] as unknown as WebAssembly.Global).value = limit;
  };

  const forever = {
    "a loop": `(module (func (export "f") (loop $l (br $l))))`,
    "a loop that branches on a condition": `(module (func (export "f") (loop $l (br_if $l (i32.const 1)))))`,
    "a recursion": `(module (func $f (export "f") (call $f)))`,
    "a tail recursion": `(module (func $f (export "f") (return_call $f)))`,
    "an indirect recursion": `(module (type $t (func)) (table funcref (elem $f))
      (func $f (export "f") (call_indirect (type $t) (i32.const 0))))`,
  };
  test.each(Object.entries(forever))("%s without end is stopped", (_, wat) => {
    for (const mode of ["run", "instruction"] as const) {
      const exports = limited(
        wat,
        1000n,
        () => {
          throw stop;
        },
        mode,
      );
      expect(() => exports["f"]!()).toThrow(stop);
      expect(fuelOf(exports)).toBeGreaterThan(1000);
      expect(fuelOf(exports)).toBeLessThan(1010);
    }
  });

  test("the limit can be raised, and the count is up to date in the tick", () => {
    const wat = `(module (func (export "f") (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))`;
    const at: number[] = [];
    const exports = limited(wat, 100n, (self) => {
      at.push(fuelOf(self));
      setLimit(self, BigInt(fuelOf(self) + 100));
    });
    expect(exports["f"]!(200)).toBe(0);
    // 1 entry, 5 a turn, 1 at the end; each tick at the first header past the limit.
    expect(fuelOf(exports)).toBe(1 + 200 * 5 + 1);
    expect(at).toEqual([101, 206, 311, 416, 521, 626, 731, 836, 941]);
  });

  test("below the limit no tick", () => {
    const exports = limited(forever["a recursion"].replace("(call $f)", ""), 1000n, () => {
      throw stop;
    });
    for (let i = 0; i < 900; i++) exports["f"]!();
    expect(fuelOf(exports)).toBe(900);
  });
});

describe("modules that Node 20 cannot run stay valid", () => {
  test.each([
    [
      "memory64",
      `(module (memory i64 1) (func (export "f") (param i64) (result i64)
        (memory.fill (local.get 0) (i32.const 1) (i64.const 5)) (memory.copy (local.get 0) (i64.const 0) (i64.const 5))
        (drop (i32.load offset=5000000000 (local.get 0))) (memory.grow (local.get 0))))`,
    ],
    [
      "several memories",
      `(module (memory $a 1) (memory $b 1) (data $d "abc") (func (export "f")
        (memory.copy $a $b (i32.const 0) (i32.const 0) (i32.const 9)) (memory.init $b $d (i32.const 0) (i32.const 0) (i32.const 3))
        (drop (memory.grow $b (i32.const 1))) (drop (i32.load $b offset=3 (i32.const 0)))))`,
    ],
    [
      "table64",
      `(module (table $t i64 3 9 funcref) (func (export "f")
        (table.fill $t (i64.const 0) (ref.null func) (i64.const 2)) (drop (table.grow $t (ref.null func) (i64.const 2)))))`,
    ],
    [
      "typed references",
      `(module (type $t (func (param i32) (result i32))) (elem declare func $g)
        (func $g (type $t) (local.get 0))
        (func (export "f") (param (ref null $t)) (result (ref null $t)) (local (ref null $t))
          (block $b (result (ref $t)) (br_on_non_null $b (local.get 0)) (return (ref.null $t)))
          (local.set 1) (drop (call_ref $t (i32.const 1) (ref.func $g)))
          (if (ref.is_null (local.get 1)) (then (return (local.get 1)))) (local.get 1)))`,
    ],
    [
      "garbage collection",
      `(module (rec (type $a (sub (struct (field (mut i32)) (field (ref null $b))))) (type $b (array (mut i8))))
        (func $g (export "f") (param anyref) (result (ref null $a) (ref null $b)) (local $s (ref null $a))
          (local.set $s (struct.new $a (i32.const 1) (array.new_fixed $b 2 (i32.const 1) (i32.const 2))))
          (block $l (result (ref $a)) (drop (br_on_cast $l anyref (ref $a) (local.get 0))) (return (local.get $s) (ref.null $b)))
          (drop) (struct.set $a 0 (local.get $s) (i32.const 5))
          (return_call $g (local.get 0))))`,
    ],
    [
      "exceptions",
      `(module (tag $e (param i32)) (func $g (throw $e (i32.const 1)))
        (func (export "f") (result i32) (block $b (result i32) (try_table (catch $e $b) (call $g)) (i32.const 1))))`,
    ],
    [
      "exception references",
      `(module (tag $e) (func $g (throw $e))
        (func (export "f") (local exnref) (block $b (result exnref) (try_table (catch_all_ref $b) (call $g)) (return))
          (local.set 0) (throw_ref (local.get 0))))`,
    ],
    [
      "shared memory and atomics",
      `(module (memory 1 2 shared) (func (export "f") (result i32)
        (atomic.fence) (drop (i32.atomic.rmw.add offset=4 (i32.const 0) (i32.const 2)))
        (memory.atomic.notify (i32.const 0) (i32.const 1))))`,
    ],
  ])("%s", (_, wat) => {
    const module = assemble(wat, everything);
    const frames: FunctionProbes = {
      entry: [{ hook: 0, arguments: [fuel] }],
      exit: [{ hook: 0, arguments: [fuel] }],
    };
    for (const mode of ["run", "instruction"] as const) {
      for (const checks of [false, true]) {
        const bytes = rewrite(module, {
          hooks: [{ module: "h", name: "h", params: [I64] }],
          functions: new Map(),
          everywhere: () => frames,
          meter: meter(mode, { checks }),
        });
        expect(isValid(bytes), `${mode}, checks ${checks}`).toBe(true);
      }
    }
  });

  test("probes on 64-bit addresses get i64", () => {
    const module = assemble(`(module (memory i64 1) (func (export "f")
      (drop (i32.load offset=8 (i64.const 5))) (memory.copy (i64.const 1) (i64.const 2) (i64.const 3))))`);
    const [load] = offsetsOf(module, "i32.load");
    const [copy] = offsetsOf(module, "memory.copy");
    const bytes = rewrite(module, {
      hooks: [{ module: "h", name: "h", params: [I64] }],
      functions: new Map([
        [
          0,
          {
            sites: new Map([
              [load!, [{ when: "before", hook: 0, arguments: [address] } as const]],
              [copy!, [{ when: "before", hook: 0, arguments: [operand(0)] } as const]],
            ]),
          },
        ],
      ]),
    });
    expect(isValid(bytes)).toBe(true);
  });
});
