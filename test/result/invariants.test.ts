import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { wrongShape } from "../../src/result/shape.ts";
import { arbitraryResult } from "../support/arbitrary.ts";
import { empty, shop, thrown } from "../support/sample.ts";

test("a run's books balance", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      expect(brokenSums(result)).toEqual([]);
      expect(wrongShape(result)).toBe(null);
    }),
  );
  for (const result of [shop, thrown, empty]) expect(brokenSums(result)).toEqual([]);
});

/** Adds `by` to the number at `path`. */
function bump(result: Result, path: readonly (string | number)[], by: number): Result {
  const copy = structuredClone(result) as unknown as Record<string | number, never>;
  let at: Record<string | number, unknown> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  at[last] = (at[last] as number) + by;
  return copy as unknown as Result;
}

describe("one number off is found", () => {
  const cases: readonly (readonly [path: (string | number)[], message: RegExp])[] = [
    [["fuel", "total"], /fuel.total is \d+, but Σ phases/],
    [["fuel", "dispatches"], /fuel.dispatches is \d+, but Σ pcs.hits/],
    [["phases", "js"], /phases.js is \d+, but Σ pcs.fuel/],
    [["phases", "startup"], /phases.startup is \d+, but the fuel below tree root \(startup\)/],
    [["functions", 1, "self"], /functions\[1\].self without natives is/],
    [["functions", 0, "natives", 0, "self"], /functions\[0\].natives are not those below it/],
    [["functions", 0, "natives", 0, "calls"], /functions\[0\].natives are not those below it/],
    [["functions", 0, "natives", 0, "function"], /functions\[0\]: 5 is none of its native functions/],
    [["functions", 1, "calls"], /functions\[1\].calls is/],
    [["functions", 1, "total"], /functions\[1\].total is/],
    [["functions", 1, "id"], /functions\[1\]: its id is 2/],
    [["functions", 1, "min"], /min \d+, median \d+, max \d+ are not in order/],
    [["lines", 0, "self"], /Σ lines.self \+ what has no line/],
    [["lines", 0, "hits"], /lines\[0\].hits is/],
    [["lines", 1, "line"], /lines\[1\]: no opcode has this line/],
    [["opcodes", 0, "fuel"], /Σ opcodes.fuel/],
    [["opcodes", 0, "count"], /Σ opcodes.count/],
    [["pcs", 0, "fuel"], /Σ pcs.fuel/],
    [["pcs", 0, "hits"], /Σ pcs.hits/],
    [["tree", 0, "self"], /Σ tree.self/],
    [["tree", 0, "calls"], /functions\[0\].calls/],
    [["tree", 1, "parent"], /depth-first/],
    [["events", 0, "at"], /tree\[\d\].self is|fuel outside/],
  ];
  test.each(cases)("%j", (path, message) => {
    expect(brokenSums(bump(shop, path, path.includes("min") ? 50_000 : 1)).join("\n")).toMatch(message);
  });

  test("fractions, negative numbers and numbers past 2^53", () => {
    expect(brokenSums(bump(shop, ["opcodes", 0, "fuel"], 0.5))[0]).toMatch(/opcodes\[0\].fuel is .*integer/);
    expect(brokenSums(bump(shop, ["pcs", 0, "fuel"], -1e9))[0]).toMatch(/pcs\[0\].fuel is -/);
    expect(brokenSums(bump(shop, ["fuel", "total"], 2 ** 53))[0]).toMatch(/fuel.total is/);
  });

  test("events out of order", () => {
    const events = [...shop.events!];
    const swapped = [events[1]!, events[0]!, ...events.slice(2)];
    expect(brokenSums({ ...shop, events: swapped })[0]).toMatch(/events\[0\]: enters node|clock goes back/);
    expect(brokenSums({ ...shop, events: events.slice(0, -1) })[0]).toMatch(/is never left/);
    expect(brokenSums({ ...shop, events: [{ kind: "enter", node: 999, at: 0 }] })[0]).toMatch(/not in tree/);
  });

  test("the same call twice in the tree", () => {
    const tree = [...shop.tree, shop.tree.at(-1)!];
    expect(brokenSums({ ...shop, tree })[0]).toMatch(/the same call as an earlier child/);
  });
});

test("a document of another shape is refused, with the place", () => {
  expect(wrongShape([])).toBe("the document is not an object");
  expect(wrongShape({ ...shop, phases: { ...shop.phases, js: "1" } })).toBe("phases.js is not a number");
  expect(wrongShape({ ...shop, files: [1] })).toBe("files[0] is not a string");
  const functions = [{ ...shop.functions[0], kind: "wat" }];
  expect(wrongShape({ ...shop, functions })).toBe(
    "functions[0].kind is not one of js, builtin, engine, wasm, phase",
  );
});
