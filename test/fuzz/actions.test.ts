/**
 * Actions at every instruction of random programs, with exceptions of each kind: values of every site saved and put
 * back, every instruction and every block replaced by code that writes the original, every branch taken or not. The
 * program does what it did, with the same fuel, and what is taken and what is not add up. Blocks that are left out now
 * and then are left out by the interpreter at the same visits, with the same fuel. Also valid on what Node 20 cannot run.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CodeInPlace } from "../../src/probe/action.ts";
import type { Plan, SiteProbe } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { type Site, sitesOf } from "../../src/probe/sites.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { I32, I64, type Module } from "../../src/wasm/types.ts";
import { assemble, everything, isValid } from "../support/binaryen.ts";
import {
  counterOf,
  frameHooks,
  frameProbes,
  interpret,
  meter,
  type Report,
  runInV8,
} from "../support/metered.ts";
import { arbitraryProgram, type Exceptions, type Program } from "../support/programs.ts";

const kinds: readonly Exceptions[] = ["none", "legacy", "try_table"];
const delimiter = /^(end|catch|catch_all|delegate)$/;
const block = /^(block|loop|if|else|try|try_table)$/;

/** A plan with these probes at every instruction of every function. */
function everywhere(module: Module, probes: (site: Site) => readonly SiteProbe[]): Plan {
  return {
    hooks: [],
    functions: new Map(),
    everywhere: (index) => ({
      sites: new Map(sitesOf(module, index, () => true).map((site) => [site.offset, probes(site)])),
    }),
  };
}

const values = (kind: "operand" | "result", count: number) =>
  Array.from({ length: count }, (_, index) => ({ kind, index }) as const);

/** All operands and results of each site, pushed and dropped. */
function watched(site: Site): readonly SiteProbe[] {
  const look = (when: "before" | "after", kind: "operand" | "result", count: number): SiteProbe => ({
    when,
    values: values(kind, count),
    write: (w, place) => {
      expect(place.types).toEqual(kind === "operand" ? site.operands : site.results);
      for (let n = 0; n < count; n++) {
        place.push(n);
        emit(w, "drop");
      }
    },
  });
  return [look("before", "operand", site.operands.length), look("after", "result", site.results.length)];
}

/** Each instruction and each block, replaced by a condition and itself: at one depth and at two. */
function rewritten(site: Site): readonly SiteProbe[] {
  if (delimiter.test(site.name)) return [];
  const write: CodeInPlace["write"] = (w, place) => {
    const leaves = place.indices.blockType([], [...place.leaves].reverse());
    emit(w, "i32.const", 1);
    emit(w, "if", leaves);
    if (site.ordinal % 2) emit(w, "block", leaves);
    place.original(site.ordinal % 2 ? 2 : 1);
    if (site.ordinal % 2) emit(w, "end");
    emit(w, "else");
    emit(w, "unreachable");
    emit(w, "end");
  };
  return [{ when: "instead", values: [], write }];
}

function check(program: Program, exceptions: Exceptions, plans: (module: Module) => readonly Plan[]): void {
  const module = decodeModule(program.bytes);
  const expected = interpret(module, program, { model: "grow" });
  checkRun(rewrite(module, ...plans(module)), program, exceptions, expected);
}

/** Runs an instrumented program where it can be run, and holds it against what the plain one does. */
function checkRun(bytes: Uint8Array, program: Program, exceptions: Exceptions, expected: Report): void {
  if (exceptions === "try_table") {
    const now = decodeModule(bytes);
    const ignore = () => [];
    const report = interpret(now, program, { imports: { enter: ignore, leave: ignore } });
    expect(report.end).toBe(expected.end);
    if (report.end !== "trap") expect(counterOf(now, report.machine)).toBe(expected.fuel);
    return;
  }
  expect(WebAssembly.validate(bytes as BufferSource)).toBe(true);
  const report = runInV8(bytes, program, { enter: () => {}, leave: () => {} });
  expect(report.end).toBe(expected.end);
  const heap = (state: string) => state.replace(/ \[.*\]/, "");
  expect(heap(report.state)).toBe(heap(expected.state));
  if (report.end !== "trap") expect(report.fuel).toBe(expected.fuel);
}

const how = fc.record({
  mode: fc.constantFrom("run" as const, "instruction" as const),
  frames: fc.boolean(),
});
type How = typeof how extends fc.Arbitrary<infer T> ? T : never;

function metering({ mode, frames }: How): Plan {
  const plan = { hooks: frameHooks, functions: new Map(), meter: meter("wasmtime-50", mode, true) };
  return frames ? { ...plan, everywhere: frameProbes } : plan;
}

describe.each(kinds)("exceptions: %s", (exceptions) => {
  const property = (run: (program: Program, how: How) => void) =>
    fc.assert(fc.property(arbitraryProgram(exceptions, 250), how, run), { numRuns: 80 });

  test("values of every site", () => {
    property((program, how) =>
      check(program, exceptions, (module) => [everywhere(module, watched), metering(how)]),
    );
  });

  test("every instruction instead of itself", () => {
    property((program, how) =>
      check(program, exceptions, (module) => [metering(how), everywhere(module, rewritten)]),
    );
  });

  test("both, and the values of what is replaced", () => {
    property((program, how) =>
      check(program, exceptions, (module) => [
        everywhere(module, watched),
        everywhere(module, rewritten),
        metering(how),
      ]),
    );
  });
});

/** Decides at visit after visit, in the same way in code and here. */
const mixed = (n: number) => (Math.imul(n, 1103515245) + 12345) | 0;
const isLeftOut = (n: number) => ((n >>> 16) & 3) === 0;

/** Whether the `if` at `offset` is one of those that end a program whose budget is spent. */
const endsProgram = ({ bytes }: Module, offset: number) =>
  [0x23, 1, 0x45, 0x04].every((byte, i) => bytes[offset - 3 + i] === byte);

/** Zeros instead of a block now and then; else the block. One global: the state of what decides. */
const sometimes: CodeInPlace["write"] = (w, place) => {
  const state = place.indices.global(0);
  emit(w, "global.get", state);
  emit(w, "i32.const", 1103515245);
  emit(w, "i32.mul");
  emit(w, "i32.const", 12345);
  emit(w, "i32.add");
  emit(w, "global.set", state);
  emit(w, "global.get", state);
  emit(w, "i32.const", 16);
  emit(w, "i32.shr_u");
  emit(w, "i32.const", 3);
  emit(w, "i32.and");
  emit(w, "i32.eqz");
  const leaves = [...place.leaves].reverse();
  emit(w, "if", place.indices.blockType([], leaves));
  for (const type of leaves) {
    if (type === I32) emit(w, "i32.const", 0);
    else if (type === I64) emit(w, "i64.const", 0n);
    else emit(w, "ref.null", -0x10);
  }
  emit(w, "else");
  place.original(1);
  emit(w, "end");
};

describe.each(kinds)("blocks left out now and then, exceptions: %s", (exceptions) => {
  test("where the interpreter leaves them out", () => {
    const property = fc.property(arbitraryProgram(exceptions, 300), how, fc.nat(2), (program, how, mix) => {
      const module = decodeModule(program.bytes);
      const picked = ({ name, offset, ordinal }: Site) =>
        block.test(name) && ordinal % 3 !== mix && !endsProgram(module, offset);
      const wanted = new Set<number>();
      const plan: Plan = {
        ...everywhere(module, (site) => {
          if (!picked(site)) return [];
          wanted.add(site.offset);
          return [{ when: "instead", values: [], write: sometimes }];
        }),
        added: { globals: [{ type: I32, mutable: true, initial: 1 }] },
      };
      let state = 1;
      const bytes = rewrite(module, metering(how), plan);
      const expected = interpret(module, program, {
        model: "grow",
        replaced: (offset) => {
          if (!wanted.has(offset)) return false;
          state = mixed(state);
          return isLeftOut(state);
        },
      });
      checkRun(bytes, program, exceptions, expected);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

/** One global for each event of a branch. */
const counters = { before: 0, after: 1, taken: 2 } as const;

test("a conditional branch is taken or not, any other is taken", () => {
  const property = fc.property(arbitraryProgram("legacy", 250), fc.boolean(), (program, conditional) => {
    const module = decodeModule(program.bytes);
    const count = (when: keyof typeof counters): SiteProbe => ({
      when,
      values: [],
      write: (w, { indices }) => {
        emit(w, "global.get", indices.global(counters[when]));
        emit(w, "i32.const", 1);
        emit(w, "i32.add");
        emit(w, "global.set", indices.global(counters[when]));
      },
    });
    const wanted = conditional ? /^br_if$/ : /^(br|br_table)$/;
    const probes = [count("before"), count("after"), count("taken")];
    const plan: Plan = {
      ...everywhere(module, ({ name }) => (wanted.test(name) ? probes : [])),
      added: {
        globals: [0, 1, 2].map(() => ({ type: I32, mutable: true, initial: 0 })),
        exports: [0, 1, 2].map((n) => ({ name: `n${n}`, kind: "global", of: { added: n } })),
      },
    };
    let exports: WebAssembly.Exports = {};
    runInV8(rewrite(module, plan), program, {}, (instance) => {
      exports = instance.exports;
    });
    const [before, after, taken] = [0, 1, 2].map(
      (n) => (exports[`n${n}`] as WebAssembly.Global).value as number,
    );
    expect(after! + taken!).toBe(before);
    if (!conditional) expect(after).toBe(0);
    // Which of the two, the interpreter says: the condition on top of its stack.
    let expected = 0;
    const rows = new Map(
      module.functions.flatMap((_, index) =>
        index < module.importedFunctions
          ? []
          : sitesOf(module, index, () => true).map((site) => [site.offset, site.name] as const),
      ),
    );
    interpret(module, program, {
      step: (offset, _fuel, stack) => {
        const name = rows.get(offset)!;
        if (wanted.test(name) && (!conditional || stack.at(-1) !== 0)) expected += 1;
      },
    });
    expect(taken).toBe(expected);
  });
  fc.assert(property, { numRuns: 150 });
});

describe("what Node 20 cannot run stays valid", () => {
  test.each<[string, string]>([
    [
      "structs, arrays and casts",
      `(module (type $s (struct (field $a (mut i32)) (field $b i8) (field $r (ref null $s))))
        (type $v (array (mut i64))) (type $u (sub (struct (field i32))))
        (func (export "f") (param anyref) (result i32) (local $x (ref null $s))
          (local.set $x (struct.new $s (i32.const 1) (i32.const 2) (ref.null $s)))
          (struct.set $s $a (local.get $x) (struct.get_u $s $b (local.get $x)))
          (drop (struct.get $s $r (ref.as_non_null (local.get $x))))
          (drop (array.get $v (array.new $v (i64.const 4) (i32.const 9)) (i32.const 0)))
          (drop (array.new_fixed $v 2 (i64.const 1) (i64.const 2)))
          (array.fill $v (array.new_default $v (i32.const 5)) (i32.const 0) (i64.const 7) (i32.const 2))
          (array.copy $v $v (array.new_default $v (i32.const 5)) (i32.const 0) (array.new_default $v (i32.const 5)) (i32.const 0) (i32.const 2))
          (drop (ref.cast (ref null $s) (local.get $x)))
          (block $l (result (ref $s)) (drop (br_on_cast $l anyref (ref $s) (local.get 0))) (return (i32.const 0)))
          (drop)
          (block $m (result anyref) (drop (br_on_cast_fail $m anyref (ref null $s) (local.get 0))) (return (i32.const 1)))
          (drop)
          (drop (select (result (ref null $s)) (local.get $x) (ref.null $s) (i32.const 1)))
          (drop (i31.get_s (ref.i31 (i32.const 4)))) (drop (ref.eq (local.get $x) (ref.i31 (i32.const 4))))
          (drop (extern.convert_any (local.get 0))) (drop (any.convert_extern (ref.null extern)))
          (array.len (array.new_default $v (i32.const 5)))))`,
    ],
    [
      "typed functions",
      `(module (type $t (func (param i32) (result i32 i64))) (table $tab 3 funcref) (elem declare func $g)
        (func $g (type $t) (local.get 0) (i64.const 2))
        (func (export "f") (param (ref null $t)) (result i32)
          (block $n (drop (br_on_null $n (local.get 0))))
          (drop (block $b (result (ref $t)) (br_on_non_null $b (local.get 0)) (return (i32.const 3))))
          (drop (call_ref $t (i32.const 1) (ref.func $g))) (drop)
          (table.set $tab (i32.const 0) (ref.func $g)) (drop (table.get $tab (i32.const 1)))
          (drop (table.grow $tab (ref.null func) (i32.const 1)))
          (i32.const 5)))`,
    ],
    [
      "64-bit memories and tables, several of them",
      `(module (memory $a i64 1) (memory $b 1) (memory $c i64 1) (table $t i64 3 9 funcref) (data $d "abc") (func (export "f")
        (memory.copy $a $c (i64.const 0) (i64.const 0) (i64.const 9)) (memory.init $a $d (i64.const 0) (i32.const 0) (i32.const 3))
        (drop (memory.grow $a (i64.const 1))) (drop (i32.load $b offset=3 (i32.const 0))) (i64.store $a (i64.const 1) (i64.const 2))
        (drop (memory.size $a)) (table.fill $t (i64.const 0) (ref.null func) (i64.const 2)) (drop (table.size $t))
        (drop (v128.load8_lane $a 3 (i64.const 0) (v128.const i32x4 1 2 3 4)))))`,
    ],
    [
      "exception references",
      `(module (tag $e (param i32 f64)) (func $g (throw $e (i32.const 1) (f64.const 2)))
        (func (export "f") (result i32)
          (block $b (result i32 f64 exnref) (try_table (catch_ref $e $b) (call $g)) (return (i32.const 3)))
          (throw_ref)))`,
    ],
  ])("%s", (_, wat) => {
    const module = assemble(wat, everything);
    const metered: Plan = {
      hooks: frameHooks,
      functions: new Map(),
      meter: meter("wasmtime-50", "run", true),
    };
    for (const probes of [watched, rewritten]) {
      const plan = everywhere(module, probes);
      expect(isValid(rewrite(module, plan))).toBe(true);
      expect(isValid(rewrite(module, plan, { ...metered, everywhere: frameProbes }))).toBe(true);
    }
  });
});
