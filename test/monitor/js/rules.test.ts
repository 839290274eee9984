/** What rules of js: bind and mean, each on a few lines of JavaScript whose behaviour is plain to see. */
import { describe, expect, test } from "vitest";
import { encodeText } from "../../../src/base/bytes.ts";
import {
  type MonitorOptions,
  matchesOf,
  monitor,
  open,
  type ReportMap,
  ScriptError,
} from "../../../src/index.ts";
import { assemble } from "../../support/binaryen.ts";
import { inRoot } from "../../support/javy-prof.ts";

async function on(source: string, text: string, options: Partial<MonitorOptions> = {}) {
  const program = await open(encodeText(source), { name: "app.js" });
  const script = { file: "test.mm", text };
  const { report, exit } = await monitor(program, { ...options, script, output: "capture" });
  const map = (variable: string) =>
    Object.fromEntries(
      (report.rows.find((row) => row.variable === variable)!.value as ReportMap).map.map(([key, value]) => [
        String(key),
        value,
      ]),
    );
  const places = (variable: string) =>
    report.rows
      .filter((row) => row.variable === variable)
      .map(({ place, value }) => [place!.functionName, place!.source!.line, value]);
  return { report, exit, map, places };
}

describe("functions", () => {
  const source = `function three(a, b, c) { return a; }
function* pair() { yield 1; yield 2; }
function outer(n) { return n > 0 ? outer(n - 1) : three(); }
three(1); three(1, 2, 3, 4); [7].map(three); three.apply(null, [1, 2]); new three(1);
for (const one of pair()) three(one);
outer(2); eval("(function late() { return three(); })()");`;

  test("arguments, callers, depth, resumptions; code that is made later", async () => {
    const { map, places, exit } = await on(
      source,
      `report var args: map<(str, i32), u32>; report var callers: map<(str, str), u32>; report var deepest: map<str, u32>;
      js:func:entry {
        report var begun: u32; report var went_on: u32;
        if (resumed) { went_on++; } else { begun++; args[(fname, argc)]++; callers[(caller, fname)]++; }
        if (depth > deepest[fname]) { deepest[fname] = depth; }
      }`,
    );
    expect(exit).toBe("ok");
    expect(map("args")).toMatchObject({
      ...{ "three,0": 2, "three,1": 4, "three,3": 1, "three,4": 1, "three,2": 1, "outer,1": 3, "pair,0": 1 },
      ...{ "late,0": 1, "(module app.js),0": 1 },
    });
    expect(map("callers")).toMatchObject({
      ...{ "(module app.js),outer": 1, "outer,outer": 2, "outer,three": 1, "late,three": 1 },
      ",(module app.js)": 1,
    });
    expect(map("deepest")).toMatchObject({ "(module app.js)": 1, outer: 4, three: 5, late: 3 });
    expect(places("went_on")).toContainEqual(["pair", 2, 3]);
    expect(places("begun")).toContainEqual(["late", 1, 1]);
  });

  test("a predicate on what is known leaves places out, one on what is not is asked", async () => {
    const { places } = await on(
      source,
      `js:func:entry / fname == "three" && argc > 1 / { report var many: u32; many++; }
      js:func:exit / fname.starts_with("out") && line == 3 / { report var left: u32; left++; }
      js:line:start / file == "other.js" / { report var never: u32; never++; }`,
    );
    expect(places("many")).toEqual([["three", 1, 3]]);
    expect(places("left")).toEqual([["outer", 3, 3]]);
    expect(places("never")).toEqual([]);
  });
});

describe("places", () => {
  test("have variables of their own, of every type, with initial values", async () => {
    const { places, report } = await on(
      "function f(n) { return n; }\nfunction g() {}\nfunction never() {}\nf(1); f(1, 2); g();",
      `js:func:entry {
        report var from: i32 = 40; report var last: (i32, u32); report var by: map<i32, u32>; unshared var n: u8;
        n++; from = from + argc; last.0 = argc; last.1 = n as u32; by[argc]++;
      }`,
    );
    expect(places("from")).toEqual([
      ["(module app.js)", 1, 40],
      ["f", 1, 43],
      ["g", 2, 40],
      ["never", 3, 40],
    ]);
    expect(places("last")[1]).toEqual(["f", 1, [2, 2]]);
    const by = report.rows.filter(({ variable }) => variable === "by").map(({ value }) => value as ReportMap);
    expect(by.map(({ map }) => map)).toEqual([
      [[0, 1]],
      [
        [1, 1],
        [2, 1],
      ],
      [[0, 1]],
      [],
    ]);
  });
});

describe("opcodes, lines, builtins", () => {
  const source = `function pick(n) {
  if (n % 3 == 0) return "x";
  return n;
}
for (let i = 0; i < 9; i++)
  pick(i);
function fail(n) {
  if (n > 2) throw new Error("no");
  null.x;
}
for (let i = 0; i < 5; i++) try { fail(i); } catch (error) { error.message; }
JSON.stringify([1, 2]);`;

  test("branches by where they lead, names in opcodes, lines, what is thrown where, builtins by line", async () => {
    const { map, places } = await on(
      source,
      `report var reads: map<str, u32>; report var raised: map<(str, u32), u32>; report var json: map<(str, u32), u32>;
      js:opcode:if_false*:after / fname == "pick" / { report var jumps: u32; report var all: u32; all++; if (next as i64 == imm0) { jumps++; } }
      js:opcode:get_field*:before { reads[atom]++; }
      js:opcode:return:after / fname == "pick" / { report var ends: u32; if (next == -1) { ends++; } }
      js:line:start / fname == "pick" / { report var hits: u32; hits++; }
      js:opcode:throw:before { raised[(fname, line)]++; }
      js:builtin:entry / fname == "JSON.stringify" / { json[(caller, caller_line)]++; }`,
    );
    expect(places("all")).toEqual([["pick", 2, 9]]);
    expect(places("jumps")).toEqual([["pick", 2, 6]]);
    expect(map("reads")).toMatchObject({ x: 3, message: 5, stringify: 1 });
    expect(places("hits")).toEqual([
      ["pick", 2, 9],
      ["pick", 3, 6],
    ]);
    expect(places("ends").reduce((sum, [, , n]) => sum + Number(n), 0)).toBe(9);
    expect(map("raised")).toEqual({ "fail,8": 2 });
    expect(map("json")).toEqual({ "(module app.js),12": 1 });
  });
});

describe("rules", () => {
  test("mean JavaScript only where they say so", () => {
    const providers = (rule: string) => new Set(matchesOf(rule).map(({ event }) => event.provider));
    expect(providers("*:opcode:call:before")).toEqual(new Set(["wasm"]));
    expect(providers(":func:entry")).toEqual(new Set(["wasm"]));
    expect(providers("js:opcode:call*:before")).toEqual(new Set(["js"]));
    expect(providers("wasm|js:func:entry")).toEqual(new Set(["wasm", "js"]));
    expect(() => matchesOf("js:opcode:nothing:before")).toThrow(ScriptError);
  });

  test("say what is missing", async () => {
    await expect(
      on("1;", "js:opcode:if_false:before { report var n: i32; n = next; }"),
    ).rejects.toMatchObject({
      problems: [expect.objectContaining({ message: "next is known after the opcode only" })],
    });
    const plain = await open(inRoot("fixtures/wasm/words.wasm"));
    await expect(monitor(plain, { script: "js:func:entry { }" })).rejects.toMatchObject({
      kind: "unsupported",
    });
  });
});

describe("arguments of builtins", () => {
  test("are counted, and strings among them measured", async () => {
    const { map } = await on(
      `const text = JSON.stringify("x".repeat(10_000)); const wide = "\u20ac".repeat(300);
JSON.parse(text); JSON.parse("[1]"); Math.max(1, 2, 3); "abc".indexOf(wide, 1); [3].concat(); [1].map(Number);
let built = "["; for (let i = 0; i < 4000; i++) built += "12345,"; JSON.parse(built + "0]");`,
      `report var argc_of: map<(str, i32), u32>; report var sizes: map<(str, i32, i32), u32>;
      js:builtin:entry / fname == "JSON.parse" || fname == "Math.max" || fname.ends_with("indexOf") || fname.ends_with("concat") || fname.ends_with("map") / {
        argc_of[(fname, argc)]++; sizes[(fname, arg0_bytes, arg1_bytes)]++;
      }`,
    );
    expect(map("argc_of")).toEqual({
      ...{ "JSON.parse,1": 3, "Math.max,3": 1, "String.prototype.indexOf,2": 1 },
      ...{ "Array.prototype.concat,0": 1, "Array.prototype.map,1": 1 },
    });
    expect(map("sizes")).toEqual({
      ...{ "JSON.parse,10002,-1": 1, "JSON.parse,3,-1": 1, "JSON.parse,24003,-1": 1, "Math.max,-1,-1": 1 },
      ...{
        "String.prototype.indexOf,600,-1": 1,
        "Array.prototype.concat,-1,-1": 1,
        "Array.prototype.map,-1,-1": 1,
      },
    });
  });
});

describe("@init", () => {
  const lib = assemble(`(module (global $n (mut i32) (i32.const 0)) (memory (export "memory") 1)
    (func (export "add") (param i32) (result i32) (global.set $n (i32.add (global.get $n) (local.get 0))) (global.get $n)))`).bytes;
  const source = `function one() { return two() + two(); }
function two() { return 1; }
function never() {}
one();
eval("(function late() { return 1; })()");`;

  test.each(["rewrite", "module"] as const)(
    "is called once for each place that is come to: %s",
    async (target) => {
      const script = (rule: string) => `use lib; report var total: i32; var seen: i32;
      wasm:report { total = lib.add(0); }
      js:func:entry ${rule}`;
      const total = async (rule: string) => {
        const { report } = await on(source, script(rule), { libs: { lib }, target });
        return report.rows.find(({ variable }) => variable === "total")!.value;
      };
      // the module's root, one, two, eval's program, late
      expect(await total("{ @init lib.add(1); }")).toBe(5);
      expect(await total('/ fname == "two" || fname == "never" / { @init lib.add(10); }')).toBe(10);
      // before what is known at a visit is asked, and with what is known of the place
      expect(await total("/ argc > 5 / { @init lib.add(line as i32); }")).toBe(1 + 1 + 2 + 1 + 1);
      // places of code that throws are known when it does
      expect(await total("/ false / { } js:throw { @init lib.add(100); }")).toBe(0);
    },
  );

  test("is made before the body", async () => {
    const { map } = await on(
      source,
      `use lib; report var at: map<str, i32>; js:func:entry { @init lib.add(1); at[fname] = lib.add(10); }`,
      { libs: { lib } },
    );
    expect(map("at")).toMatchObject({ "(module app.js)": 11, one: 22, two: 43 });
  });
});

describe("memory", () => {
  test("memory is attributed to the function that runs, a buffer to the byte", async () => {
    const { map } = await on(
      `function large() { return new ArrayBuffer(123_457); }
function small() { return 1; }
large(); large(); small();`,
      `report var asked: map<str, u64>; report var most: map<str, u32>;
      js:alloc { asked[fname] = asked[fname] + bytes as u64; if (bytes > most[fname]) { most[fname] = bytes; } }`,
    );
    expect(map("most")["large"]).toBe(123_457);
    expect(Number(map("asked")["large"])).toBeGreaterThan(2 * 123_457);
    expect(map("asked")["small"]).toBeUndefined();
  });
});
