/**
 * The line that the dearest cost of a program is shown at: small programs, each with one construct that is dearer than
 * all the rest, whose line is marked. Beside it, what the engine's own line tables say.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { open, profile, type Result } from "../../src/index.ts";
import { linkDynamic } from "../../src/javy/link.ts";

const folder = new URL("lines/", import.meta.url);
const mark = "// <--";

/** What is dear here is work of a native function that the construct calls, so that it has no line of its own. */
const prelude = `
const big = new Array(3000).fill(7), chars = "x".repeat(2000), object = Object.assign({}, chars);
const join = Array.prototype.join.bind(big), fill = (it) => Object.assign.bind(null, it, chars);
const costly = { [Symbol.toPrimitive]: join }, long = "7,".repeat(60);
const accessor = (it, name, of) => Object.defineProperty(it, name, { ...of, enumerable: true });
const source = accessor({ cheap: 1 }, "dear", { get: join }), target = accessor({}, "dear", { set: join });
const twoWay = accessor({}, "dear", { get: join, set: join });
class Source {} accessor(Source.prototype, "dear", { get: join });
const iterator = (it) => Object.setPrototypeOf({ ...it, return: () => ({}) }, Iterator.prototype);
const countTo = (at, i = 0) => () => ({ done: i > at + 1, value: i++ === at ? big : [1] });
const dearIterator = (at) => iterator({ next: countTo(at) }).map(String);
const dearStart = fill(iterator({ next: () => ({ done: true }) }));
const asyncIterator = { [Symbol.asyncIterator]: () => ({ next: fill({ done: true }) }) };
`;

interface Case {
  readonly name: string;
  readonly source: string;
  /** 1-based. */
  readonly line: number;
}

const cases: readonly Case[] = readdirSync(folder).flatMap((file) =>
  readFileSync(new URL(file, folder), "utf8")
    .split(/^\/{4} /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      const source = prelude + text.slice(end + 1);
      const line = source.split("\n").findIndex((one) => one.includes(mark)) + 1;
      return { name: `${file}: ${text.slice(0, end)}`, source, line };
    }),
);

async function profiled(program: string | Uint8Array): Promise<Result> {
  const bytes = typeof program === "string" ? new TextEncoder().encode(program) : program;
  const { result } = await profile(await open(bytes));
  expect(result.run.exit.kind).toBe("ok");
  return result;
}

/** The line with the most fuel, of those behind the prelude; undefined where none has any. */
function dearest({ lines }: Result): number | undefined {
  const own = lines.filter(({ line }) => line >= prelude.split("\n").length);
  return own.sort((a, b) => b.self - a.self)[0]?.line;
}

/** What a profile says besides names and lines. */
function withoutPlaces({ fuel, phases, opcodes, pcs, functions, tree }: Result) {
  return {
    ...{ fuel, phases, opcodes },
    pcs: pcs.map(({ function: id, offset, fuel, hits }) => [id, offset, fuel, hits]),
    functions: functions.map(({ self, total, calls, min, max }) => [self, total, calls, min, max]),
    fuelOfTree: tree.reduce((sum, node) => sum + node.self, 0),
  };
}

test("there are a hundred, each marked once, none twice", () => {
  expect(cases.length).toBeGreaterThan(100);
  for (const { source } of cases) expect(source.split(mark)).toHaveLength(2);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

describe("the dearest line", () => {
  test.each(cases)("$name", async ({ source, line }) => {
    expect(dearest(await profiled(source))).toBe(line);
  });
});

test("a module has the same lines as its source, and without a source the engine's own; all else is the same", async () => {
  let wrong = 0;
  // every fourth: the comparison is the same for all
  for (const { source, line, name } of cases.filter((_, i) => i % 4 === 0)) {
    const program = await open(new TextEncoder().encode(source));
    const whole = await profiled(source);
    const module = await profiled(program.bytes);
    const bare = await profiled(linkDynamic(program.plugin!, program.payload!, ""));
    expect(module.lines, name).toEqual(whole.lines);
    expect(withoutPlaces(module), name).toEqual(withoutPlaces(whole));
    expect(withoutPlaces(bare), name).toEqual(withoutPlaces(whole));
    if (dearest(bare) !== line) wrong++;
  }
  // so many that no chance made the lines above right
  expect(wrong).toBeGreaterThan(15);
});
