/**
 * Programs of a size that tables and files are not made for: what is kept is bounded, nothing is lost from a function's
 * figures. Sizes are counted (rows, bytes), never timed.
 */
import { describe, expect, test } from "vitest";
import { FORMATS } from "../../src/format/files/formats.ts";
import { open, type ProfileOptions, profile, type Result } from "../../src/index.ts";
import { checkRequest } from "../../src/profiler/request.ts";
import { mostFileBytes, mostOrderedCalls, usualBudget } from "../../src/result/budget.ts";
import { restName } from "../../src/result/call-tree.ts";
import { otherLines } from "../../src/result/code-rows.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import { otherFunctions } from "../../src/result/shown-functions.ts";
import { profileProgram } from "../../src/run/session.ts";
import { withThread } from "../../src/run/threads.ts";

async function profiled(source: string, options: ProfileOptions = {}): Promise<Result> {
  const program = await open(new TextEncoder().encode(source), { name: "app.js" });
  // throws where a sum does not hold
  const { result } = await profile(program, options);
  expect(result.run.exit.kind).toBe("ok");
  return result;
}

/** Bytes of the file in a format. */
function size(result: Result, format: string): number {
  let bytes = 0;
  for (const chunk of FORMATS.find(({ name }) => name === format)!.write(result))
    bytes += Buffer.byteLength(chunk);
  return bytes;
}

const codes = ({ warnings }: Result) => warnings.map(({ code }) => code);

/** Figures of functions, the rest's aside. */
const figures = ({ functions }: Result) => functions.filter(({ name }) => name !== restName);

/** `count` functions that call one another at random, `depth` deep, `times` times. */
const random = (count: number, depth: number, times: number) => `
let seed = 1;
const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8;
const all = [];
${Array.from({ length: count }, (_, i) => `all.push(function f${i}(d) { return d ? all[next() % ${count}](d - 1) + 1 : 0; });`).join("\n")}
let sum = 0;
for (let i = 0; i < ${times}; i++) sum += all[0](${depth});
console.log(sum);
`;

describe("many call paths", () => {
  test("the tree has a budget, and what is merged is in no function's way", async () => {
    const source = random(16, 400, 700);
    const bounded = await profiled(source);
    expect(codes(bounded)).toContain("paths-merged");
    expect(codes(bounded)).toContain("events-dropped");
    expect(bounded.tree.length).toBeLessThanOrEqual(usualBudget.nodes);
    expect(bounded.tree.length).toBeGreaterThan(usualBudget.nodes / 10);
    const rest = bounded.functions.find(({ name }) => name === restName)!;
    expect([rest.self, rest.calls]).toEqual([0, 0]);
    for (const format of ["speedscope", "folded", "json", "cpuprofile"])
      expect(size(bounded, format), format).toBeLessThan(mostFileBytes);

    // the oracle: the same run with every path
    const all = await profiled(source, { events: "all" });
    expect(all.tree.length).toBeGreaterThan(200_000);
    expect(codes(all)).toEqual([]);
    expect(bounded.fuel).toEqual(all.fuel);
    expect(figures(bounded)).toEqual(figures(all));
    expect([bounded.lines, bounded.pcs, bounded.opcodes]).toEqual([all.lines, all.pcs, all.opcodes]);
    expect(all.events!.length).toBe(2 * all.functions.reduce((calls, row) => calls + row.calls, 0));
  }, 120_000);
});

describe("many calls", () => {
  /** Besides the calls of f, there are the module's and that of console.log. */
  const calls = (count: number) =>
    `function f() { return 1; } let t = 0; for (let i = 0; i < ${count}; i++) t += f(); console.log(t);`;

  test("are in order as long as the file stays small", async () => {
    const some = await profiled(calls(mostOrderedCalls - 10_000));
    expect(some.events!.length).toBe(2 * (mostOrderedCalls - 10_000 + 2));
    expect(size(some, "speedscope")).toBeLessThan(mostFileBytes);
  }, 60_000);

  test("past that the tree stands for them, and all keeps them", async () => {
    const source = calls(300_000);
    const many = await profiled(source);
    expect(many.events).toBeUndefined();
    expect(many.warnings).toContainEqual({ code: "events-dropped", calls: 300_002, most: mostOrderedCalls });
    expect(size(many, "speedscope")).toBeLessThan(10_000);
    const all = await profiled(source, { events: "all" });
    expect(all.events!.length).toBe(600_004);
    expect(figures(all)).toEqual(figures(many));
  }, 60_000);
});

describe("many functions", () => {
  test("made at run time: each its own, however alike", async () => {
    const count = 5_000;
    const source = `let t = 0; for (let i = 0; i < ${count}; i++) t += new Function("return " + i + "1000")(); console.log(t);`;
    const result = await profiled(source);
    const made = result.functions.filter(
      ({ name, calls }) => name === "anonymous (eval at app.js:1)" && calls === 1,
    );
    expect(made.length).toBe(count);
  }, 60_000);

  test("that never run have a row, and cost nothing but that", async () => {
    const groups = Array.from(
      { length: 4 },
      (_, g) =>
        `(function () {\n${Array.from({ length: 5_000 }, (_, i) => `function f${g}_${i}(a) { return a + ${i}; }`).join("\n")}\nf${g}_7(1);\n})();`,
    );
    const program = await open(new TextEncoder().encode(groups.join("\n")), { name: "app.js" });
    const { result, facts } = await profile(program);
    expect(result.functions.filter(({ kind }) => kind === "js").length).toBe(4 * 5_000 + 4 + 1);
    // slots of 20,000 functions would be 8 MB; those of the four that hoist them are there
    const ran = result.functions.filter(({ calls }) => calls > 0);
    expect(ran.length).toBe(9);
    expect(facts.collectorBytes).toBeLessThan(24_000_000);
  }, 60_000);
});

describe("many lines", () => {
  const lines = (count: number, line: string) => `let x = 0, y = 1;\n${line.repeat(count)}console.log(x);`;

  test("opcodes are kept by line past the budget, lines are all there", async () => {
    const source = lines(18_000, "x = x + y * 3 - 1;\n");
    const result = await profiled(source);
    expect(codes(result)).toEqual(["pcs-merged"]);
    expect(result.pcs.length).toBeLessThanOrEqual(18_010);
    expect(result.lines.length).toBe(18_002);
    const all = await profiled(source, { events: "all" });
    expect(all.pcs.length).toBeGreaterThan(usualBudget.pcs);
    expect([result.lines, result.opcodes, figures(result)]).toEqual([all.lines, all.opcodes, figures(all)]);
  }, 120_000);

  test("those that cost most have a row, the others are one: no figure changes", async () => {
    const source = lines(40_000, "x = x + y * 3 - 1;\n");
    const result = await profiled(source);
    expect(codes(result)).toEqual(["lines-merged", "pcs-merged"]);
    const all = await profiled(source, { events: "all" });
    expect(codes(all)).toEqual([]);
    expect(all.lines.length).toBe(40_002);
    const { lines: total, kept } = result.warnings.find(({ code }) => code === "lines-merged") as never;
    expect([total, kept]).toEqual([40_002, result.lines.length - 1]);
    const other = result.files.indexOf(otherLines);
    const known = new Map(all.lines.map((row) => [row.line, row]));
    const shown = result.lines.filter(({ file }) => file !== other);
    expect(shown).toEqual(shown.map(({ line }) => known.get(line)));
    for (const { line } of shown) known.delete(line);
    const left = [...known.values()];
    const least = shown.reduce((least, { self }) => Math.min(least, self), Infinity);
    expect(left.reduce((most, { self }) => Math.max(most, self), 0)).toBeLessThanOrEqual(least);
    expect(result.lines.find(({ file }) => file === other)).toEqual({
      ...{ file: other, line: 1, text: null },
      self: left.reduce((sum, { self }) => sum + self, 0),
      hits: left.reduce((sum, { hits }) => sum + hits, 0),
    });
    expect([result.opcodes, result.functions]).toEqual([all.opcodes, all.functions]);
    for (const format of ["speedscope", "json", "cpuprofile", "folded"])
      expect(size(result, format), format).toBeLessThan(5_000_000);
  }, 120_000);

  test("code of more than half a megabyte has no counter for each of its bytes", async () => {
    const source = `let x = 0;${"x=x+1;".repeat(100_000)}console.log(x);`;
    const program = await open(new TextEncoder().encode(source), { name: "app.js" });
    const { result, facts } = await profile(program);
    expect(result.pcs.length).toBe(1);
    expect(facts.collectorBytes).toBeLessThan(16_000_000);
    const all = await profile(program, { events: "all" });
    expect(all.facts.collectorBytes).toBeGreaterThan(24_000_000);
    expect(all.result.pcs.length).toBeGreaterThan(500_000);
    const kept = ({ fuel, lines, opcodes, functions, phases }: Result) => [
      fuel,
      // which part of a long line is shown depends on its dearest opcode, which is not known where they share a counter
      lines.map(({ text: _, ...line }) => line),
      opcodes,
      functions,
      phases,
    ];
    expect(kept(result)).toEqual(kept(all.result));
  }, 120_000);
});

describe("too many functions", () => {
  const source = `
${Array.from({ length: 30_000 }, (_, i) => `function f${i}(a) { return a + ${i}; }`).join("\n")}
let t = 0;
for (let i = 0; i < 7; i++) t += f29999(i) + f5(i);
console.log(t);`;

  test("those that cost most have a row, never called ones are the first to have none", async () => {
    const result = await profiled(source);
    const all = await profiled(source, { events: "all" });
    expect(all.functions.filter(({ kind }) => kind === "js").length).toBe(30_001);
    expect(codes(result)).toContain("functions-merged");
    const kept = result.functions.filter(({ kind, name }) => kind === "js" && name !== otherFunctions);
    expect(kept.length).toBeGreaterThan(10_000);
    expect(kept.length).toBeLessThan(30_000);
    const named = new Map(all.functions.map((row) => [row.name, row]));
    // ids are rows, of native functions too
    const withoutId = (row: Result["functions"][number] | undefined) => ({
      ...{ ...row, id: 0 },
      natives: row?.natives?.map(({ calls, self }) => [calls, self]),
    });
    expect(kept.map(withoutId)).toEqual(kept.map(({ name }) => withoutId(named.get(name))));
    expect(kept.filter(({ calls }) => calls > 0).map(({ name }) => name)).toEqual([
      "(module app.js)",
      "f5",
      "f29999",
    ]);
    const other = result.functions.find(({ name }) => name === otherFunctions)!;
    expect([other.kind, other.calls, other.self, other.total]).toEqual(["js", 0, 0, 0]);
    expect([result.fuel, result.lines]).toEqual([all.fuel, all.lines]);
  }, 120_000);

  test("past a number they are not told apart: their sums are one row", async () => {
    const groups = Array.from(
      { length: 30 },
      (
        _,
        g,
      ) => `function g${g}(n) { let t = 0; for (let i = 0; i < n; i++) t += i; return t ? new Function("a", "return a + ${g}")(t) : 0; }
async function h${g}() { await null; return g${g}(0); }`,
    );
    const calls = `for (const f of [${Array.from({ length: 30 }, (_, g) => `g${g}`).join()}]) f(9) + f(0);
(async () => { let t = 0; for (const f of [${Array.from({ length: 30 }, (_, g) => `h${g}`).join()}]) t += await f(); console.log(t); })();`;
    const program = await open(new TextEncoder().encode(`${groups.join("\n")}\n${calls}`), {
      name: "app.js",
    });
    const request = checkRequest({}, "app.js");
    const run = (keptFunctions: number, frames: "js" | "builtin") =>
      withThread((thread) =>
        profileProgram(
          thread,
          program,
          { ...request, frames, bounds: { ...request.bounds, keptFunctions } },
          {},
          "0",
        ),
      );
    for (const frames of ["js", "builtin"] as const) {
      const { result } = await run(20, frames);
      const { result: all } = await run(1_000, frames);
      expect(brokenSums(result)).toEqual([]);
      expect([result.fuel, result.phases, result.run]).toEqual([all.fuel, all.phases, all.run]);
      const isOther = ({ name }: { readonly name: string }) => name === otherFunctions;
      const other = result.functions.find(isOther)!;
      const js = (rows: Result["functions"]) => rows.filter(({ kind }) => kind === "js");
      const shown = js(result.functions).filter((row) => !isOther(row));
      const ran = shown.filter(({ calls }) => calls > 0);
      expect(ran.length).toBe(20);
      // a row says all of a function, or is not there
      const text = ({ natives, ...row }: Result["functions"][number]) =>
        JSON.stringify({ ...row, id: 0, natives: natives?.map(({ calls, self }) => [calls, self]) });
      const rest = js(all.functions);
      for (const row of ran) {
        const same = rest.findIndex((one) => text(one) === text(row));
        expect(same, text(row)).toBeGreaterThanOrEqual(0);
        rest.splice(same, 1);
      }
      const sum = (figure: "self" | "calls" | "resumes") => rest.reduce((sum, row) => sum + row[figure], 0);
      expect([other.self, other.calls, other.resumes]).toEqual([sum("self"), sum("calls"), sum("resumes")]);
      expect(other.min).toBeNull();
      expect(result.warnings).toContainEqual({
        ...{ code: "functions-merged", functions: null },
        kept: expect.any(Number),
      });
      expect(result.opcodes.at(-1)).toEqual({
        ...{ name: otherFunctions, code: 256 },
        ...{ count: expect.any(Number), fuel: expect.any(Number) },
      });
    }
  }, 120_000);
});
