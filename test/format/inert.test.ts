import fc from "fast-check";
import { expect, test } from "vitest";
import { grouped } from "../../src/base/numbers.ts";
import { cellWidth, cut, pad } from "../../src/format/cells.ts";
import { inertJson, inertText } from "../../src/format/inert.ts";
import { HOSTILE_NAMES } from "../support/arbitrary.ts";

/** Controls, line separators, format characters (bidi, invisible) but the joiners, lone surrogates. */
const ALIVE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]/u;
const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE_NAMES));

test("no text acts on a terminal", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(inertText(text)).not.toMatch(ALIVE);
    }),
  );
  for (const name of HOSTILE_NAMES) expect(inertText(name)).not.toMatch(ALIVE);
});

test("plain text stays as it is, the rest is recognisable", () => {
  const plain = "src/rules.ts:41 <script> \"'; é 日本語 👩‍💻 \\";
  expect(inertText(plain)).toBe(plain);
  expect(inertText("\x1b[31m\n\t\r\0\x9b‮\ud800\u{e0041}")).toBe(
    "\\x1b[31m\\n\\t\\r\\x00\\x9b\\u202e\\ud800\\u{e0041}",
  );
});

test("JSON keeps its meaning", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = inertJson(JSON.stringify(text));
      expect(json).not.toMatch(ALIVE);
      expect(JSON.parse(json)).toBe(text);
    }),
  );
});

test("cells", () => {
  expect([cellWidth("abc"), cellWidth("日本"), cellWidth("é"), cellWidth("🔥")]).toEqual([3, 4, 1, 2]);
  expect([pad("日", 4, "left"), pad("日", 4, "right")]).toEqual(["日  ", "  日"]);
  expect([cut("src/rules.ts:41", 8, "start"), cut("matchRules", 5, "end")]).toEqual(["…s.ts:41", "matc…"]);
  expect([0, 999, 1000, 11_000_000].map(grouped)).toEqual(["0", "999", "1,000", "11,000,000"]);
  fc.assert(
    fc.property(anyText, fc.nat(30), fc.constantFrom("start", "end"), (text, width, from) => {
      expect(cellWidth(cut(inertText(text), width, from))).toBeLessThanOrEqual(width);
    }),
  );
});
