import { expect, test } from "vitest";
import { SourceLines } from "../../src/format/source-lines.ts";

test("lines as they are, tabs as two spaces, nothing that a terminal acts on", () => {
  const source = new SourceLines("one\r\n\ttwo  \n\u001b[31m\u2028four");
  expect([1, 2, 3, 4, 5].map((line) => source.text(line, 3))).toEqual([
    "one",
    "  two",
    "\\x1b[31m",
    "four",
    undefined,
  ]);
});

test("of a long line, what stands at a column in bytes of UTF-8", () => {
  const text = `${"aé€😀".repeat(60)}end`;
  const source = new SourceLines(`short\n${text}`);
  expect([source.isLong(1), source.isLong(2)]).toEqual([false, true]);
  let index = 0;
  for (const char of text) {
    const column = Buffer.byteLength(text.slice(0, index)) + 1;
    const shown = (index > 0 ? "…" : "") + text.slice(index, index + 200);
    // a cut may part a pair, whose half is escaped
    expect(source.text(2, column)!.slice(0, 190), `column ${column}`).toBe(shown.slice(0, 190));
    index += char.length;
  }
  const plain = new SourceLines("one two ".repeat(40));
  expect(plain.text(1, 5)).toBe(`…${plain.lines[0]!.slice(4, 204).trimEnd()}`);
  expect(source.text(2, 100_000)).toBe("…");
});
