/**
 * Probes that are functions, one kind and one rule at a time, on small modules whose behaviour is plain to see; what
 * they see of every frame of random programs is in test/fuzz/callbacks.test.ts.
 */
import { describe, expect, test } from "vitest";
import {
  type Attachable,
  attachable,
  countProbe,
  type Frame,
  frameProbe,
  type InstrumentOptions,
  instructionsOf,
  instrument,
  operandProbe,
  type Probe,
  type Probes,
  type Reads,
} from "../../../src/index.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { assemble, isValid } from "../../support/binaryen.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

/** Function 1, `f(n)`: turns n times, and gives 10 * n; 2, `fac(n)`; 3, `twice(n)`: calls the host, which may call back. */
const program = assemble(`(module
  (import "m" "now" (func $now (param i32) (result i32)))
  (func (export "f") (param i32) (result i32) (local i32)
    (block $out (loop $l
      (br_if $out (i32.eqz (local.get 0)))
      (local.set 1 (i32.add (local.get 1) (i32.const 10))) (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $l)))
    (local.get 1))
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "twice") (param i32) (result i32)
    (i32.add (call $now (local.get 0)) (call $now (local.get 0)))))`).bytes;

const at = (name: string, bytes = program) => {
  const [first] = instructionsOf(bytes, (one) => one.name === name);
  if (!first) throw new Error(`no ${name}`);
  return first;
};

function instrumented(
  probes: readonly Probe[],
  {
    bytes = program,
    now = (n: number) => n,
    ...options
  }: { bytes?: Uint8Array; now?: (n: number) => number } & InstrumentOptions = {},
): Exports & { readonly probes: Probes } {
  const made = instrument(bytes, { ...options, probes });
  expect(WebAssembly.validate(made.bytes as BufferSource) && isValid(made.bytes)).toBe(true);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes as BufferSource), {
    ...{ m: { now }, ...made.imports },
  });
  return { ...(exports as Exports), probes: made.probes } as Exports & { readonly probes: Probes };
}

describe("where a probe fires", () => {
  test("before an instruction, at several as one, at entries and exits, everywhere", () => {
    const [turn, both, entry, exit, all, every] = [
      countProbe(at("br")),
      countProbe([at("br"), at("br_if"), at("br")]),
      countProbe({ entry: 1 }),
      countProbe({ exit: 1 }),
      countProbe({ entry: "all" }),
      countProbe("every instruction"),
    ];
    const { f, fac, probes } = instrumented([turn, both, entry, exit, all, every]);
    expect(f!(4)).toBe(40);
    // block and loop; 5 times get, eqz, br_if; 4 times nine more; get and the function's end
    expect(probes.count(every)).toBe(BigInt(2 + 3 * 5 + 9 * 4 + 2));
    expect(fac!(3n)).toBe(6n);
    expect([turn, both, entry, exit, all].map(probes.count, probes)).toEqual([4n, 9n, 1n, 1n, 5n]);
  });

  test("an operand, as JavaScript has its type", () => {
    const seen: unknown[] = [];
    const { fac, f } = instrumented([
      operandProbe(at("i64.mul"), (n: bigint) => seen.push(n)),
      operandProbe(at("i64.mul"), (n: bigint) => seen.push(n), 1),
      operandProbe(at("i32.sub"), (n: number) => seen.push(n)),
    ]);
    fac!(2n);
    f!(1);
    expect(seen).toEqual([1n, 1n, 1n, 2n, 1]);
  });

  test("an operand, to a WebAssembly function", () => {
    const { bytes } = assemble(`(module (global $sum (export "sum") (mut i32) (i32.const 0))
      (func (export "add") (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0)))))`);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    const { f } = instrumented([operandProbe(at("i32.sub"), exports["add"] as () => void, 1)]);
    f!(4);
    expect((exports["sum"] as WebAssembly.Global).value).toBe(4 + 3 + 2 + 1);
  });

  test("what does not exist is refused, with what does", () => {
    const refused = (probe: Probe, text: RegExp, more: readonly Probe[] = []) =>
      expect(() => instrument(program, { probes: [probe, ...more] })).toThrow(text);
    refused(countProbe({ function: 0, pc: 0 }), /function 0, which is imported/);
    refused(countProbe({ entry: 9 }), /function 9, which there is not/);
    refused(countProbe({ exit: -1 }), /function -1/);
    refused(
      countProbe({ function: 1, pc: at("br").pc + 1 }),
      /pc \d+ of function 1, where no instruction begins/,
    );
    refused(
      operandProbe(at("br"), () => {}),
      /operand 0 of br in function 1, which has 0/,
    );
    const once = countProbe(at("br"));
    refused(once, /listed twice/, [once]);
    expect(() => instrument(program, {})).toThrow(/neither a script nor probes/);
  });

  test("no probes: no byte", () => {
    const { bytes, imports } = instrument(program, { probes: [] });
    expect([bytes, imports]).toEqual([program, {}]);
  });
});

describe("frames", () => {
  test("locals, the whole operand stack, also what lies below the block, depth and callers", () => {
    const frames: unknown[] = [];
    const { fac } = instrumented([
      frameProbe(at("i64.const"), ["locals", "operands", "depth", "callers"], (frame) => {
        frames.push({ ...frame, callers: frame.callers });
      }),
    ]);
    expect(fac!(2n)).toBe(2n);
    const call = { function: 2, pc: at("call").pc };
    expect(frames).toEqual([
      {
        ...{ function: 2, pc: at("i64.const").pc, event: "instruction", locals: [0n] },
        ...{ operands: [], depth: 3, callers: [call, call] },
      },
    ]);
  });

  test("values that lie below two blocks", () => {
    const { bytes } = assemble(`(module
      (func $first (param i64 f64 v128 i32) (result i64) (local.get 0))
      (func (export "g") (param i32) (result i64)
        (call $first (i64.const 7) (f64.const 0.5) (v128.const i32x4 1 2 3 4)
          (block $b (result i32) (i32.add (i32.const 8)
            (loop (result i32) (nop) (br_if $b (i32.add (i32.const 9) (i32.const 1)) (local.get 0))))))))`);
    const seen: unknown[] = [];
    const { g } = instrumented(
      [
        frameProbe([at("nop", bytes), at("br_if", bytes)], ["operands"], ({ operands }) =>
          seen.push(operands),
        ),
      ],
      { bytes },
    );
    expect(g!(0)).toBe(7n);
    const below = [8, 1n | (2n << 32n) | (3n << 64n) | (4n << 96n), 0.5, 7n];
    expect(seen).toEqual([below, [0, 10, ...below]]);
  });

  test("only what was asked for is there", () => {
    let keys: string[] = [];
    const { f } = instrumented([
      frameProbe({ exit: 1 }, ["locals"], (frame) => {
        keys = Object.keys(frame);
        expect(frame.locals).toEqual([0, 20]);
        // @ts-expect-error: it was not asked for
        expect(frame.depth).toBeUndefined();
      }),
    ]);
    f!(2);
    expect(keys.sort()).toEqual(["event", "function", "locals", "pc"]);
  });

  test("references, and floats to the bit", () => {
    const { bytes } = assemble(`(module (table 1 externref)
      (func (export "g") (param externref f64) (local funcref f32)
        (local.set 3 (f32.const -0.0)) (table.set (i32.const 0) (local.get 0))))`);
    const seen: unknown[] = [];
    const { g } = instrumented(
      [
        operandProbe(at("table.set", bytes), (value: object) => seen.push(value)),
        frameProbe(at("table.set", bytes), ["locals"], ({ locals }) => seen.push(...locals)),
      ],
      { bytes },
    );
    const mine = { any: "object" };
    g!(mine, Number.MIN_VALUE);
    expect(seen[0]).toBe(mine);
    expect(seen).toEqual([mine, mine, Number.MIN_VALUE, null, -0]);
  });

  test("more values than a function can have parameters are refused", () => {
    const { bytes } = assemble(`(module (func (export "g") (local ${"i32 ".repeat(1000)}) (nop)))`);
    const of = (reads: readonly Reads[]) =>
      instrument(bytes, { probes: [frameProbe(at("nop", bytes), reads, () => {})] });
    expect(() => of(["locals"])).toThrow(/would be given 1001 values/);
    expect(WebAssembly.validate(of(["operands"]).bytes as BufferSource)).toBe(true);
  });

  test("callers are of the event alone", () => {
    let kept: Pick<Frame, "callers"> | undefined;
    const { fac } = instrumented([
      frameProbe({ entry: 2 }, ["callers"], (frame) => {
        kept = frame;
      }),
    ]);
    fac!(1n);
    expect(() => kept!.callers).toThrow(/only while its probe fires/);
  });
});

describe("several probes at one place", () => {
  const order = (
    change: (probes: Probes, b: Attachable, c: Attachable) => void,
    attached: readonly [boolean, boolean],
  ) => {
    const fired: string[] = [];
    const note = (name: string) => attachable(frameProbe(at("br"), [], () => fired.push(name)));
    const [b, c] = [attachable(note("b"), attached[0]), attachable(note("c"), attached[1])];
    let probes: Probes | undefined;
    const a = frameProbe(at("br"), [], () => {
      fired.push("a");
      change(probes!, b, c);
    });
    const made = instrumented([b, a, c]);
    probes = made.probes;
    expect(made["f"]!(3)).toBe(30);
    return fired.join("");
  };

  test("fire in the order of their list", () => {
    expect(order(() => {}, [true, true])).toBe("bacbacbac");
  });

  test("a change made while one fires takes effect at the next event", () => {
    expect(order((probes, b, c) => [b, c].forEach(probes.attach, probes), [false, false])).toBe("abacbac");
    expect(order((probes, b, c) => [b, c].forEach(probes.detach, probes), [true, true])).toBe("bacaa");
  });

  test("a probe can detach itself, and be attached again between two calls", () => {
    const seen: number[] = [];
    const once: Attachable = attachable(
      operandProbe(at("i32.sub"), (n: number) => {
        seen.push(n);
        probes.detach(once);
      }),
    );
    const later = attachable(countProbe("every instruction"), false);
    const { f, probes } = instrumented([once, later]);
    f!(3);
    expect([seen, probes.count(later), probes.isAttached(once)]).toEqual([[1], 0n, false]);
    probes.attach(once);
    probes.attach(later);
    f!(1);
    expect(seen).toEqual([1, 1]);
    expect(probes.count(later)).toBe(BigInt(2 + 3 * 2 + 9 + 2));
    expect(probes.isAttached(later)).toBe(true);
  });

  test("only what is attachable can be detached, says the type, and of this module", () => {
    const fixed = countProbe(at("br"));
    const { probes } = instrumented([fixed]);
    // @ts-expect-error: it was not declared attachable
    expect(() => probes.detach(fixed)).toThrow(/only a probe that attachable\(\) made/);
    expect(() => probes.count(countProbe(at("br")))).toThrow(/not among those/);
    expect(probes.isAttached(fixed)).toBe(true);
  });
});

describe("the shadow stack", () => {
  /** At every entry: function@depth, then the callers' functions, the nearest first. */
  function entries(bytes = program, now?: (n: number) => number) {
    const seen: string[] = [];
    const made = instrumented(
      [
        frameProbe({ entry: "all" }, ["depth", "callers"], ({ function: index, depth, callers }) => {
          seen.push([`${index}@${depth}`, ...callers.map((caller) => caller.function)].join(" "));
        }),
      ],
      { bytes, ...(now && { now }) },
    );
    return { ...made, seen } as typeof made & { readonly seen: string[] };
  }

  test("recursion as deep as the engine's own stack, and what comes behind its end", () => {
    const { bytes } = assemble(`(module (func $down (export "down") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))`);
    let deepest = 0;
    const frames = attachable(
      frameProbe({ entry: "all" }, ["depth", "callers"], ({ depth, callers }) => {
        deepest = Math.max(deepest, depth);
        if (depth === 2001)
          expect(callers).toEqual(Array(2000).fill({ function: 0, pc: at("call", bytes).pc }));
      }),
    );
    const { down, probes } = instrumented([frames], { bytes });
    expect(down!(2000)).toBe(2000);
    expect(deepest).toBe(2001);
    // each garbage collection goes through the whole stack, so nothing is to fire at the bottom of it
    probes.detach(frames);
    expect(() => probes.call(() => down!(10_000_000))).toThrow(RangeError);
    probes.attach(frames);
    deepest = 0;
    expect(down!(3)).toBe(3);
    expect(deepest).toBe(4);
  });

  test("the host calls back: its frames lie above the caller's, one call after the other", () => {
    const made = entries(program, (n) => {
      if (n < 9) {
        made["fac"]!(1n);
        made["f"]!(0);
      }
      return n;
    });
    expect(made["twice"]!(1)).toBe(2);
    expect(made.seen).toEqual(["3@1", ...["2@2 3", "2@3 2 3", "1@2 3"], ...["2@2 3", "2@3 2 3", "1@2 3"]]);
    made["f"]!(0);
    expect(made.seen.at(-1)).toBe("1@1");
  });

  test("a probe calls the guest, from an instruction and from an exit", () => {
    const seen: unknown[] = [];
    const pc = at("br").pc;
    let left = 2;
    const { f } = instrumented([
      frameProbe([at("br"), { exit: 1 }], [], () => {
        if (left-- > 0) f!(0);
      }),
      frameProbe({ entry: 1 }, ["depth", "callers"], ({ depth, callers }) => seen.push([depth, ...callers])),
    ]);
    f!(1);
    expect(seen).toEqual([
      [1],
      [2, { function: 1, pc }],
      [3, { function: 1, pc: null }, { function: 1, pc }],
    ]);
  });

  test("an exception that the guest catches, and one that the host does", () => {
    const bytes = assemble(`(module (import "m" "now" (func $now (param i32) (result i32))) (tag $e)
      (func $leaf)
      (func $deep (param i32) (if (i32.eqz (local.get 0)) (then (throw $e)))
        (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (func (export "catch") (try (do (call $deep (i32.const 2))) (catch_all (call $leaf))) (call $leaf))
      (func (export "escape") (call $deep (i32.const 1)))
      (func (export "outer") (drop (call $now (i32.const 0))) (call $leaf)))`).bytes;
    const made = entries(bytes, () => {
      expect(() => made.probes.call(made["escape"]!)).toThrow(WebAssembly.Exception);
      made["catch"]!();
      return 0;
    });
    made["outer"]!();
    const caught = (depth: number, ...below: string[]) => {
      const row = (index: number, up: number, ...callers: string[]) =>
        [`${index}@${depth + up}`, ...callers, ...below].join(" ");
      return [
        ...[row(3, 0), row(2, 1, "3"), row(2, 2, "2", "3"), row(2, 3, "2", "2", "3"), row(1, 1, "3")],
        row(1, 1, "3"),
      ];
    };
    expect(made.seen).toEqual(["5@1", "4@2 5", "2@3 4 5", "2@4 2 4 5", ...caught(2, "5"), "1@2 5"]);
    made.seen.length = 0;
    made["catch"]!();
    expect(made.seen).toEqual(caught(1));
  });

  test("tail calls stand where their caller stood", () => {
    const { bytes } = assemble(`(module (func $leaf)
      (func $tail (param i32) (if (i32.eqz (local.get 0)) (then (return_call $leaf)))
        (call $leaf) (return_call $tail (i32.sub (local.get 0) (i32.const 1))))
      (func (export "run") (call $tail (i32.const 2)) (call $leaf)))`);
    const { run, seen } = entries(bytes);
    run!();
    const turn = ["1@2 2", "0@3 1 2"];
    expect(seen).toEqual(["2@1", ...turn, ...turn, "1@2 2", "0@2 2", "0@2 2"]);
  });
});

test("an instrumented module can be instrumented again, and a script goes with probes", () => {
  const turns = countProbe(at("br"));
  const first = instrument(program, { probes: [turns] });
  const again = countProbe(at("br", first.bytes));
  const second = instrument(first.bytes, {
    ...{ probes: [again], script: "wasm:opcode:br:before { report var n: u32; n++; }" },
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(second.bytes as BufferSource), {
    ...{ m: { now: () => 0 }, ...first.imports, ...second.imports },
  });
  (instance.exports as Exports)["f"]!(5);
  expect([first.probes.count(turns), second.probes.count(again)]).toEqual([5n, 5n]);
  expect(second.report(instance).rows.map(({ value }) => value)).toEqual([5]);
  expect(decodeModule(second.bytes).exports.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["f", "fac", "twice"]),
  );
});
