/**
 * Programs of a size that tables and files are not made for: what is kept is bounded, nothing is lost from a function's
 * figures. Sizes are counted (rows, bytes), never timed.
 */
import { describe, expect, test } from "vitest";
import { FORMATS } from "../../src/format/files/formats.ts";
import { open, type ProfileOptions, profile, type Result } from "../../src/index.ts";
import { mostFileBytes, mostOrderedCalls, usualBudget } from "../../src/result/budget.ts";
import { restName } from "../../src/result/call-tree.ts";

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
    for (const format of ["speedscope", "folded", "json"])
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

test("many lines: opcodes are kept by line past the budget, lines are all there", async () => {
  const count = 60_000;
  const line = "x = x + y * 3 - 1;\n";
  const source = `let x = 0, y = 1;\n${line.repeat(count)}console.log(x);`;
  const result = await profiled(source);
  expect(codes(result)).toContain("pcs-merged");
  expect(result.pcs.length).toBeLessThanOrEqual(count + 10);
  expect(result.lines.length).toBe(count + 2);
  const all = await profiled(source, { events: "all" });
  expect(all.pcs.length).toBeGreaterThan(usualBudget.pcs);
  expect([result.lines, result.opcodes, result.functions]).toEqual([all.lines, all.opcodes, all.functions]);
}, 120_000);
