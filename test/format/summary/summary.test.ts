import fc from "fast-check";
import { expect, test } from "vitest";
import { cellWidth } from "../../../src/format/cells.ts";
import { BREAKDOWNS, SORTS } from "../../../src/format/choices.ts";
import { renderFailure, renderSummary, type SummaryOptions } from "../../../src/format/summary/summary.ts";
import { arbitraryResult, HOSTILE_NAMES } from "../../support/arbitrary.ts";
import { expectGoldens } from "../../support/golden.ts";
import { empty, shop, thrown } from "../../support/sample.ts";

const plain: SummaryOptions = {
  ...{ by: ["function"], top: 20, sort: "self", min: 0, width: 80, colour: false },
  ...{ input: "cart-100.json", limit: 11_000_000, wrote: ["app.speedscope.json"] },
};

test("goldens", () => {
  const by = BREAKDOWNS;
  expectGoldens(new URL("./golden/terminal/", import.meta.url), {
    "summary.txt": renderSummary(shop, plain),
    "wide.txt": renderSummary(shop, { ...plain, width: 120 }),
    "every-table.txt": renderSummary(shop, { ...plain, by, input: null, limit: null, wrote: [] }),
    "top-and-min.txt":
      renderSummary(shop, { ...plain, top: 2, sort: "total" }) +
      renderSummary(shop, { ...plain, min: 1_000 }),
    "by-name.txt": renderSummary(shop, { ...plain, sort: "name", wrote: ["my app.fuel.json", "it's"] }),
    "failed.txt": renderSummary(thrown, plain),
    "empty.txt": renderSummary(empty, { ...plain, by: ["function", "line", "builtin"], wrote: [] }),
    "colour.txt": renderSummary(thrown, { ...plain, colour: true }),
  });
});

test("no line of a table is wider than the terminal, and nothing is alive", () => {
  const options = fc.record({
    ...{ by: fc.subarray([...BREAKDOWNS]), top: fc.nat(9), sort: fc.constantFrom(...SORTS) },
    ...{ min: fc.nat(1000), width: fc.integer({ min: 100, max: 160 }), colour: fc.constant(false) },
    input: fc.constantFrom(...HOSTILE_NAMES),
    limit: fc.option(fc.integer({ min: 1 })),
    wrote: fc.subarray([...HOSTILE_NAMES]),
  });
  fc.assert(
    fc.property(arbitraryResult, options, fc.constantFrom(...HOSTILE_NAMES), (result, options, message) => {
      const exit = {
        ...{ kind: "throw" as const, code: 0, message },
        stack: HOSTILE_NAMES.map((name) => ({ function: name, file: 0, line: 1, column: 1 })),
      };
      const failed = { ...result, files: [...result.files, "x"], run: { ...result.run, exit } };
      const text = renderSummary(failed, { ...options, wrote: [] });
      expect(text.replaceAll("\n", "")).not.toMatch(
        /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|[\u202a-\u202e\u2066-\u2069]/u,
      );
      const tables = renderSummary(result, { ...options, input: "in", wrote: [] });
      for (const line of tables.split("\n")) expect(cellWidth(line)).toBeLessThanOrEqual(options.width);
    }),
  );
});

test("in colour the text is the same", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      const coloured = renderSummary(result, { ...plain, by: BREAKDOWNS, colour: true });
      expect(coloured.replace(/\x1b\[\d+m/g, "")).toBe(renderSummary(result, { ...plain, by: BREAKDOWNS }));
    }),
  );
});

test("why it failed", () => {
  expect(renderFailure(shop, false)).toBe("");
  const exit = (kind: "exit" | "fuel", code: number): string =>
    renderFailure({ ...shop, run: { ...shop.run, exit: { kind, code, message: null, stack: [] } } }, false);
  expect(exit("exit", 3)).toBe("the guest exited with code 3\n");
  expect(exit("exit", 0)).toBe("");
  expect(exit("fuel", 0)).toBe("stopped at the fuel limit\n");
  expect(renderFailure(thrown, false)).toContain("    at matchRules (src/rules.ts:44:12)\n");
});
