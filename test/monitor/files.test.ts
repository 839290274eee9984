/**
 * Files that a monitor's code is part of, in this V8: as far as Node 20 goes without multi-memory, that is programs
 * without a memory, and the form that has libraries as imports. Other engines: files-in-engines.test.ts.
 */
import { describe, expect, test } from "vitest";
import { instrument } from "../../src/index.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { assemble, everything, isValid } from "../support/binaryen.ts";
import { countingProgram } from "../support/counting-program.ts";
import { monitored } from "../support/monitored.ts";

const small = assemble(`(module
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "run") (param $n i32) (result i32)
    (loop $next (br_if $next (call $twice (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n)))`).bytes;

const script = `use whamm_core; use lib;
  report var byPlace: map<(u32, str), u64>; report var pair: (i8, f64) = (-1, 2.5); report var text: str;
  @init lib.start(100);
  wasm:opcode:call|br_if:before { report var n: u32; n++; byPlace[(fid, opname)]++; text = opname; pair.0--; }
  wasm:func:entry / fname == "twice" || fid == 0 / { report var at: i32; at = lib.next(); }
  wasm:end { whamm_core.putu32(7); }`;

/** Prints through the support library too. */
const lib = assemble(`(module
  (import "whamm_core" "putc" (func $putc (param i32)))
  (memory (export "memory") 1)
  (func (export "_initialize") (i32.store (i32.const 4) (i32.const 1000)))
  (func (export "start") (param i32) (i32.store (i32.const 0) (local.get 0)))
  (func (export "next") (result i32)
    (call $putc (i32.const 46))
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4)))))`).bytes;

const run = ({ exports }: WebAssembly.Instance) => (exports["run"] as (n: number) => number)(4);

describe("a file of its own", () => {
  test("needs no imports where the program has none, and reports what a run under a monitor does", () => {
    // Two memories, the support library's and the library's: one is enough for this engine.
    const alone = script
      .replace("use lib;", "")
      .replace(/@init.*/, "")
      .replace("lib.next()", "7");
    const { bytes, imports, report } = instrument(small, { script: alone });
    expect(isValid(bytes)).toBe(true);
    expect([imports, decodeModule(bytes).imports]).toEqual([{}, []]);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    expect(run(instance)).toBe(0);
    const found = report(instance);
    expect(found).toEqual(monitored(small, alone, { call: ({ run }) => run!(4) }).report);
    expect(found.output).toBe("7");
    expect(found.rows.find(({ variable }) => variable === "pair")!.value).toEqual([-9, 2.5]);
  });

  test("has libraries in it, which begin before the script does", () => {
    const { bytes, report } = instrument(small, {
      script: script
        .replace("use whamm_core;", "")
        .replace(/wasm:end.*/, "")
        .replace(/^.*byPlace: .*$/m, "")
        .replace("byPlace[(fid, opname)]++; text = opname; pair.0--;", ""),
      libs: {
        lib: assemble(`(module
        (memory (export "memory") 1)
        (func (export "_initialize") (i32.store (i32.const 4) (i32.const 1000)))
        (func (export "start") (param i32) (i32.store (i32.const 0) (local.get 0)))
        (func (export "next") (result i32)
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4)))))`).bytes,
      },
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    run(instance);
    expect(report(instance).rows.find(({ variable }) => variable === "at")!.value).toBe(1104);
  });

  test("describes its report to any host", () => {
    const { bytes } = instrument(small, {
      script: "report var n: u64 = 5; wasm:opcode:call:before { n++; }",
      file: "x.mm",
    });
    const module = new WebAssembly.Module(bytes as BufferSource);
    const [section] = WebAssembly.Module.customSections(module, "javy_prof.monitor");
    expect(JSON.parse(new TextDecoder().decode(section))).toEqual({
      ...{ schemaVersion: 1, monitor: "x.mm", ending: [], custom: false, strings: [""] },
      rows: [{ variable: "n", type: "u64", probe: null, function: null, pc: null, first: 0 }],
    });
    const instance = new WebAssembly.Instance(module);
    run(instance);
    expect((instance.exports["javy_prof.monitor.value"] as (n: number) => bigint)(0)).toBe(9n);
  });

  test("refuses a library that wants what is not there, and a report that cannot be written", () => {
    const wants = assemble('(module (import "env" "x" (func)) (func (export "f")))').bytes;
    const calls = "use lib; wasm:opcode:call:before { lib.f(); }";
    expect(() => instrument(small, { script: calls, libs: { lib: wants } })).toThrow(/imports env\.x/);
    const counts = "wasm:opcode:call:before { report var n: u32; n++; }";
    expect(() => instrument(small, { script: counts, reportTo: "stderr" })).toThrow(/it has no WASI/);
    const command = "nowhere";
    expect(() => instrument(countingProgram, { script: counts, reportTo: "stderr", command })).toThrow(
      /no function "nowhere"/,
    );
  });

  test("is valid with all that can be in it", () => {
    const { bytes } = instrument(countingProgram, { script, libs: { lib }, reportTo: "stderr" });
    expect(isValid(bytes)).toBe(true);
  });
});

describe("with libraries as imports", () => {
  test("reports the same", () => {
    const { bytes, imports, attach, report } = instrument(small, {
      script,
      libs: { lib },
      selfContained: false,
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
    attach(instance);
    run(instance);
    const expected = monitored(small, script, {
      call: ({ run }) => run!(4),
      libraries: new Map([["lib", lib]]),
    });
    expect(report(instance)).toEqual(expected.report);
  });
});

describe("a pair of files", () => {
  const reading = assemble(`(module
    (import "env" "m" (memory $other 0)) (memory $own (export "memory") 1) (data (memory $own) (i32.const 8) "hello")
    (func (export "run") (param i32) (result i32)
      (loop $next
        (i32.store8 $own offset=16 (local.get 0) (i32.const 65))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 0)))`).bytes;
  const one = assemble(`(module
    (memory (export "memory") 1) (data (i32.const 8) "hello")
    (func (export "run") (param i32) (result i32)
      (loop $next
        (i32.store8 offset=16 (local.get 0) (i32.const 65))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 0)))`).bytes;
  const memories = `use whamm_core; report var text: str; report var pages: u32; report var is: bool;
    wasm:opcode:i32.store8:before { report var at: str; at = read_str(APP_MEMID, 8, 5); unshared var n: u32; n++; }
    wasm:func:exit { report var moved: str; memcpy(APP_MEMID, 8, APP_MEMID, 9, 5); moved = read_str(0, 8, 6);
      text = read_str(APP_MEMID, 17, 4); pages = mem_size(APP_MEMID); is = strcmp((8, 2), "hh");
      write_str(APP_MEMID, 100, "ünï"); whamm_core.putu32(pages); memcpy(APP_MEMID, 65000, APP_MEMID, 0, 5000); }
    wasm:end { whamm_core.putc(33); }`;

  test.each([
    [
      "strings, maps and printed text",
      small,
      script
        .replace("use lib;", "")
        .replace(/@init.*/, "")
        .replace("lib.next()", "7"),
    ],
    ["the program's memory", one, memories],
    [
      "what the program is called back for",
      assemble(`(module (memory 1) (data (i32.const 8) "hello")
        (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $ten (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
        (func (export "run") (param $n i32) (result i32)
          (memory.copy (i32.const 100) (i32.const 8) (i32.const 5))
          (memory.fill (i32.const 200) (i32.const 42) (i32.const 3))
          (if (result i32) (local.get $n)
            (then (i32.add (call $one (local.get $n)) (call $one (i32.const 1))))
            (else (i32.const 0)))))`).bytes,
      `use whamm_core; report var filled: str; report var at: u32 = active_data_start(APP_MEMID);
        wasm:opcode:call(arg0: i32):alt / arg0 == 4 / { report var n: u32; n++; alt_call_by_id(1); }
        wasm:opcode:memory.copy:before {
          var p: i32 = whamm_core.mem_alloc(8); dup_at(memid(whamm_core), p); whamm_core.puts(p, arg0);
        }
        wasm:opcode:memory.fill:before { dup_at(APP_MEMID, 300); }
        wasm:func:exit / fid == 2 / { filled = read_str(APP_MEMID, 300, 3); }`,
    ],
    [
      "no memory of the program's",
      small,
      "use whamm_core; wasm:opcode:call:alt / fuel > 5 / { alt_call_by_id(0); whamm_core.putc(33); }",
    ],
  ])("reports what one module does: %s", (_, bytes, text) => {
    const made = instrument(bytes, { script: text, target: "module" });
    for (const file of [made.bytes, made.monitor!]) expect(isValid(file)).toBe(true);
    expect(decodeModule(made.monitor!).imports).toEqual([]);
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(made.bytes as BufferSource),
      made.imports,
    );
    const result = run(instance);
    const expected = monitored(bytes, text, { call: ({ run }) => run!(4) });
    expect([result, made.report(instance)]).toEqual([expected.result, expected.report]);
    expect(made.report(instance).output).not.toBe("");
  });

  test("passes operands of every type to what is called instead", () => {
    const types = assemble(
      `(module (type $s (struct (field i32))) (type $f (func (param i32)))
        (func $one (param v128 (ref $s) (ref null $s) f64 externref) (result (ref $s) v128 f32)
          (local.get 1) (local.get 0) (f32.const 1))
        (func $other (param v128 (ref $s) (ref null $s) f64 externref) (result (ref $s) v128 f32)
          (ref.as_non_null (local.get 2)) (local.get 0) (f32.const 2))
        (func (export "run") (param i32)
          (call $one (v128.const i64x2 1 2) (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2))
            (f64.const 3) (ref.null extern))
          (drop) (drop) (drop)))`,
      everything,
    ).bytes;
    const script = "wasm:opcode:call:alt / fuel > 2 / { drop_args(); if (fuel > 3) { alt_call_by_id(1); } }";
    const { bytes, monitor } = instrument(types, { script, target: "module" });
    for (const file of [bytes, monitor!, instrument(types, { script }).bytes])
      expect(isValid(file)).toBe(true);
  });

  test("names the program's own memory among several", () => {
    const { bytes } = instrument(reading, { script: memories, target: "module" });
    expect(isValid(bytes)).toBe(true);
  });

  test("has libraries in the script's module, and tells any host where the state of a place is", () => {
    const { bytes, monitor } = instrument(small, { script, libs: { lib }, target: "module", file: "x.mm" });
    expect(isValid(monitor!)).toBe(true);
    const module = new WebAssembly.Module(bytes as BufferSource);
    expect(new Set(WebAssembly.Module.imports(module).map((from) => from.module))).toEqual(
      new Set(["javy_prof_monitor"]),
    );
    const sectionOf = (file: Uint8Array) => {
      const text = new TextDecoder().decode(file);
      return JSON.parse(text.slice(text.lastIndexOf('{"schemaVersion"')));
    };
    expect(sectionOf(bytes).rows.map((row: { variable: string }) => row.variable)).toEqual([
      "$0",
      "$0",
      "$2",
    ]);
    const { rows, state, ending } = sectionOf(monitor!);
    expect(rows.map((row: { variable: string }) => row.variable)).toEqual(["byPlace", "pair", "text"]);
    expect(Object.values(state)).toContainEqual([{ variable: "n", type: "u32", offset: 0 }]);
    expect(ending).toEqual([expect.stringMatching(/^wasm:end #\d+\.\d+ \(\)$/)]);
  });

  test("cannot write its report itself where the program has no WASI", () => {
    const counts = "wasm:opcode:call:before { report var n: u32; n++; }";
    expect(() => instrument(small, { script: counts, target: "module", reportTo: "stderr" })).toThrow(
      "cannot write a report itself: it has no WASI",
    );
  });
});

test.each([
  [
    "nothing that needs the instance",
    "report var m: map<u32, u64>; wasm:func:entry { m[fid]++; }",
    "[[0,1],[1,1]]",
  ],
  [
    "memory to copy",
    'report var s: str; write_str(APP_MEMID, 0, "ab"); wasm:func:exit { s = read_str(APP_MEMID, 0, 2); }',
    '"ab"',
  ],
])("the start function of a program runs where libraries are imports: %s", (_, text, expected) => {
  const starting =
    assemble(`(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0)) (start $start)
    (func $start (global.set $g (i32.const 5)))
    (func (export "run") (result i32) (global.get $g)))`).bytes;
  for (const target of ["rewrite", "module"] as const) {
    const { bytes, imports, attach, report } = instrument(starting, {
      script: text,
      selfContained: false,
      target,
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
    attach(instance);
    expect((instance.exports["run"] as () => number)()).toBe(5);
    const [row] = report(instance).rows;
    const { value } = row!;
    expect(
      JSON.stringify(typeof value === "object" && "map" in value ? value.map : value, (_, v) =>
        typeof v === "bigint" ? Number(v) : v,
      ),
    ).toBe(expected);
  }
});

test("what is wrong with a script, or its name, is said in the error's message too", () => {
  expect(() => instrument(small, { script: "\nwasm:opcode:cal:before { }", file: "x.mm" })).toThrow(
    "x.mm:2:13: no event matches cal (did you mean call?)",
  );
  expect(() => instrument(small, { script: "cals" })).toThrow("there is no monitor named cals");
});

test("a file has nobody who knows JavaScript's functions, and rules of js: are refused", () => {
  expect(() =>
    instrument(small, { selfContained: true, script: "js:func:entry { report var n: u32; n++; }" }),
  ).toThrow("rules of js: need a host");
});
