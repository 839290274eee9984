/** Least squares in integers: what a polynomial made is found again exactly, what is left over is orthogonal, and n² has to pay. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fitOf,
  largestWithin,
  leastSquares,
  roundedQuotient,
  type Sample,
  valueAt,
} from "../../src/ci/fit.ts";

const sizes = fc.uniqueArray(fc.nat(2000), { minLength: 5, maxLength: 14 });
const fuel = fc.nat(2 ** 40);
const samples: fc.Arbitrary<Sample[]> = sizes.chain((list) =>
  fc
    .array(fuel, { minLength: list.length, maxLength: list.length })
    .map((values) => list.map((n, i) => ({ n, fuel: values[i]! }))),
);

test("a line and a square are found again, to the unit", () => {
  const coefficients = fc.tuple(fc.nat(10 ** 7), fc.nat(10 ** 5), fc.integer({ min: 1, max: 5000 }));
  fc.assert(
    fc.property(sizes, coefficients, (list, [a, b, c]) => {
      for (const square of [0, c]) {
        const fit = fitOf(list.map((n) => ({ n, fuel: a + b * n + square * n * n })))!;
        const { numerators, denominator } = fit.polynomial;
        const wanted = square === 0 ? [a, b] : [a, b, c];
        expect(numerators).toEqual(wanted.map((one) => BigInt(one) * denominator));
        expect(fit.error).toMatchObject({ fuel: 0, relative: 0 });
        expect(fit.unseen).toMatchObject({ fuel: 0, relative: 0 });
        expect(valueAt(fit.polynomial, 3001)).toBe(a + b * 3001 + square * 3001 ** 2);
      }
    }),
  );
});

test("what is left over sums to 0, alone and times n and n²: the least squares", () => {
  fc.assert(
    fc.property(samples, fc.constantFrom(1, 2), (rows, degree) => {
      const { numerators, denominator } = leastSquares(rows, degree);
      expect(denominator > 0n).toBe(true);
      for (let power = 0; power <= degree; power++) {
        const rest = rows.map(({ n, fuel: cost }) => {
          const value = numerators.reduce((sum, one, i) => sum + one * BigInt(n) ** BigInt(i), 0n);
          return BigInt(n) ** BigInt(power) * (BigInt(cost) * denominator - value);
        });
        expect(rest.reduce((sum, one) => sum + one, 0n)).toBe(0n);
      }
    }),
  );
});

test("the error is the largest deviation, and every sample keeps to it", () => {
  fc.assert(
    fc.property(samples, (rows) => {
      const { polynomial, error } = fitOf(rows)!;
      const off = rows.map((row) => Math.abs(row.fuel - valueAt(polynomial, row.n)));
      // the value is rounded, the error is rounded up
      expect(Math.max(...off) - error.fuel).toBeLessThanOrEqual(1);
      expect(error.fuel - off[rows.findIndex(({ n }) => n === error.n)]!).toBeLessThanOrEqual(2);
    }),
  );
});

test("n² has to pay on sizes that were not seen, and five sizes are needed to tell", () => {
  const bumps = [0, 7, -5, 4, -6, 3, -4, 6];
  const line = bumps.map((bump, i) => ({ n: 10 * (i + 1), fuel: 1000 + 50 * i + bump }));
  expect(fitOf(line)!.polynomial.numerators).toHaveLength(2);
  expect(fitOf(line)!.other).not.toBeNull();
  const square = bumps.map((bump, i) => ({ n: i, fuel: 1000 + 50 * i + 20 * i * i + bump }));
  expect(fitOf(square)!.polynomial.numerators).toHaveLength(3);
  expect(fitOf(square.slice(0, 4))).toMatchObject({ other: null });
  expect(fitOf(square.slice(0, 4))!.polynomial.numerators).toHaveLength(2);
  expect(fitOf(square.slice(0, 2))).toMatchObject({ error: { fuel: 0 }, unseen: null, other: null });
  expect(fitOf(square.slice(0, 1))).toBeNull();
});

test("quotients are rounded to the nearest integer, halves up", () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 70n), 2n ** 70n), fc.bigInt(1n, 2n ** 40n), (of, by) => {
      const found = roundedQuotient(of, by);
      expect(2n * found * by <= 2n * of + by).toBe(true);
      expect(2n * (found + 1n) * by > 2n * of + by).toBe(true);
    }),
  );
});

test("the largest n within a bound, as one finds it by trying all", () => {
  const polynomial = leastSquares(
    [1, 2, 3].map((n) => ({ n, fuel: 5 + 3 * n * n })),
    2,
  );
  fc.assert(
    fc.property(fc.nat(4000), fc.nat(10), fc.nat(60), (most, from, length) => {
      const all = Array.from({ length: length + 1 }, (_, i) => from + i);
      const within = all.filter((n) => 5 + 3 * n * n <= most);
      expect(largestWithin(polynomial, most, from, from + length)).toBe(within.at(-1) ?? from - 1);
    }),
  );
});
