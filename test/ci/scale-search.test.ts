/** The search for the most that fit, on programs that are a function: any place is found, both sides of it were run. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fitOf } from "../../src/ci/fit.ts";
import type { SizeRun } from "../../src/ci/scale-document.ts";
import { doublingSizes, hasFailed, largestSize } from "../../src/ci/scale-search.ts";

const limit = 1_000_000;
const runOf = (n: number, fuel: number): SizeRun => ({
  ...{ n, inputBytes: n, fuel, limit, failure: null },
  exceeded: fuel > limit ? ["fuel"] : [],
});

/** Runs sizes of a program that costs so much, and says which were run. */
function program(cost: (n: number) => number) {
  const seen: number[] = [];
  const run = async (n: number) => {
    seen.push(n);
    return runOf(n, cost(n));
  };
  return { run, seen };
}

test("the place is found whatever the fit says, and each size runs once", async () => {
  const cases = fc.record({
    // the most that fit; what the fit is led to believe
    most: fc.nat(5000),
    per: fc.integer({ min: 1, max: 4000 }),
    tried: fc.uniqueArray(fc.integer({ min: 1, max: 6000 }), { minLength: 2, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ most, per, tried }) => {
      const { run, seen } = program((n) => (n <= most ? Math.min(limit, 100 + per * n) : limit + n));
      const sizes: SizeRun[] = [];
      for (const n of tried.sort((a, b) => a - b)) sizes.push(await run(n));
      const found = await largestSize(sizes, fitOf(sizes), run, 100_000);
      expect([found.fits?.n, found.next?.n, found.again]).toEqual([most, most + 1, null]);
      expect(seen).toEqual([...new Set(seen)]);
      expect(seen).toContain(most);
      expect(seen).toContain(most + 1);
      expect(found.runs).toBe(seen.length - sizes.length);
      expect(found.runs).toBeLessThan(50);
    }),
  );
});

test("a good fit takes two runs", async () => {
  const { run } = program((n) => 4321 + 789 * n);
  const sizes = await doublingSizes(run, 512);
  const found = await largestSize(sizes, fitOf(sizes), run, 100_000);
  const most = Math.floor((limit - 4321) / 789);
  expect(found).toMatchObject({ fits: { n: most }, next: { n: most + 1 }, expected: most, runs: 2 });
});

test("sizes double up to the first that does not fit, or the largest that is wanted", async () => {
  const of = async (cost: (n: number) => number, most: number) =>
    (await doublingSizes(program(cost).run, most)).map(({ n }) => n);
  expect(await of((n) => 300_000 * n, 1024)).toEqual([1, 2, 4]);
  expect(await of(() => 5, 20)).toEqual([1, 2, 4, 8, 16]);
});

test("what does not fit at all, what always fits, and what fits again", async () => {
  const search = async (cost: (n: number) => number, tried: readonly number[], most = 1000) => {
    const { run } = program(cost);
    const sizes = await Promise.all(tried.map(run));
    return largestSize(sizes, fitOf(sizes), run, most);
  };
  expect(await search(() => limit + 1, [1, 2])).toMatchObject({ fits: null, next: { n: 0 } });
  expect(await search(() => 7, [1, 2])).toMatchObject({ fits: { n: 1000 }, next: null });
  const odd = await search((n) => (n === 5 ? limit + 1 : 10 * n), [1, 5, 9]);
  expect(odd).toMatchObject({ fits: { n: 4 }, next: { n: 5 }, again: 9 });
});

test("a run that failed does not fit, nor one that is over another limit", () => {
  const ok = runOf(1, 1);
  expect(hasFailed(ok)).toBe(false);
  expect(hasFailed({ ...ok, failure: "trap" })).toBe(true);
  expect(hasFailed({ ...ok, exceeded: ["outputBytes"] })).toBe(true);
});
