/** Actions one by one: what each kind does at a site, what code in place can use, and the order of several plans. */
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { modelNamed } from "../../src/fuel/models.ts";
import type { Action, CodeInPlace } from "../../src/probe/action.ts";
import { meterNames, type Plan, type SiteProbe, type When } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { blocksOf, sitesOf } from "../../src/probe/sites.ts";
import { emit } from "../../src/wasm/emit.ts";
import { F64, I32, I64, type Module } from "../../src/wasm/types.ts";
import { assemble, everything, isValid } from "../support/binaryen.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports as Exports;
}

const offsetsOf = (module: Module, name: string): number[] =>
  sitesOf(module, module.importedFunctions, (site) => site.name === name).map(({ offset }) => offset);

/** A plan with one action at the instructions of that name of the first function. */
function at(module: Module, name: string, when: When, action: Action, more: Partial<Plan> = {}): Plan {
  const probe: SiteProbe = { ...action, when };
  const sites = new Map(offsetsOf(module, name).map((offset) => [offset, [probe]]));
  return { hooks: [], functions: new Map([[module.importedFunctions, { sites }]]), ...more };
}

/** One i32 global, exported, that code in place counts in. */
const counter: Pick<Plan, "added"> = {
  added: {
    globals: [{ type: I32, mutable: true, initial: 0 }],
    exports: [{ name: "count", kind: "global", of: { added: 0 } }],
  },
};
const count: CodeInPlace = {
  values: [],
  write: (w, { indices }) => {
    emit(w, "global.get", indices.global(0));
    emit(w, "i32.const", 1);
    emit(w, "i32.add");
    emit(w, "global.set", indices.global(0));
  },
};
const counted = (exports: Exports) => (exports["count"] as unknown as WebAssembly.Global).value;

/** f(n) turns n times, and gives 10 * n. */
const loop = `(module (func (export "f") (param i32) (result i32) (local i32)
  (block $out (loop $l
    (br_if $out (i32.eqz (local.get 0)))
    (local.set 1 (i32.add (local.get 1) (i32.const 10))) (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (if (i32.ge_s (local.get 0) (i32.const 2)) (then (nop)) (else (nop)))
    (br $l)))
  (local.get 1)))`;

describe("where an action stands", () => {
  test.each<[name: string, when: When, n: number, times: number]>([
    ["loop", "before", 4, 1],
    ["loop", "after", 4, 5],
    ["br_if", "before", 4, 5],
    ["br_if", "after", 4, 4],
    ["br_if", "taken", 4, 1],
    ["br", "taken", 4, 4],
    ["br", "after", 4, 0],
    ["if", "before", 4, 4],
    ["if", "after", 4, 2],
    ["else", "after", 4, 2],
    ["else", "before", 4, 2],
  ])("%s, %s: f(%i) counts %i", (name, when, n, times) => {
    const module = assemble(loop);
    const exports = instantiate(rewrite(module, at(module, name, when, count, counter)));
    expect(exports["f"]!(n)).toBe(10 * n);
    expect(counted(exports)).toBe(times);
  });

  test("the end of a block: from inside before its end, however control comes there behind it", () => {
    const module = assemble(`(module (func (export "f") (param i32)
      (block $b (br_if $b (local.get 0)) (nop))))`);
    const [block] = offsetsOf(module, "block");
    const { end } = blocksOf(module, 0).get(block!)!;
    const when = (when: When): Plan => ({
      hooks: [],
      functions: new Map([[0, { sites: new Map([[end, [{ ...count, when }]]]) }]]),
      ...counter,
    });
    const times = (plan: Plan, n: number) => {
      const exports = instantiate(rewrite(module, plan));
      exports["f"]!(n);
      return counted(exports);
    };
    expect([0, 1].map((n) => times(when("before"), n))).toEqual([1, 0]);
    expect([0, 1].map((n) => times(when("after"), n))).toEqual([1, 1]);
  });
});

describe("instead of an instruction", () => {
  test("another one, with its operands as values", () => {
    const module = assemble(`(module (func (export "f") (param i32 i32) (result i32)
      (i32.sub (local.get 0) (local.get 1))))`);
    const swapped: CodeInPlace = {
      values: [
        { kind: "operand", index: 0 },
        { kind: "operand", index: 1 },
      ],
      write: (w, place) => {
        expect([place.types, place.leaves]).toEqual([[I32, I32], [I32]]);
        place.push(0);
        place.push(1);
        emit(w, "i32.sub");
      },
    };
    expect(instantiate(rewrite(module, at(module, "i32.sub", "instead", swapped)))["f"]!(7, 2)).toBe(-5);
  });

  test("a call of an import, of an added function, of one that was there", () => {
    const module = assemble(`(module (import "m" "now" (func $now (param i32) (result i32)))
      (func (export "f") (result i32) (call $now (i32.const 4))) (func $mine (param i32) (result i32) (i32.const 9)))`);
    const operand = [{ kind: "operand", index: 0 }] as const;
    const m = { now: (x: number) => x };
    const hooked = at(
      module,
      "call",
      "instead",
      { hook: 0, arguments: operand },
      {
        hooks: [{ module: "h", name: "h", params: [I32], results: [I32] }],
      },
    );
    expect(instantiate(rewrite(module, hooked), { m, h: { h: (x: number) => 2 * x } })["f"]!()).toBe(8);
    const added = at(
      module,
      "call",
      "instead",
      { function: 0, arguments: operand },
      {
        added: {
          functions: [
            {
              params: [I32],
              results: [I32],
              locals: [I64, I32],
              write: (w) => {
                emit(w, "local.get", 0);
                emit(w, "local.tee", 2);
                emit(w, "local.get", 2);
                emit(w, "i32.mul");
              },
            },
          ],
        },
      },
    );
    expect(instantiate(rewrite(module, added), { m })["f"]!()).toBe(16);
    const other: CodeInPlace = {
      values: operand,
      write: (w, { push, indices }) => {
        push(0);
        emit(w, "call", indices.moved.func(2));
      },
    };
    expect(instantiate(rewrite(module, at(module, "call", "instead", other)), { m })["f"]!()).toBe(9);
  });

  test("a block as a whole, and an if", () => {
    const module = assemble(loop);
    const nothing: CodeInPlace = { values: [], write: () => {} };
    expect(instantiate(rewrite(module, at(module, "block", "instead", nothing)))["f"]!(5)).toBe(0);
    const arms = assemble(`(module (func (export "f") (param i32) (result i64)
      (if (result i64) (local.get 0) (then (i64.const 1)) (else (i64.const 2)))))`);
    const condition: CodeInPlace = {
      values: [{ kind: "operand", index: 0 }],
      write: (w, { push, leaves }) => {
        expect(leaves).toEqual([I64]);
        push(0);
        emit(w, "i64.extend_i32_u");
      },
    };
    expect(instantiate(rewrite(arms, at(arms, "if", "instead", condition)))["f"]!(77)).toBe(77n);
  });

  test("a return and a tail call leave the function with other results, and meet the exit probes", () => {
    for (const [name, code] of [
      ["return", "(return (i32.const 1))"],
      ["return_call", "(return_call $g)"],
    ]) {
      const module = assemble(`(module (func (export "f") (result i32) (block ${code}) (i32.const 3))
        (func $g (result i32) (i32.const 2)))`);
      const five: CodeInPlace = { values: [], write: (w) => emit(w, "i32.const", 5) };
      const plan = at(module, name!, "instead", five, counter);
      const exit: Plan = { hooks: [], functions: new Map([[0, { exit: [count] }]]), ...counter };
      const exports = instantiate(rewrite(module, plan.added ? { ...plan, added: {} } : plan, exit));
      expect(exports["f"]!()).toBe(5);
      expect(counted(exports)).toBe(1);
      expect(instantiate(rewrite(module, { ...plan, added: {} }))["f"]!()).toBe(5);
    }
  });

  test("what control never goes on behind, it does not behind its replacement", () => {
    const module = assemble(`(module (func (export "f") (result i32) (unreachable)))`);
    const exports = instantiate(rewrite(module, at(module, "unreachable", "instead", count, counter)));
    expect(() => exports["f"]!()).toThrow(WebAssembly.RuntimeError);
    expect(counted(exports)).toBe(1);
  });

  test("two of them, an end, and a block that is written twice are refused", () => {
    const module = assemble(loop);
    const plan = (name: string, action: CodeInPlace = count) => at(module, name, "instead", action, counter);
    expect(() => rewrite(module, plan("br_if"), plan("br_if"))).toThrow(
      /2 actions stand instead of one br_if/,
    );
    expect(() => rewrite(module, plan("end"))).toThrow(Diagnostic);
    const original: CodeInPlace = { values: [], write: (_, place) => place.original(0) };
    const twice: CodeInPlace = {
      values: [],
      write: (_, place) => {
        place.original(0);
        place.original(0);
      },
    };
    expect(() => rewrite(module, plan("loop", twice))).toThrow(Diagnostic);
    expect(() => rewrite(module, at(module, "nop", "before", original))).toThrow(Diagnostic);
    expect(() => rewrite(module, at(module, "nop", "taken", count, counter))).toThrow(/no branch/);
  });
});

describe("what code in place can use", () => {
  test("values inside blocks of its own, the fuel too", () => {
    const module = assemble(loop);
    const meter = {
      model: modelNamed("wasmtime-50"),
      mode: "run",
      globals: { kind: "define" },
      checks: false,
    } as const;
    const seen: unknown[] = [];
    const code: CodeInPlace = {
      values: [{ kind: "fuel" }, { kind: "local", index: 0 }, { kind: "const", type: F64, value: 0.25 }],
      write: (w, { push, types, indices }) => {
        expect(types).toEqual([I64, I32, F64]);
        push(1);
        emit(w, "i32.const", 1);
        emit(w, "i32.and");
        emit(w, "if", null);
        for (const n of [0, 1, 2, 0]) push(n);
        emit(w, "call", indices.hook(0));
        emit(w, "end");
      },
    };
    const hooks = [{ module: "h", name: "h", params: [I64, I32, F64, I64] }];
    const plan = at(module, "br_if", "taken", code, { hooks, meter });
    const before = at(module, "br_if", "before", code, { hooks });
    const run = (...plans: Plan[]) => {
      const h = (...row: unknown[]) => void seen.push(row);
      const exports = instantiate(rewrite(module, ...plans), { h: { h } });
      expect(exports["f"]!(3)).toBe(30);
      return exports[meterNames.counter] as unknown as WebAssembly.Global;
    };
    const plain = run({ hooks: [], functions: new Map(), meter });
    expect(run(plan, before).value).toBe(plain.value);
    // f(3) is at the header with 3, 2, 1 and 0 left: 1 entry, 2 to the br_if, 13 a turn and 1 more for a nop's if.
    expect(seen.map((row) => (row as unknown[])[1])).toEqual([3, 1]);
    for (const row of seen as [bigint, number, number, bigint][])
      expect([row[2], row[3]]).toEqual([0.25, row[0]]);
    expect((seen[0] as unknown[])[0]).toBe(3n);
  });

  test("a local of the function that stays, and scratch that others may use", () => {
    const module = assemble(loop);
    const turns: CodeInPlace = {
      values: [],
      write: (w, { frameLocal, scratch, indices }) => {
        const own = frameLocal("turns", I32);
        const [a, b] = [scratch(I32), scratch(I32)];
        expect(new Set([own, a, b, frameLocal("turns", I64)]).size).toBe(4);
        emit(w, "local.get", own);
        emit(w, "i32.const", 3);
        emit(w, "i32.add");
        emit(w, "local.tee", own);
        emit(w, "local.set", a);
        emit(w, "i32.const", -1);
        emit(w, "local.set", b);
        emit(w, "local.get", a);
        emit(w, "global.set", indices.global(0));
      },
    };
    const plan = at(module, "loop", "after", turns, counter);
    const exports = instantiate(
      rewrite(module, plan, { ...plan, added: { globals: counter.added!.globals! } }),
    );
    for (const n of [4, 2]) {
      expect(exports["f"]!(n)).toBe(10 * n);
      expect(counted(exports)).toBe(3 * (n + 1));
    }
  });

  test("an immediate float keeps every bit", () => {
    const module = assemble(`(module (func (export "f") (drop (f32.const nan:0x200001))))`);
    const bits: CodeInPlace = {
      values: [{ kind: "immediate", index: 0 }],
      write: (w, { push, indices }) => {
        push(0);
        emit(w, "i32.reinterpret_f32");
        emit(w, "global.set", indices.global(0));
      },
    };
    const exports = instantiate(rewrite(module, at(module, "f32.const", "after", bits, counter)));
    exports["f"]!();
    expect(counted(exports)).toBe(0x7fa00001);
  });

  test("an action that re-enters the module finds the count written back, and it is not lost", () => {
    const module = assemble(`(module (func (export "f") (param i32) (result i32)
      (i32.eqz (i32.add (local.get 0) (i32.const 1)))) (func (export "g") (nop)))`);
    const meter = {
      model: modelNamed("wasmtime-50"),
      mode: "run",
      globals: { kind: "define" },
      checks: false,
    } as const;
    const action: Action = { hook: 0, arguments: [], reenters: true };
    const hooks = [{ module: "h", name: "h", params: [] }];
    const bytes = rewrite(module, at(module, "i32.add", "before", action, { hooks, meter }));
    const at3: bigint[] = [];
    const exports: Exports = instantiate(bytes, {
      h: {
        h: () => {
          at3.push((exports[meterNames.counter] as unknown as WebAssembly.Global).value as bigint);
          exports["g"]!();
        },
      },
    });
    exports["f"]!(1);
    expect(at3).toEqual([3n]);
    // f costs 5, the re-entered g 1.
    expect((exports[meterNames.counter] as unknown as WebAssembly.Global).value).toBe(6n);
  });
});

test("at one place the first plan's actions come first, also at exits; plans do not see each other's things", () => {
  const module = assemble(`(module (func (export "f") (param i32) (nop)))`);
  const rows: unknown[] = [];
  const plan = (name: string): Plan => {
    const say = (value: number): Action => ({ hook: 1, arguments: [{ kind: "const", type: I32, value }] });
    const [nop] = offsetsOf(module, "nop");
    return {
      hooks: [
        { module: "h", name: "never", params: [F64] },
        { module: "h", name, params: [I32] },
      ],
      functions: new Map([
        [
          0,
          {
            entry: [say(0), say(1)],
            exit: [say(4)],
            sites: new Map([
              [
                nop!,
                [
                  { ...say(3), when: "after" },
                  { ...say(2), when: "before" },
                ],
              ],
            ]),
          },
        ],
      ]),
    };
  };
  const say = (who: string) => (n: number) => void rows.push(`${who}${n}`);
  instantiate(rewrite(module, plan("a"), plan("b")), { h: { never: () => {}, a: say("a"), b: say("b") } })[
    "f"
  ]!(1);
  expect(rows.join(" ")).toBe("a0 a1 b0 b1 a2 b2 a3 b3 a4 b4");
});

test("taken branches on references and casts stay valid", () => {
  const module = assemble(
    `(module (type $s (struct (field i32))) (func (export "f") (param anyref) (result i32)
      (block $n (drop (br_on_null $n (local.get 0))))
      (drop (block $b (result (ref any)) (br_on_non_null $b (local.get 0)) (return (i32.const 3))))
      (drop (block $l (result (ref $s)) (drop (br_on_cast $l anyref (ref $s) (local.get 0))) (return (i32.const 0))))
      (drop (block $m (result anyref) (drop (br_on_cast_fail $m anyref (ref null $s) (local.get 0))) (return (i32.const 1))))
      (block $t (br_table $t $t (i32.const 1))) (i32.const 5)))`,
    everything,
  );
  for (const name of ["br_on_null", "br_on_non_null", "br_on_cast", "br_on_cast_fail", "br_table"]) {
    expect(offsetsOf(module, name).length, name).toBe(1);
    const watch: CodeInPlace = {
      ...count,
      values: [{ kind: "operand", index: 0 }],
      write: (w, place) => {
        place.push(0);
        emit(w, "drop");
        count.write(w, place);
      },
    };
    expect(isValid(rewrite(module, at(module, name, "taken", watch, counter))), name).toBe(true);
  }
});
