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

test("of a long line what stands around a column, from its statement on where that is near", () => {
  const [head, tail] = ["a();".repeat(100), "z();".repeat(100)];
  const near = `${head}const dear=JSON.parse(text);${tail}`;
  const column = near.indexOf("JSON") + 1;
  expect(of(near)("a.js", 1, column)).toBe(`…${near.slice(head.length, head.length + longestText - 1)}`);
  // nothing that a statement begins with
  const far = `${"a".repeat(500)}(dear)${"b".repeat(500)}`;
  expect(of(`  ${far}`)("a.js", 1, 2 + 500 + 2)).toMatch(/^…a{23}\(dear\)b+$/);
  expect(of(near)("a.js", 1, 3)).toBe(near.slice(0, longestText));
  // engines count bytes
  const wide = lineTexts(() => `${"é".repeat(400)};dear()${"b".repeat(300)}`, "bytes");
  expect(wide("a.js", 1, 2 * 400 + 3)).toMatch(/^…dear\(\)b+$/);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 600 }), fc.nat(700), (source, at) => {
      const text = of(source)("a.js", 1, at + 1)!;
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
