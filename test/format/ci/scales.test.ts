/** What `scale` says of a document made by hand: each sentence where it belongs, names as text alone, points where they are. */
import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import type { ScaleDocument, SizeRun } from "../../../src/ci/scale-document.ts";
import { plot } from "../../../src/format/ci/plot.ts";
import { pictureOf } from "../../../src/format/ci/scale-picture.ts";
import { writeScale } from "../../../src/format/ci/scales.ts";

const limit = 1000;
const size = (n: number, fuel: number, rest: Partial<SizeRun> = {}): SizeRun => ({
  ...{ n, inputBytes: 10 * n, fuel, limit, failure: null },
  exceeded: fuel > limit ? ["fuel"] : [],
  ...rest,
});
const hostile = "<b>&\u001b[2J\n\u202e";
const basis: ScaleDocument = {
  ...{ schemaVersion: 1, kind: "scale", tool: { name: "javy-prof", version: "0" }, scenario: hostile },
  paths: [{ path: "cart.lines", length: 3 }],
  toolchain: { fuelModel: "wasmtime-39", quickjs: null, bytecodeVersion: null, plugin: null },
  sizes: [size(0, 100), size(10, 600), size(20, 1100)],
  fit: {
    coefficients: [100, 50],
    exact: { numerators: ["100", "50"], denominator: "1" },
    ...{ error: { fuel: 0, n: 0, relative: 0 }, unseen: { fuel: 3, n: 10, relative: 0.00501 }, other: null },
  },
  largest: { fits: size(18, 1000), next: size(19, 1050), expected: 17, again: null, runs: 2 },
};
const style = { width: 60, unicode: true, colour: false };
const text = (change: Partial<ScaleDocument>) => writeScale("table", { ...basis, ...change }, style);

test("what is known is said, and no more", () => {
  const whole = text({});
  expect(whole).toContain("<b>&\\x1b[2J\\n\\u202e  n elements in cart.lines (3 as given)\n");
  expect(whole).toContain("  20          200  1,100        110.0%  fuel 1,100 of 1,000\n");
  expect(whole).toContain("\nfuel = 100 + 50·n\n");
  expect(whole).toContain("when it is left out of the fit, off by at most 3 fuel, or 0.50%\n");
  expect(whole).toContain("too few sizes to tell whether n² pays");
  expect(whole).toContain(
    "the largest n that fits: 18, with 1,000 of 1,000 fuel\n  n = 19 does not: fuel 1,050 of 1,000\n",
  );
  expect(whole).toContain("both were run; the fit alone says 17; 2 more runs than the 3 above\n");
  const { largest } = basis;
  expect(text({ largest: { ...largest!, fits: null, next: size(0, 1200), runs: 0 } })).toContain(
    "no size fits: n = 0 does not: fuel 1,200 of 1,000\n  it was run\n",
  );
  expect(text({ largest: { ...largest!, next: null } })).toContain(
    "every size fits, up to n = 18, which is the largest",
  );
  expect(text({ largest: { ...largest!, again: 40 } })).toContain("but n = 40 fits again");
  expect(text({ largest: { ...largest!, next: size(19, 5, { failure: "trap:\u001b" }) } })).toContain(
    "n = 19 does not: the guest failed: trap:\\x1b\n",
  );
  expect(text({ largest: null, fit: null })).toContain("\nno fit\n  too few sizes ran well for a fit");
  const negative = { ...basis.fit!, coefficients: [-5.4, 0.25, -0.0625] };
  expect(text({ fit: negative })).toContain("fuel = -5 + 0.25·n - 0.0625·n²\n");
});

test("points, curve and limit stand where they are", () => {
  const shown = pictureOf({ ...basis, largest: null });
  expect(shown).toMatchObject({ limit: 1000, n: 20, fuel: 1100 });
  const lines = plot(shown, { columns: 21, rows: 12, unicode: false });
  // a row is a hundred of fuel, a column one of n
  expect(lines[0]).toBe(`${" ".repeat(19)}.o`);
  expect(lines[1]).toBe("-".repeat(17) + ".." + "--");
  expect(lines[5]).toBe(`${" ".repeat(9)}.o`);
  expect(lines[10]).toBe("o");
  expect(lines[11]).toBe("");
  // a limit that is far away is no part of the picture
  expect(pictureOf({ ...basis, sizes: [size(1, 1), size(2, 2)], largest: null }).limit).toBeNull();
});

test("SVG is XML, whatever things are called", async () => {
  const svg = writeScale("svg", basis, style);
  const { valid, errors } = await validateXML({
    xml: [{ fileName: "a.svg", contents: svg }],
    normalization: "format",
  });
  expect(errors).toEqual([]);
  expect(valid).toBe(true);
  expect(svg.match(/<circle/g)).toHaveLength(5);
  expect(svg).toContain("&lt;b&gt;&amp;\\x1b[2J\\n\\u202e: n elements in cart.lines");
  expect(svg).not.toContain("<b>");
});

test("CSV has numbers and words of ours alone", () => {
  const failed = size(30, 7, { failure: 'a,"b"\n', exceeded: ["fuel", "outputBytes"] });
  expect(writeScale("csv", { ...basis, sizes: [size(0, 100), failed] }, style)).toBe(
    "n,input_bytes,fuel,limit,exceeded,failure\n0,0,100,1000,,\n30,300,7,1000,fuel outputBytes,failed\n",
  );
});
