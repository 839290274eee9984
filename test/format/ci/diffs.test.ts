/** Diffs of results at random: what is measured adds up, the speedscope file keeps its schema and the totals, names are inert. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { delta, diff } from "../../../src/ci/diff.ts";
import { diffScenarios } from "../../../src/ci/diff-scenarios.ts";
import { measure } from "../../../src/ci/measured.ts";
import { mergeTrees } from "../../../src/ci/merged-tree.ts";
import { DIFF_BREAKDOWNS } from "../../../src/format/choices.ts";
import { diffSpeedscope, writeDiffSpeedscope } from "../../../src/format/ci/diff-speedscope.ts";
import { diffTables } from "../../../src/format/ci/diff-tables.ts";
import { writeDiffs } from "../../../src/format/ci/diffs.ts";
import { arbitraryResult } from "../../support/arbitrary.ts";

const path = createRequire(import.meta.url).resolve("speedscope/dist/release/file-format-schema.json");
const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(path, "utf8")));
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
const pairs = fc.tuple(arbitraryResult, arbitraryResult);

test("measured functions add up to the total, with natives as parts of their callers", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      const { functions, total } = measure(result);
      expect(sum(functions.map(({ self }) => self))).toBe(total);
      expect(sum(measure(result, () => true).functions.map(({ self }) => self))).toBe(total);
      expect(functions.every(({ self }) => self >= 0)).toBe(true);
    }),
  );
});

test("merged trees have both results' fuel, and only theirs", () => {
  fc.assert(
    fc.property(pairs, ([base, head]) => {
      const { nodes } = mergeTrees(base, head);
      expect(sum(nodes.map((node) => node.base))).toBe(base.fuel.total);
      expect(sum(nodes.map((node) => node.head))).toBe(head.fuel.total);
      expect(nodes.every(({ parent }, i) => parent < i)).toBe(true);
      expect(mergeTrees(base, base).nodes.every((node) => delta(node) === 0)).toBe(true);
    }),
  );
});

test("the speedscope file keeps its schema; what got dearer less what got cheaper is the change", () => {
  fc.assert(
    fc.property(pairs, ([base, head]) => {
      const file = JSON.parse([...writeDiffSpeedscope([{ scenario: "s", base, head }])].join(""));
      expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
      const ends = new Map(
        diffSpeedscope([{ scenario: "s", base, head }]).profiles.map(({ name, endValue }) => [
          name,
          endValue,
        ]),
      );
      expect(ends.get("fuel · base")).toBe(base.fuel.total);
      expect(ends.get("fuel · head")).toBe(head.fuel.total);
      const change = (ends.get("fuel · change, dearer") ?? 0) - (ends.get("fuel · change, cheaper") ?? 0);
      expect(change).toBe(head.fuel.total - base.fuel.total);
    }),
    { numRuns: 50 },
  );
});

test("tables have the largest changes, and say how many they leave out; all forms are inert", () => {
  fc.assert(
    fc.property(pairs, fc.integer({ min: 1, max: 5 }), ([base, head], top) => {
      const change = diff(measure(base), measure(head));
      for (const { by, rows, more } of diffTables(change, DIFF_BREAKDOWNS, top)) {
        const [all] = diffTables(change, [by], 1_000_000);
        expect(rows.length + more).toBe(all!.rows.length);
        expect(rows).toEqual(all!.rows.slice(0, top));
        const sizes = all!.rows.map((row) => Math.abs(delta(row)));
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        if (by === "function") expect(sum(all!.rows.map(delta))).toBe(head.fuel.total - base.fuel.total);
      }
      const diffs = diffScenarios(
        new Map([["s\u001b|`", measure(base)]]),
        new Map([
          ["s\u001b|`", measure(head)],
          ["new", measure(head)],
        ]),
      );
      const options = { by: DIFF_BREAKDOWNS, top, width: 100, cuts: true, colour: false };
      for (const format of ["table", "markdown", "json"] as const)
        expect(writeDiffs(format, diffs, options).replaceAll("\n", "")).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/,
        );
    }),
    { numRuns: 60 },
  );
});
