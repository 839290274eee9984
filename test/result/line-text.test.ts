import fc from "fast-check";
import { expect, test } from "vitest";
import { lineTexts, longestText } from "../../src/result/line-text.ts";

const of = (source: string) => lineTexts((file) => (file === "a.js" ? source : undefined));

test("a line by its number, without its indentation", () => {
  const text = of("first\r\n\t  second  \rthird\u2028fourth");
  expect([1, 2, 3, 4, 5, 0].map((line) => text("a.js", line))).toEqual([
    ...["first", "second", "third", "fourth"],
    ...[null, null],
  ]);
  expect(text("b.js", 1)).toBe(null);
});

test("a long line is cut, and no character in two", () => {
  expect(of("x".repeat(1000))("a.js", 1)).toBe("x".repeat(longestText));
  const emoji = `${"x".repeat(longestText - 1)}👩`;
  expect(of(emoji)("a.js", 1)).toBe("x".repeat(longestText - 1));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (source) => {
      const text = of(source)("a.js", 1)!;
      expect(text.length).toBeLessThanOrEqual(longestText);
      expect(text).not.toMatch(/\p{Cs}/u);
    }),
  );
});

test("a source is asked for once a file", () => {
  let asked = 0;
  const text = lineTexts(() => {
    asked += 1;
    return "a\nb";
  });
  expect([text("a.js", 1), text("a.js", 2)]).toEqual(["a", "b"]);
  expect(asked).toBe(1);
});
