/** Where a syntax error is in its line: by esbuild, by the one token that it can be, or nowhere. */
import { expect, test } from "vitest";
import { syntaxErrorAt } from "../../src/program/syntax-error.ts";
import { inRoot } from "../support/javy-prof.ts";

const at = async (source: string, message: string, folder: string | null) =>
  (await syntaxErrorAt(source, 1, message, folder)).column;

test.each([
  ["let a = 1 +* 2;", "unexpected token in expression: '*'", 12],
  ['let é = "é" + ];', "unexpected token in expression: ']'", 15],
  // which of them is meant, nobody says
  ["f(1; g(2;", "Unexpected token ';'", null],
  ["class A { x y }", "expecting ';'", null],
])("%s without esbuild", async (source, message, column) => {
  expect(await at(source, message, null)).toBe(column);
});

test.each([
  ["f(1; g(2;", "Unexpected token ';'", 4],
  ["class A { x y }", "expecting ';'", 13],
  ['let é = "é" + ];', "unexpected token in expression: ']'", 15],
  // it takes this for another language
  ["let a = 1;", "invalid use of something", null],
])("%s with it", async (source, message, column) => {
  expect(await at(source, message, inRoot("."))).toBe(column);
});

test("of another line it is not believed", async () => {
  expect(await syntaxErrorAt("let a;\nlet a = ;", 1, "expecting ';'", inRoot("."))).toEqual({
    line: 1,
    column: null,
    text: "let a;",
  });
});
