/** Diffs: the functions' changes add up to the total's, whatever was renamed; who is tied to whom; 0 on either side. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { align } from "../../src/ci/align.ts";
import { delta, diff } from "../../src/ci/diff.ts";
import { matchFunctions } from "../../src/ci/match.ts";
import type { Measured, MeasuredFunction } from "../../src/ci/measured.ts";
import { measured } from "./measured-arbitrary.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

test("the changes of functions, and of opcodes, add up", () => {
  fc.assert(
    fc.property(measured, measured, (base, head) => {
      const { functions, opcodes } = diff(base, head);
      expect(sum(functions.map(delta))).toBe(head.total - base.total);
      const fuel = ({ opcodes }: Measured) => sum(opcodes!.map((row) => row.fuel));
      expect(sum(opcodes!.map(delta))).toBe(fuel(head) - fuel(base));
      for (const one of functions)
        if (one.kind === "js" && one.fate !== "new" && one.fate !== "removed") continue;
        else expect(one.base === 0 || one.head === 0 || one.kind !== "js").toBe(true);
    }),
  );
});

test("nothing changes between a run and itself", () => {
  fc.assert(
    fc.property(measured, (run) => {
      const same = diff(run, structuredClone(run));
      expect([same.functions, same.opcodes, same.toolchain]).toEqual([[], [], []]);
    }),
  );
});

test("every function is in one pair", () => {
  fc.assert(
    fc.property(measured, measured, (base, head) => {
      const pairs = matchFunctions(base.functions, head.functions);
      const inPairs = (side: "base" | "head") => pairs.map((pair) => pair[side]).filter((fn) => fn !== null);
      expect(new Set(inPairs("base"))).toEqual(new Set(base.functions));
      expect(inPairs("base")).toHaveLength(base.functions.length);
      expect(new Set(inPairs("head"))).toEqual(new Set(head.functions));
      expect(inPairs("head")).toHaveLength(head.functions.length);
    }),
  );
});

test("alignment keeps both orders, whatever they are", () => {
  const list = fc.array(fc.nat(4), { maxLength: 20 });
  fc.assert(
    fc.property(list, list, (base, head) => {
      const pairs = align(
        base,
        head,
        (a, b) => a === b,
        (n) => n,
      );
      expect(pairs.flatMap((pair) => (pair.base === null ? [] : [pair.base]))).toEqual(base);
      expect(pairs.flatMap((pair) => (pair.head === null ? [] : [pair.head]))).toEqual(head);
    }),
  );
  const aligned = (base: number[], head: number[]) =>
    align(
      base,
      head,
      (a, b) => a === b,
      (n) => n,
    );
  expect(aligned([1, 2, 3], [1, 9, 2, 3])[1]).toEqual({ base: null, head: 9 });
  // a new line in front of one that changed a little
  expect(aligned([5, 20, 600], [5, 1500, 21, 602])).toEqual([
    { base: 5, head: 5 },
    { base: null, head: 1500 },
    { base: 20, head: 21 },
    { base: 600, head: 602 },
  ]);
});

function fn(name: string, more: Partial<MeasuredFunction> = {}): MeasuredFunction {
  const rest = {
    id: null,
    kind: "js",
    file: "a.js",
    line: 1,
    column: 1,
    calls: 1,
    self: 10,
    total: 10,
    perCall: 10,
  } as const;
  return { name, ...rest, lines: [], code: null, ...more };
}

function fates(base: readonly MeasuredFunction[], head: readonly MeasuredFunction[]): string[] {
  const run = (functions: readonly MeasuredFunction[]): Measured => ({
    toolchain: { fuelModel: "m", quickjs: null, bytecodeVersion: null, plugin: null },
    ...{ functions, total: sum(functions.map(({ self }) => self)), startup: 0 },
    ...{ limit: null, exceeded: [], dispatches: 1, opcodes: null, natives: null },
  });
  return diff(run(base), run(head)).functions.map(
    ({ name, fate, was }) => `${was ? `${was.file}:${was.name} ` : ""}${name} ${fate}`,
  );
}

describe("ties functions", () => {
  test("by name, wherever it stands in its file", () => {
    expect(fates([fn("a", { line: 3 })], [fn("a", { line: 9, self: 11 })])).toEqual(["a changed"]);
  });
  test("by name to another file", () => {
    expect(fates([fn("a")], [fn("a", { file: "b.js" })])).toEqual(["a.js:a a moved"]);
  });
  test("by place, renamed", () => {
    expect(fates([fn("a", { line: 7 })], [fn("b", { line: 7 })])).toEqual(["a.js:a b renamed"]);
  });
  test("by code, renamed and moved", () => {
    const code = "0 1 2 3 4 5 6 7";
    expect(fates([fn("a", { line: 7, code })], [fn("b", { line: 9, code })])).toEqual(["a.js:a b renamed"]);
  });
  test("not by code that two have", () => {
    const code = "0 1 2 3 4 5 6 7";
    const twins = [fn("b", { line: 8, code }), fn("c", { line: 9, code })];
    expect(fates([fn("a", { line: 7, code })], twins)).toEqual(["b new", "c new", "a removed"]);
  });
  test("anonymous ones of a file in their order, with one added before them", () => {
    const [one, two] = [fn("(anonymous)", { line: 3, calls: 5 }), fn("(anonymous)", { line: 8, self: 70 })];
    const added = fn("(anonymous)", { line: 1, self: 3 });
    expect(fates([one, two], [added, one, two])).toEqual(["(anonymous) new"]);
  });
});
