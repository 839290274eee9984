import { describe, expect, test } from "vitest";
import { parseChoice, parseCount, parseSeconds } from "../../src/commands/flags.ts";

describe("counts", () => {
  test.each([
    ["11000000", 11_000_000],
    ["11_000_000", 11_000_000],
    ["11,000,000", 11_000_000],
    ["11M", 11_000_000],
    ["500k", 500_000],
    ["1.5M", 1_500_000],
    ["0", 0],
  ])("%s", (text, value) => expect(parseCount(text, "--max-fuel")).toBe(value));

  test.each(["", "M", "-1", "1.5", "0x10", "1e3", "11 M", "99999999999999999999"])(
    "%j is refused",
    (text) => {
      expect(() => parseCount(text, "--max-fuel")).toThrow("--max-fuel takes a whole number");
    },
  );
});

describe("seconds", () => {
  test.each([
    ["1", 1000],
    ["0.5", 500],
    ["2s", 2000],
  ])("%s", (text, value) => expect(parseSeconds(text, "--timeout")).toBe(value));

  test.each(["0", "-1", "soon", ""])("%j is refused", (text) => {
    expect(() => parseSeconds(text, "--timeout")).toThrow("--timeout takes a time");
  });
});

test("a choice names what there is", () => {
  expect(parseChoice("a", "--x", ["a", "b"])).toBe("a");
  expect(() => parseChoice("c", "--x", ["a", "b"])).toThrow('--x takes a, b, not "c"');
});
