import fc from "fast-check";
import { expect, test } from "vitest";
import { cellWidth } from "../../../src/format/cells.ts";
import { BREAKDOWNS, SORTS } from "../../../src/format/choices.ts";
import { renderFailure, renderSummary, type SummaryOptions } from "../../../src/format/summary/summary.ts";
import { renderWritten } from "../../../src/format/summary/written.ts";
import type { Result } from "../../../src/result/result.ts";
import { arbitraryResult, HOSTILE_NAMES } from "../../support/arbitrary.ts";
import { expectGoldens } from "../../support/golden.ts";
import { empty, shop, thrown } from "../../support/sample.ts";

const usual = [
  { by: "function", top: 10 },
  { by: "line", top: 5, brief: true },
] as const;
const every = BREAKDOWNS.map((by) => ({ by, top: 20 }));
const plain: SummaryOptions = {
  ...{ tables: usual, sort: "self", min: 0, width: 80, cuts: true, colour: false, unicode: false },
  ...{ input: "cart-100.json", maxFuel: 11_000_000 },
};

/** A result in which one file is the program, so that its name says nothing. */
const oneFile = { ...shop, files: ["app.js", "eval_script"] };

/** The shop as a platform judges it, whose limit of fuel this is. */
function judged(fuel: number): Result {
  const amounts = (scale: number) => ({
    ...{ inputBytes: 128_000 * scale, outputBytes: 20_000 * scale, logBytes: 1_000 * scale },
    ...{ moduleBytes: 256_000 * scale, memoryBytes: 10_000_000 * scale },
  });
  const isOver = shop.fuel.total > fuel;
  return {
    ...shop,
    limits: {
      ...{ preset: "shopify", model: "wasmtime-39", scale: 1, fuel, ...amounts(1) },
      used: { fuel: shop.fuel.total, ...amounts(0.1), outputBytes: 20_001 },
      exceeded: isOver ? ["fuel", "outputBytes"] : ["outputBytes"],
      passed: isOver ? [{ function: "matchRules", file: 1, line: 42, column: 9 }] : null,
    },
  };
}

test("goldens", () => {
  const asked = (top: number) => ({ tables: [{ by: "function" as const, top }] });
  expectGoldens(new URL("./golden/terminal/", import.meta.url), {
    "summary.txt": renderSummary(shop, plain),
    "wide.txt": renderSummary(shop, { ...plain, width: 120, unicode: true }),
    "narrow.txt": renderSummary(shop, { ...plain, width: 60 }),
    "uncut.txt": renderSummary(shop, { ...plain, width: 60, cuts: false }),
    "judged.txt": renderSummary(judged(11_000_000), { ...plain, tables: [], unicode: true }),
    "one-file.txt": renderSummary(oneFile, { ...plain, maxFuel: null }),
    "over.txt": renderSummary(judged(400_000), { ...plain, tables: [], colour: true }),
    "every-table.txt": renderSummary(shop, { ...plain, tables: every, input: null, maxFuel: null }),
    "top-and-min.txt":
      renderSummary(shop, { ...plain, ...asked(2), sort: "total" }) +
      renderSummary(shop, { ...plain, ...asked(0), min: 1_000 }),
    "by-name.txt": renderSummary(shop, { ...plain, tables: every.slice(0, 2), sort: "name" }),
    "failed.txt": renderSummary(thrown, plain),
    "empty.txt": renderSummary(empty, { ...plain, tables: every.slice(0, 4) }),
    "empty-usual.txt": renderSummary(empty, plain),
    "colour.txt": renderSummary(thrown, { ...plain, colour: true }),
  });
});

test("what was written, and what to type next", () => {
  const say = (files: readonly string[], command = "javy-prof") =>
    renderWritten(files, { colour: false, command, more: "--by opcode" });
  expect(say([])).toBe("");
  expect(say(["app.speedscope.json"], "npx javy-prof")).toBe(
    "wrote app.speedscope.json   look: npx javy-prof view   more: --by opcode\n",
  );
  expect(say(["my app.fuel.json", "it's"])).toBe(
    "wrote my app.fuel.json, it's   look: javy-prof view 'my app.fuel.json'   more: --by opcode\n",
  );
  expect(say(["out/a.speedscope.json"])).toContain("look: javy-prof view out/a.speedscope.json ");
  expect(say(["app.folded"])).toBe("wrote app.folded\n");
});

test("the bar is full at the limit and empty without any fuel", () => {
  const bar = (total: number, unicode: boolean) => {
    const result = { ...shop, fuel: { ...shop.fuel, total } };
    const text = renderSummary(result, {
      ...{ ...plain, tables: [], unicode },
      maxFuel: 1_000,
    });
    return /([#.]{8,}|[█▏▎▍▌▋▊▉░]{8,})/.exec(text)![0];
  };
  expect(bar(0, false)).toMatch(/^\.+$/);
  expect(bar(1_000, false)).toMatch(/^#+$/);
  expect(bar(0, true)).toMatch(/^░+$/);
  expect(bar(1_000, true)).toMatch(/^█+$/);
});

test("no line of a table is wider than the terminal, and nothing is alive", () => {
  const options = fc.record({
    tables: fc.subarray([...every, ...usual]),
    sort: fc.constantFrom(...SORTS),
    ...{ min: fc.nat(1000), width: fc.integer({ min: 100, max: 160 }), colour: fc.constant(false) },
    ...{ cuts: fc.constant(true), unicode: fc.boolean() },
    input: fc.constantFrom(...HOSTILE_NAMES),
    maxFuel: fc.option(fc.integer({ min: 1 })),
  });
  const text = fc.option(fc.constantFrom(...HOSTILE_NAMES, "x".repeat(200)));
  fc.assert(
    fc.property(
      ...[arbitraryResult, options, fc.constantFrom(...HOSTILE_NAMES), text],
      (played, options, message, text) => {
        const result = { ...played, lines: played.lines.map((row) => ({ ...row, text })) };
        const exit = {
          ...{ kind: "throw" as const, code: 0, message },
          stack: HOSTILE_NAMES.map((name) => ({ function: name, file: 0, line: 1, column: 1 })),
        };
        const failed = { ...result, files: [...result.files, "x"], run: { ...result.run, exit } };
        expect(renderSummary(failed, options).replaceAll("\n", "")).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|[\u202a-\u202e\u2066-\u2069]/u,
        );
        const tables = renderSummary(result, { ...options, input: "in" });
        for (const line of tables.split("\n")) expect(cellWidth(line)).toBeLessThanOrEqual(options.width);
      },
    ),
  );
});

test("not cut, the text is all there", () => {
  const long = { ...shop, lines: shop.lines.map((row) => ({ ...row, text: "x".repeat(199) })) };
  const lines = renderSummary(long, { ...plain, cuts: false }).split("\n");
  expect(lines.filter((line) => line.endsWith("x".repeat(199)))).toHaveLength(5);
});

test("in colour the text is the same", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      const coloured = renderSummary(result, { ...plain, tables: every, colour: true });
      expect(coloured.replace(/\x1b\[\d+m/g, "")).toBe(renderSummary(result, { ...plain, tables: every }));
    }),
  );
});

test("why it failed", () => {
  const style = { width: 80, cuts: true, colour: false };
  expect(renderFailure(shop, style)).toBe("");
  const exit = (kind: "exit" | "fuel", code: number): string =>
    renderFailure({ ...shop, run: { ...shop.run, exit: { kind, code, message: null, stack: [] } } }, style);
  expect(exit("exit", 3)).toBe("the guest exited with code 3\n");
  expect(exit("exit", 0)).toBe("");
  expect(exit("fuel", 0)).toBe("stopped at the fuel limit\n");
  expect(renderFailure(thrown, style)).toContain("    at matchRules (src/rules.ts:44:12)\n");
});
