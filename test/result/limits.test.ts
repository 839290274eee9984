/** The verdict of a platform's limits: at them a run fits, one past them it does not. */
import { describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import { judge, limitWarnings } from "../../src/result/limits.ts";
import { limitedAmounts } from "../../src/result/result.ts";
import { wrongShape } from "../../src/result/shape.ts";
import { violates } from "../../src/result/warnings.ts";
import { shop } from "../support/sample.ts";

const limits = {
  ...{ preset: "shopify", model: "wasmtime-39", scale: 1.5 },
  ...{ fuel: 100, inputBytes: 20, outputBytes: 10, logBytes: 5, moduleBytes: 50, memoryBytes: 70 },
};
const { preset: _, model: __, scale: ___, ...most } = limits;

describe("each amount", () => {
  test("fits at its limit", () => {
    const info = judge(limits, most, null);
    expect(info).toMatchObject({ exceeded: [], passed: null, used: most });
    expect(limitWarnings(info)).toEqual([]);
  });
  test("is free where it is not limited", () => {
    const free = {
      inputBytes: null,
      outputBytes: null,
      logBytes: null,
      moduleBytes: null,
      memoryBytes: null,
    };
    const info = judge({ ...limits, ...free }, { ...most, inputBytes: 1e9, logBytes: 1e9 }, null);
    expect(info.exceeded).toEqual([]);
    expect(limitWarnings(info)).toEqual([]);
  });
  test.each(limitedAmounts)("%s: one more is too much", (amount) => {
    const info = judge(limits, { ...most, [amount]: most[amount] + 1 }, null);
    // logs are cut, not refused
    expect(info.exceeded).toEqual(amount === "logBytes" ? [] : [amount]);
    const codes = limitWarnings(info).map(({ code }) => code);
    // fuel has its own place in a summary
    expect(codes).toHaveLength(amount === "fuel" ? 0 : 1);
    for (const code of codes) expect(violates(code)).toBe(amount !== "logBytes");
  });
});

describe("in a result", () => {
  const { total } = shop.fuel;
  const judged = (fuel: number) => ({
    ...shop,
    limits: judge({ ...limits, fuel }, { ...most, fuel: total }, shop.run.exit.stack),
  });
  test("is part of what is checked", () => {
    for (const result of [judged(total), judged(total - 1)]) {
      expect(brokenSums(result)).toEqual([]);
      expect(wrongShape(result)).toBeNull();
    }
    expect(judged(total).limits).toMatchObject({ exceeded: [], passed: null });
    expect(judged(total - 1).limits).toMatchObject({ exceeded: ["fuel"], passed: [] });
  });
  test("a verdict that the amounts do not give is found", () => {
    const { limits: over, ...rest } = judged(total - 1);
    const broken = (changed: Partial<typeof over>) =>
      brokenSums({ ...rest, limits: { ...over, ...changed } }).join();
    expect(broken({ exceeded: [] })).toMatch("limits.exceeded is empty, but by the amounts fuel");
    expect(broken({ fuel: total })).toMatch("limits.exceeded is fuel, but by the amounts empty");
    expect(broken({ passed: null })).toMatch("limits.passed goes with");
    expect(broken({ used: { ...over.used, fuel: 1 } })).toMatch(/limits.used.fuel is 1, but fuel.total is/);
    expect(broken({ scale: 0.5 })).toMatch("limits.scale is 0.5");
    const passed = [{ function: "f", file: 99, line: 1, column: null }];
    expect(broken({ passed })).toMatch("limits.passed: no file 99");
    expect(wrongShape({ ...rest, limits: { ...over, exceeded: ["time"] } })).toMatch("limits.exceeded[0]");
    expect(wrongShape({ ...rest, limits: { ...over, passed: [{}] } })).toMatch("limits.passed[0]");
  });
});
