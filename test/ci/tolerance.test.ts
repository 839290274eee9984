/** Tolerances are worked out in integers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { allowance, toleranceOf } from "../../src/ci/tolerance.ts";

test.each([
  ["0.5%", 199, 0],
  ["0.5%", 200, 1],
  ["0.5%", 11_000_000, 55_000],
  ["+500", 10, 500],
  [" 1_000 ", 10, 1000],
  ["0.5% +500", 11_000_000, 55_000],
  ["0.5%+500", 1000, 500],
  ["100%", 7, 7],
  ["0.0001%", 999_999, 0],
  ["0.0001%", 1_000_000, 1],
  [500, 1, 500],
])("%s of %d", (text, base, allowed) => {
  expect(allowance(toleranceOf(text)!, base)).toBe(allowed);
});

test.each(["", "x", "%", "-5", "5 %%", "1.5", "0.00001%", 0.5, -1])("%s is none", (text) => {
  expect(toleranceOf(text)).toBeUndefined();
});

test("percent of any fuel is the floor of the exact share", () => {
  fc.assert(
    fc.property(fc.nat(999_999), fc.maxSafeNat(), (hundredths, base) => {
      const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}%`;
      const exact = (BigInt(base) * BigInt(hundredths)) / 10_000n;
      if (exact > BigInt(Number.MAX_SAFE_INTEGER)) return;
      expect(BigInt(allowance(toleranceOf(text)!, base))).toBe(exact);
    }),
  );
});
