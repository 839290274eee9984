/**
 * Scripts at work, one construct each, on small modules whose behaviour is plain to see; every module that is made is
 * valid in V8 and for binaryen. test/fuzz/monitors.test.ts has programs of every shape.
 */
import { describe, expect, test } from "vitest";
import type { ReportMap } from "../../src/monitor/report.ts";
import { assemble, everything } from "../support/binaryen.ts";
import { type MonitoredOptions, monitored } from "../support/monitored.ts";

/** `run(n)`: counts down from n in a loop, adding up; calls `now` once and `twice` through the table. */
const program = assemble(`(module
  (import "env" "now" (func $now (result i32)))
  (memory (export "memory") 1 3)
  (data (i32.const 8) "hello")
  (table 4 funcref)
  (elem (i32.const 1) $twice $run)
  (type $unary (func (param i32) (result i32)))
  (global $sum (mut i32) (i32.const 0))
  (func $twice (param $n i32) (result i32) (i32.mul (local.get $n) (i32.const 2)))
  (func $run (export "run") (param $n i32) (result i32) (local $i i32)
    (local.set $i (local.get $n))
    (block $out
      (loop $next
        (br_if $out (i32.eqz (local.get $i)))
        (global.set $sum (i32.add (global.get $sum) (local.get $i)))
        (i32.store8 offset=16 (local.get $i) (i32.const 7))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br $next)))
    (drop (call $now))
    (drop (memory.grow (i32.const 1)))
    (if (result i32) (i32.gt_u (local.get $n) (i32.const 3))
      (then (call_indirect (type $unary) (global.get $sum) (i32.const 1)))
      (else (i32.const 0)))))`).bytes;

const options = (n: number): MonitoredOptions => ({
  imports: { env: { now: () => 5 } },
  call: ({ run }) => run!(n),
});
const on = (text: string, n = 5) => monitored(program, text, options(n));

describe("events", () => {
  test("a counter in place, and the program's result as it was", () => {
    const { values, result } = on("wasm:opcode:i32.store8:before { report var n: u32; n++; }");
    expect(result).toBe(30);
    expect(values("n")).toEqual([5]);
  });

  test("operands, results, addresses, before and after", () => {
    const { values } = on(`
      wasm:opcode:i32.store8:before { report var sum: u32; sum = sum + effective_addr; report var v: i32; v = arg0; }
      wasm:opcode:i32.mul:after { report var r: i32; r = res0; report var a: i32; a = arg1; }
      wasm:opcode:memory.grow:after { report var ok: bool; ok = !failed; report var pages: u32; pages = arg0; }`);
    expect(values("sum")).toEqual([5 * 16 + 15]);
    expect(values("v")).toEqual([7]);
    expect([values("r"), values("a")]).toEqual([[30], [15]]);
    expect([values("ok"), values("pages")]).toEqual([[true], [1]]);
  });

  test("branches taken and not", () => {
    const { values } =
      on(`wasm:opcode:br_if:before { report var taken: u32; report var all: u32; all++; if (arg0 != 0) { taken++; } }
      wasm:opcode:br_if:after { report var stays: u32; stays++; }
      wasm:opcode:br_if:at_target { report var there: u32; there++; }
      wasm:opcode:br:before { report var back: u32; back++; }
      wasm:opcode:br:at_target { report var top: u32; top++; }`);
    expect([values("taken"), values("all"), values("stays"), values("there")]).toEqual([[1], [6], [5], [1]]);
    expect([values("back"), values("top")]).toEqual([[5], [6]]);
  });

  test("blocks: before, entry, exit, after", () => {
    const { values } = on(`
      wasm:opcode:loop:before { report var begun: u32; begun++; }
      wasm:opcode:loop:entry { report var turns: u32; turns++; }
      wasm:opcode:loop:exit { report var fallen: u32; fallen++; }
      wasm:opcode:block:after { report var behind: u32; behind++; }
      wasm:opcode:block:exit { report var through: u32; through++; }
      wasm:opcode:if:entry { report var yes: u32; yes++; }
      wasm:opcode:if:exit { report var done: u32; done++; }
      wasm:opcode:if:after { report var either: u32; either++; }
      wasm:opcode:else:entry { report var no: u32; no++; }
      wasm:opcode:else:exit { report var nodone: u32; nodone++; }`);
    expect(["begun", "turns", "fallen", "behind", "through"].map((name) => values(name)[0])).toEqual([
      1, 6, 0, 1, 0,
    ]);
    expect(["yes", "done", "either", "no", "nodone"].map((name) => values(name)[0])).toEqual([1, 1, 1, 0, 0]);
  });

  test("functions: entry and exit, with parameters as they came", () => {
    const { report } = on(`
      wasm:func:entry { report var in: u32; in++; }
      wasm:func:exit { report var out: u32; out++; }
      wasm(local0: i32):func:entry / fid == 2 / { report var n: i32; n = local0; }`);
    const shown = report.rows.map(({ variable, place, value }) => [variable, place!.function, value]);
    expect(shown).toEqual([
      ...[
        ["in", 1, 1],
        ["in", 2, 1],
        ["out", 1, 1],
        ["out", 2, 1],
        ["n", 2, 5],
      ],
    ]);
  });

  test("straight runs weigh what single instructions do", () => {
    const { values } = on(`report var one: u64; report var runs: u64; report var began: u64;
      wasm:opcode:*:before { one++; }
      wasm:block:start { began++; }
      wasm:block:end { runs = runs + instr_count as u64; }`);
    expect(values("runs")).toEqual(values("one"));
    expect(values("began")[0]).toBeGreaterThan(10n);
  });

  test("calls through the table name the function", () => {
    const { values } = on(
      `wasm:opcode:call_indirect:before { report var who: i32; who = resolved_fid; report var at: i32; at = table_entry_idx; }`,
    );
    expect([values("who"), values("at")]).toEqual([[1], [1]]);
  });

  test("a reference to a function is reported as its index, -1 where it is none that is known", () => {
    const tables =
      assemble(`(module (table $one 2 funcref) (table $two 2 funcref) (elem (table $one) (i32.const 1) func $f)
      (elem (table $two) (i32.const 0) func $f) (type $unary (func (param i32) (result i32)))
      (func $other) (func $f (type $unary) (local.get 0))
      (func (export "run") (result i32)
        (drop (table.get $one (i32.const 0)))
        (drop (table.get $two (i32.const 0)))
        (call_indirect $one (type $unary) (i32.const 7) (i32.const 1))))`).bytes;
    const { values } = monitored(
      tables,
      `report var never: funcref; report var pairs: map<u32, (funcref, u8)>;
      wasm:opcode:table.get|call_indirect:before {
        report var to: funcref; report var id: i32; to = target_funcref; id = resolve_funcref(to, 0); pairs[pc] = (to, 1);
      }`,
      { call: ({ run }) => run!() },
    );
    expect([values("never"), values("to"), values("id")]).toEqual([[-1], [1, -1, -1], [1, -1, -1]]);
    expect((values("pairs")[0] as ReportMap).map.map(([, pair]) => pair)).toEqual([
      [-1, 1],
      [-1, 1],
      [1, 1],
    ]);
  });

  test("begin, end and report run once, in that order", () => {
    const { report, rewriting } = on(`use whamm_core;
      wasm:report { whamm_core.putc(114); }
      wasm:begin { whamm_core.putc(98); }
      wasm:func:entry / fid == 2 / { whamm_core.putc(42); }
      wasm:end { whamm_core.putc(101); }`);
    expect(report.output).toBe("b*er");
    expect(rewriting.layout.custom).toBe(true);
  });

  test("a rule that matches nothing in the program leaves it as it is", () => {
    const { bytes, rewriting } = on("wasm:opcode:f32.sqrt:before { report var n: u32; n++; }");
    expect(rewriting.places).toEqual([]);
    expect(bytes).toEqual(program);
  });
});

describe("predicates", () => {
  test("false ones add no byte, true ones no branch", () => {
    const { bytes } = on("wasm:opcode:*:before / fid == 99 / { report var n: u32; n++; }");
    expect(bytes).toEqual(program);
    const plain = on("report var n: u32; wasm:opcode:i32.mul:before { n++; }").bytes;
    const folded = on(
      'report var n: u32; wasm:opcode:i32.mul:before / fname == "twice" || pc >= 0 / { n++; }',
    ).bytes;
    expect(folded).toEqual(plain);
  });

  test("mixed ones keep what is dynamic", () => {
    const { values, rewriting } = on(
      "report var n: u32; wasm:opcode:i32.store8:before / fid == 2 && arg1 > 2 / { n++; }",
    );
    expect(values("n")).toEqual([3]);
    expect(rewriting.places[0]!.residual!.predicate).toMatchObject({ kind: "binary", operator: ">" });
  });

  test("bounds leave out places that do not have what they state", () => {
    const { rewriting } = on("wasm:opcode:call|call_indirect(arg1: i32):before { report var n: u32; n++; }");
    expect(rewriting.places.map(({ place }) => place.event)).toEqual(["wasm:opcode:call_indirect:before"]);
    expect(on("wasm(local7: i32):opcode:*:before { report var n: u32; n++; }").rewriting.places).toEqual([]);
    expect(on("wasm:opcode:i32.mul(arg0: i64):before { report var n: u32; n++; }").rewriting.places).toEqual(
      [],
    );
  });
});

describe("mode alt", () => {
  test("replaces an instruction by what is known to take its place", () => {
    expect(on('wasm:opcode:call:alt / target_fn_name == "now" / { drop_args(); }').result).toBe(30);
    expect(on("wasm:opcode:i32.store8:alt { drop_args(); }").result).toBe(30);
    // i32.eqz left out: its operand stays as its result, so the loop ends at once.
    expect(on("wasm:opcode:i32.eqz:alt { }").result).toBe(0);
  });

  test("calls another function with the same operands", () => {
    const other = assemble(`(module
      (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func $ten (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
      (func (export "run") (param i32) (result i32) (call $one (call $one (local.get 0)))))`).bytes;
    const run = (text: string) => monitored(other, text, { call: ({ run }) => run!(3) }).result;
    expect(run("wasm:opcode:call:alt { alt_call_by_id(1); }")).toBe(300);
    expect(run("wasm:opcode:call(arg0: i32):alt / arg0 == 3 / { alt_call_by_id(1); }")).toBe(31);
  });

  /**
   * sum(n, x): n levels deep, adds at each level what \$one gives for n and x; pair, other, thrower and deep have the
   * same type as one, others not.
   */
  const callees = assemble(
    `(module (memory 1) (tag $t (param i32))
      (func $one (param i32 f64) (result i32 i64) (local.get 0) (i64.const 1))
      (func $other (export "other") (param i32 f64) (result i32 i64)
        (i32.add (local.get 0) (i32.trunc_f64_s (local.get 1))) (i64.const 10))
      (func $deep (param i32 f64) (result i32 i64)
        (i32.mul (i32.const 1000) (call $sum (i32.sub (local.get 0) (i32.const 1)) (f64.const 5))) (i64.const 100))
      (func $thrower (export "thrower") (param i32 f64) (result i32 i64) (throw $t (i32.const 77)))
      (func $sum (export "sum") (param $n i32) (param $x f64) (result i32) (local $b i64)
        (if (i32.le_s (local.get $n) (i32.const 0)) (then (return (i32.const 0))))
        (call $one (local.get $n) (local.get $x))
        (local.set $b)
        (i32.add (i32.wrap_i64 (local.get $b)))
        (i32.add (call $sum (i32.sub (local.get $n) (i32.const 1)) (local.get $x))))
      (func (export "run") (param i32) (result i32)
        (try (result i32) (do (call $sum (local.get 0) (f64.const 2))) (catch $t))))`,
    everything,
  ).bytes;
  const summed = (text: string, n = 3) => monitored(callees, text, { call: ({ run }) => run!(n) });

  test("calls several functions instead, and what they do in between is seen; the last one gives the results", () => {
    const plain = 3 + 1 + 2 + 1 + 1 + 1;
    expect(summed("wasm:func:entry { }").result).toBe(plain);
    expect(summed("wasm:opcode:call:alt / imm0 == 0 / { alt_call_by_id(1); }").result).toBe(5 + 4 + 3 + 30);
    const both = summed(`report var order: map<u32, u64>; var n: u32;
      wasm:func:entry { order[n] = fid as u64; n++; }
      wasm:opcode:call(arg1: i32):alt / imm0 == 0 && arg1 != 2 / {
        report var spent: u64; spent = fuel;
        alt_call_by_name("other"); order[n] = 90; n++; alt_call_by_id(imm0); order[n] = fuel - spent; n++;
      }`);
    expect(both.result).toBe(plain);
    expect((both.values("order")[0] as ReportMap).map.map(([, what]) => what)).toEqual(
      [5, 4, 1, 90, 0, 0, 4, 0, 4, 1, 90, 0, 0, 4].map(BigInt),
    );
  });

  test("operands that are dropped at some visits only, behind a call or in front of one", () => {
    const doubling = assemble(`(module (func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "run") (param i32) (result i32) (call 0 (call 0 (local.get 0)))))`).bytes;
    const run = (body: string, n = 3) =>
      monitored(doubling, `wasm:opcode:call(arg0: i32):alt { ${body} }`, { call: ({ run }) => run!(n) })
        .result;
    expect([run(""), run("drop_args();"), run("if (arg0 > 3) { drop_args(); }")]).toEqual([3, 0, 3]);
    expect(run("if (arg0 > 3) { return; } drop_args();")).toBe(0);
    expect(run("if (arg0 == 3) { alt_call_by_id(0); } if (arg0 > 2) { drop_args(); }")).toBe(0);
    expect(run("if (arg0 < 9) { alt_call_by_id(0); if (arg0 > 2) { drop_args(); } }")).toBe(12);
    expect(run("if (arg0 > 2) { drop_args(); if (arg0 < 9) { alt_call_by_id(0); } }")).toBe(12);
  });

  test("functions that come to the same place again, or throw", () => {
    // Two levels deeper the same operands and results are used again.
    const again = summed(
      "wasm:opcode:call(arg1: i32):alt / imm0 == 0 && fid == 4 && arg1 == 3 / { alt_call_by_id(2); alt_call_by_id(1); }",
    );
    expect(again.result).toBe(5 + 10 + 2 + 1 + 1 + 1);
    const before = summed(
      "wasm:opcode:call(arg1: i32):alt / imm0 == 0 && fid == 4 && arg1 == 3 / { alt_call_by_id(1); alt_call_by_id(2); }",
    );
    expect(before.result).toBe(1000 * (2 + 1 + 1 + 1) + 100 + 2 + 1 + 1 + 1);
    const thrown = summed(
      'wasm:opcode:call(arg1: i32):alt / imm0 == 0 && arg1 == 1 / { report var n: u32; n++; alt_call_by_name("thrower"); }',
    );
    expect([thrown.result, thrown.values("n")]).toEqual([77, [1]]);
  });

  test("a function of another type is an error only where a place can come to it", () => {
    const text = (what: string) => `wasm:opcode:call:alt / fid == 4 / { ${what} }`;
    const fits = "if (imm0 != 0 && true) { return; } elif (!(imm0 > 0 || fuel == 1)) { alt_call_by_id(1); }";
    expect(summed(text(`${fits} else { drop_args(); }`)).result).toBe(5 + 10);
    for (const wrong of ["alt_call_by_id(1);", "if (fuel > 1) { alt_call_by_id(1); }"])
      expect(() => summed(text(wrong))).toThrow(/alt_call_by_id: the function 1 has another type/);
    const nobody = 'alt_call_by_name("none");';
    const column = text(nobody).indexOf('"none"') + 1;
    expect(() => summed(text(nobody))).toThrow(
      `test.mm:1:${column}: alt_call_by_name: the module has no function none`,
    );
  });

  test("a function by its name, which nothing else of the script takes a string for", () => {
    const { result } = summed(
      'wasm:opcode:call:alt / fid == 4 && imm0 == 0 / { alt_call_by_name("other"); }',
    );
    expect(result).toBe(5 + 4 + 3 + 30);
  });

  test("takes a whole block away", () => {
    expect(on("wasm:opcode:block:alt { }").result).toBe(0);
  });

  /** run(n): of i from n to 1, adds 100 where i is odd, else i; leaves the loop from inside where i is 7. */
  const structured = assemble(`(module
    (func (export "run") (param $n i32) (result i32) (local $sum i32)
      (block $out
        (loop $next
          (br_if $out (i32.eqz (local.get $n)))
          (local.set $sum (i32.add (local.get $sum)
            (if (result i32) (i32.and (local.get $n) (i32.const 1))
              (then (br_if $out (i32.eq (local.get $n) (i32.const 7))) (i32.const 100))
              (else (block $in (br_table $in $out $in (i32.eq (local.get $n) (i32.const 8)))) (local.get $n)))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
      (return (local.get $sum))))`).bytes;
  const runs = (text: string, n: number) => monitored(structured, text, { call: ({ run }) => run!(n) });

  test("a block at some visits only, whose branches lead out of it", () => {
    const plain = (n: number) => runs("wasm:func:entry { }", n).result;
    expect([plain(3), plain(4), plain(7), plain(9)]).toEqual([202, 206, 0, 100]);
    const odd = "wasm(local0: i32):opcode:if:alt / local0 == 3 / { report var n: u32; n++; }";
    // What is left out gives the condition, 1.
    expect([runs(odd, 3).result, runs(odd, 4).result, runs(odd, 9).result]).toEqual([103, 107, 100]);
    expect(runs(odd, 4).values("n")).toEqual([1]);
    const two = "wasm(local0: i32):opcode:if:alt / arg0 == 0 && local0 == 2 / { drop_args(); }";
    expect(runs(two, 4).result).toBe(204);
    const never = "wasm(local0: i32):opcode:block|loop|if|else:alt / local0 == -1 / { }";
    for (const n of [3, 4, 7, 9]) expect(runs(never, n).result).toBe(plain(n));
  });

  test("what is behind an else, always and at some visits", () => {
    expect(runs("wasm:opcode:else:alt { }", 4).result).toBe(200);
    const events = `wasm:opcode:if:after { report var behind: u32; behind++; }
      wasm:opcode:else:entry { report var in: u32; in++; } wasm:opcode:else:exit { report var out: u32; out++; }
      wasm:opcode:end:before { report var ends: u32; ends++; }`;
    const { result, values } = runs(
      `wasm(local0: i32):opcode:else:alt / local0 > 2 / { report var n: u32; n++; } ${events}`,
      6,
    );
    expect(result).toBe(302);
    expect(["n", "in", "out", "behind"].map((name) => values(name)[0])).toEqual([2, 1, 1, 6]);
    // The end stays: control comes to it from there as before.
    expect(values("ends")).toEqual([0, 3, 0, 0, 0]);
  });

  test("a return, with what the function then gives", () => {
    expect(runs("wasm:opcode:return:alt { drop_args(); }", 4).result).toBe(0);
    expect(runs("wasm:opcode:return(arg0: i32):alt / arg0 == 206 / { drop_args(); }", 4).result).toBe(0);
    expect(runs("wasm:opcode:return(arg0: i32):alt / arg0 == 205 / { drop_args(); }", 4).result).toBe(206);
  });

  test("sees the fuel, which is the program's on the way that it takes", () => {
    const fuel = (text: string) =>
      runs(`report var spent: u64; ${text} wasm:func:exit { spent = fuel; }`, 4).values("spent")[0];
    const plain = fuel("");
    expect(fuel("wasm:opcode:block|loop|if|else:alt / fuel > 1000000 / { }")).toBe(plain);
    // In wasmtime's model a constant, a local.get and the rest of an else cost one each, and blocks nothing.
    const skipped = fuel("wasm(local0: i32):opcode:else:alt / local0 == 4 / { }") as bigint;
    expect((plain as bigint) - skipped).toBe(5n);
  });

  test("two probes for one instruction are refused, as in Whamm, but where one is false beforehand", () => {
    const two = "wasm:opcode:else:alt { } wasm:opcode:else:alt / fuel > 9 / { }";
    expect(() => runs(two, 4)).toThrow(/two probes of mode alt stand instead of the same instruction: else/);
    expect(runs("wasm:opcode:else:alt { } wasm:opcode:else:alt / fid == 9 / { }", 4).result).toBe(200);
  });

  test("references are null, and those that cannot be are not needed where the predicate is false", () => {
    const references = assemble(`(module (table 1 funcref) (elem declare func $f)
      (func $f (result funcref) (ref.func $f))
      (func (export "run") (result i32) (ref.is_null (call $f))))`).bytes;
    const run = (text: string) => monitored(references, text, { call: ({ run }) => run!() }).result;
    expect(run("wasm:opcode:call:alt { }")).toBe(1);
    expect(run("wasm:opcode:call:alt / fuel > 1000 / { }")).toBe(0);
  });

  test("blocks inside each other, as deep as they come", () => {
    const nested = (depth: number) => {
      const labels = Array.from({ length: depth }, (_, n) => `$b${n}`);
      return assemble(`(module (func (export "run") (param i32) (result i32)
        ${labels.map((label) => `(block ${label}`).join(" ")} (br_table ${labels.join(" ")} (local.get 0))
        ${") (return (i32.const 5)) ".repeat(depth - 1)}) (i32.const 7)))`).bytes;
    };
    const alt = "wasm(local0: i32):opcode:block:alt / local0 == 2 / { }";
    const run = (n: number) => monitored(nested(400), alt, { call: ({ run }) => run!(n) }).result;
    expect([run(0), run(1), run(399), run(2)]).toEqual([7, 5, 5, 7]);
    expect(() => monitored(nested(401), alt)).toThrow(/more than 400 blocks/);
  });
});

describe("state", () => {
  test("initial values are there where nothing happened", () => {
    const { values } = on(`report var g: i64 = -3; var base: u32 = 40;
      wasm:opcode:else:entry { report var x: u32 = fid + base; report var s: str = fname; report var p: u32 = pc; }`);
    expect([values("g"), values("x"), values("s")]).toEqual([[-3n], [42], [""]]);
    expect(values("p")[0]).toBeGreaterThan(10);
  });

  test("unshared variables live on, locals do not", () => {
    const { values } = on(`report var last: u32; report var fresh: u32;
      wasm:opcode:i32.store8:before { unshared var n: u32; var m: u32; n++; m++; last = n; fresh = m; }`);
    expect([values("last"), values("fresh")]).toEqual([[5], [1]]);
  });

  test("tuples, and maps of every shape", () => {
    const { values } = on(`
      report var t: (u8, (i64, bool)); report var m: map<u32, u64>; report var n: map<(str, bool), (f64, i32)>;
      report var nested: map<u32, map<u32, u8>>; report var floats: map<f32, f64>;
      wasm:opcode:i32.store8:before {
        t.0 = t.0 + 200; t.1 = (arg1 as i64, t.0 > 100);
        m[arg1]++; m[0] = m[0] + 10; n[(opname, arg1 > 3)] = (arg1 as f64, 0 - arg0);
        var inner: map<u32, u8> = nested[arg1 % 2]; inner[arg1]--; floats[1.5] = floats[1.5] + 0.25;
      }`);
    expect(values("t")).toEqual([[232, [1n, true]]]);
    expect(values("m")).toEqual([{ map: [[0, 50n], ...[1, 2, 3, 4, 5].map((k) => [k, 1n])] }]);
    expect(values("n")).toEqual([
      {
        map: [
          [
            ["i32.store8", false],
            [1, -7],
          ],
          [
            ["i32.store8", true],
            [4, -7],
          ],
        ],
      },
    ]);
    expect(values("nested")).toEqual([
      {
        map: [
          [
            0,
            {
              map: [
                [2, 255],
                [4, 255],
              ],
            },
          ],
          [
            1,
            {
              map: [
                [1, 255],
                [3, 255],
                [5, 255],
              ],
            },
          ],
        ],
      },
    ]);
    expect(values("floats")).toEqual([{ map: [[1.5, 1.25]] }]);
  });

  test("functions of the script, recursion and early return", () => {
    const { values } = on(`report var f: u64; report var first: i32;
      fn fac(n: u64) -> u64 { if (n < 2) { return 1; } return n * fac(n - 1); }
      fn note(x: i32) { if (first != 0) { return; } first = x; }
      fn pair(a: u32) -> (u32, u32) { return (a, a + 1); }
      wasm:opcode:i32.mul:before { f = fac(20); note(arg1); report var p: u32; p = fac(3) as u32; var t: (u32, u32) = pair(4); p = p + t.1; }
      wasm:opcode:i32.store8:before { if (arg1 < 4) { return; } first = 9; }`);
    expect([values("f"), values("first"), values("p")]).toEqual([[2432902008176640000n], [9], [11]]);
  });
});

describe("strings and memories", () => {
  test("strings of the program and of the script", () => {
    const { values } =
      on(`report var s: str; report var is: bool; report var has: bool; report var long: u32; report var end: bool;
      wasm:func:entry / fid == 2 / {
        s = read_str(APP_MEMID, 8, 5); is = strcmp((8, 5), "hello"); has = strcontains((8, 5), "ell");
        long = s.len(); end = s.ends_with("lo") && !s.starts_with("x") && s.contains("ll");
      }`);
    expect(["s", "is", "has", "long", "end"].map((name) => values(name)[0])).toEqual([
      "hello",
      true,
      true,
      5,
      true,
    ]);
  });

  test("copies between memories, and what segments fill", () => {
    const { values, report } =
      on(`use whamm_core; report var start: u32; report var length: u32; report var pages: u32; report var back: str;
      wasm:func:entry / fid == 2 / {
        start = active_data_start(APP_MEMID); length = active_data_len(APP_MEMID); pages = mem_size(APP_MEMID);
        var p: i32 = whamm_core.mem_alloc(16);
        memcpy(APP_MEMID, 8, memid(whamm_core), p as u32, 5);
        whamm_core.puts(p, 5);
        write_str(APP_MEMID, 100, "ünï");
        back = read_str(APP_MEMID, 100, 5);
      }`);
    expect(["start", "length", "pages", "back"].map((name) => values(name)[0])).toEqual([8, 5, 1, "ünï"]);
    expect(report.output).toBe("hello");
  });

  test("the program's memory is there before the program runs, also in front of its own start function", () => {
    const starting = assemble(`(module (memory (export "memory") 2) (data (i32.const 8) "hello")
      (global $seen (mut i32) (i32.const 0)) (start $start)
      (func $start (global.set $seen (i32.load8_u (i32.const 100))))
      (func (export "run") (result i32) (global.get $seen)))`).bytes;
    const { values, result } = monitored(
      starting,
      `report var early: str = read_str(APP_MEMID, 8, 5); report var same: bool; report var pages: u32; report var back: str;
      write_str(APP_MEMID, 100, "*");
      wasm:begin {
        same = strcmp((8, 5), "hello"); pages = mem_size(APP_MEMID);
        var s: str = "x"; memcpy(APP_MEMID, 8, APP_MEMID, 200, 5); back = read_str(APP_MEMID, 200, 5);
      }
      wasm:func:entry { report var n: u32; n++; }`,
      { call: ({ run }) => run!() },
    );
    expect(result).toBe("*".charCodeAt(0));
    expect(["early", "same", "pages", "back"].map((name) => values(name)[0])).toEqual([
      "hello",
      true,
      2,
      "hello",
    ]);
    expect(values("n")).toEqual([1, 1]);
  });

  test("printing of strings: by address and length, or as they are", () => {
    const { report } = on(`use whamm_core; var kept: str = "ä"; var last: map<u32, str>;
      wasm:begin { whamm_core.puts(kept.addr(), kept.len()); whamm_core.puts("->"); whamm_core.puts(kept); }
      wasm:opcode:memory.grow:before { last[1] = opname; whamm_core.puts(" "); whamm_core.puts(opname); }
      wasm:end { whamm_core.puts(last[2]); whamm_core.puts(" "); whamm_core.puts(last[1]); }`);
    expect(report.output).toBe("ä->ä memory.grow memory.grow");
  });

  test("what segments fill, asked outside of probes too", () => {
    const { values } =
      on(`report var start: u32 = active_data_start(APP_MEMID); report var twice: u32 = start * 2;
      report var late: u32; report var length: u32; var factor: u32; factor = active_data_len(0);
      fn times(n: u32) -> u32 { return active_data_len(APP_MEMID) * n; }
      wasm:func:entry { length = times(factor); }
      wasm:end { report var here: u32 = active_data_start(0); late = here + active_data_len(0); }`);
    expect(["start", "twice", "length", "late", "here"].map((name) => values(name)[0])).toEqual([
      8, 16, 25, 13, 8,
    ]);
  });

  test("what bulk instructions are about to write, in a second place", () => {
    const bulk =
      assemble(`(module (memory (export "memory") 1) (data (i32.const 8) "hello") (data $later "later")
      (func (export "run") (result i32)
        (memory.copy (i32.const 100) (i32.const 8) (i32.const 5))
        (memory.fill (i32.const 200) (i32.const 42) (i32.const 3))
        (memory.init $later (i32.const 300) (i32.const 1) (i32.const 4))
        (i32.load8_u (i32.const 104))))`).bytes;
    const { values, result, report } = monitored(
      bulk,
      `use whamm_core; report var copied: str; report var filled: str; report var later: str; var to: u32 = 1000;
      wasm:opcode:memory.copy|memory.fill|memory.init:before { dup_at(APP_MEMID, to); to = to + 100; }
      wasm:opcode:memory.copy:before {
        var p: i32 = whamm_core.mem_alloc(8); dup_at(memid(whamm_core), p); whamm_core.puts(p, arg0);
      }
      wasm:func:exit { copied = read_str(APP_MEMID, 1000, 5); filled = read_str(APP_MEMID, 1100, 3); later = read_str(APP_MEMID, 1200, 4); }`,
      { call: ({ run }) => run!() },
    );
    expect(result).toBe(111);
    expect([values("copied"), values("filled"), values("later")]).toEqual([["hello"], ["***"], ["ater"]]);
    expect(report.output).toBe("hello");
    const elsewhere = "use whamm_core; wasm:opcode:memory.fill:before { dup_at(memid(whamm_core), 2000); }";
    expect(() => monitored(bulk, elsewhere)).toThrow(/the memory only that it writes to/);
    expect(() => monitored(bulk, "wasm:opcode:memory.fill:after { dup_at(0, 0); }")).toThrow(
      /problem|about to write/,
    );
  });

  test("maps are printed as they are at that moment", () => {
    const { report } = on(`use whamm_core;
      var m: map<(u32, str), (i8, f32)>; var nested: map<bool, map<i64, u8>>; var none: map<u32, u32>;
      wasm:opcode:i32.store8:before / arg1 > 3 / {
        m[(arg1, opname)] = (-2, 1.5); var inner: map<i64, u8> = nested[arg1 == 4]; inner[-1]++; inner[7]++;
        whamm_core.print_map(m);
      }
      wasm:end { whamm_core.print_map_as_csv(m); whamm_core.print_map(nested); whamm_core.print_map(none); }`);
    expect(report.output).toBe(
      `(5,i32.store8)->(-2; +1.5e0)
(5,i32.store8)->(-2; +1.5e0);(4,i32.store8)->(-2; +1.5e0)
== m CSV FLUSH ==
key ((u32,str)), val ((i8,f32))
(5,i32.store8), (-2; +1.5e0)
(4,i32.store8), (-2; +1.5e0)
false->-1->1;7->1;true->-1->1;7->1

`,
    );
  });

  test("printing", () => {
    const { report } = on(`use whamm_core;
      wasm:end { whamm_core.putu64(0xFFFFFFFFFFFFFFFF); whamm_core.putc(32); whamm_core.puti8(-5); whamm_core.putc(32);
        whamm_core.putf64(2.0); whamm_core.putc(32); whamm_core.putf32(0.1); whamm_core.putc(32); whamm_core.putbool(1); whamm_core.putc(255); }`);
    expect(report.output).toBe("18446744073709551615 -5 +2e0 +1e-1 true\ufffd");
  });
});

describe("libraries", () => {
  const counter = assemble(`(module (global $n (mut i32) (i32.const 0)) (memory (export "memory") 1)
    (func (export "add") (param i32) (result i32) (global.set $n (i32.add (global.get $n) (local.get 0))) (global.get $n))
    (func (export "even") (param i32) (result i32) (i32.eqz (i32.and (local.get 0) (i32.const 1)))))`).bytes;
  const libraries = new Map([["lib", counter]]);

  test("are called at run time, once before, and while the script is compiled", () => {
    const { values } = monitored(
      program,
      `use lib; report var at: i32; report var fixed: i32 = @static lib.add(7);
       @init lib.add(100);
       wasm:opcode:i32.store8:before { at = lib.add(1); }
       wasm:func:entry / @static lib.even(fid as i32) as bool / { report var even: u32; even++; }`,
      { ...options(5), libraries },
    );
    expect([values("at"), values("fixed"), values("even")]).toEqual([[105], [7], [1]]);
  });
});

test("the target of a table is one of its labels, also where there is only the default", () => {
  const tables = assemble(`(module (func (export "run") (param i32) (result i32)
    (block $a (block $b (br_table $b $a (local.get 0))))
    (block $c (br_table $c (local.get 0)))
    (i32.const 1)))`).bytes;
  const text = `wasm:opcode:br_table:before { report var t: u32; t = target; report var n: u32; n = num_targets; }`;
  const of = (n: number) => monitored(tables, text, { call: ({ run }) => run!(n) }).values("t");
  expect([0, 1, 7, -1].map(of)).toEqual([
    [0, 0],
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
});

describe("ends", () => {
  test("a trap keeps the report", () => {
    const trapping = assemble(
      `(module (func (export "run") (param i32) (result i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (unreachable)))`,
    );
    const { values, error } = monitored(
      trapping.bytes,
      "wasm:opcode:loop:entry { report var n: u32; n++; } wasm:func:exit { report var out: u32; out++; }",
      { call: ({ run }) => run!(9) },
    );
    expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
    expect([values("n"), values("out")]).toEqual([[9], [0]]);
  });

  test("a monitor can stop its program", () => {
    const { error, values } = on(
      "use whamm_core; wasm:opcode:i32.store8:before { report var n: u32; n++; if (n == 3) { whamm_core.stop(); } }",
    );
    expect(String(error)).toBe("Error: the script stopped it");
    expect(values("n")).toEqual([3]);
  });
});
