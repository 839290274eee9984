/** Errors in words: where, what and what to do, whatever the names hold. */
import { describe, expect, test } from "vitest";
import {
  DecodeError,
  Diagnostic,
  headline,
  internalError,
  named,
  usageError,
} from "../../src/base/diagnostics.ts";
import { renderError, writeErrorJson } from "../../src/format/errors.ts";

function caught(act: () => unknown): Diagnostic {
  try {
    act();
  } catch (error) {
    return error as Diagnostic;
  }
  throw new Error("nothing was thrown");
}

const broken = () => {
  throw new DecodeError("unexpected end", 0x1f);
};

describe("the headline", () => {
  test.each([
    ["alone", { message: "no" }, "no"],
    ["a file", { message: "no", file: "a.wasm" }, "a.wasm: no"],
    ["an offset", { message: "no", offset: 31 }, "no (at offset 0x1f)"],
    ["offset 0", { message: "no", file: "a.wasm", offset: 0 }, "a.wasm: no (at offset 0x0)"],
    ["a place in text", { message: "no", file: "a.js", span: { line: 3, column: 7 } }, "a.js:3:7: no"],
  ])("%s", (_, fields, text) => expect(headline(fields)).toBe(text));
});

test("a file is named once, by whoever knows it best; damaged bytes are called that", () => {
  const error = caught(() => named("outer.wasm", () => named("inner.wasm", broken)));
  expect(error).toMatchObject({
    kind: "unsupported",
    file: "inner.wasm",
    offset: 0x1f,
    message: "unexpected end",
  });
  expect(renderError(error)).toBe(
    "javy-prof: inner.wasm: unexpected end (at offset 0x1f)\n" +
      "  what is there is damaged, or cut short: build it, or get it, anew\n",
  );
});

test("what crosses to another thread is the same there", () => {
  const error = caught(() => named("a.wasm", broken));
  const copy = new Diagnostic(structuredClone(error.fields));
  expect(copy.fields).toEqual(error.fields);
  expect(renderError(copy)).toBe(renderError(error));
});

test("names and details are inert, on the terminal and in the document", () => {
  const error = named("\u202ea\x1b[31m", () => usageError("no \x07", "one\ntwo"));
  const shown = renderError(new Diagnostic({ ...error.fields, file: "\u202ea\x1b[31m" }));
  expect(shown).toBe("javy-prof: \\u202ea\\x1b[31m: no \\x07\n  one\\ntwo\n");
  expect(writeErrorJson(error, 2)).toMatch(/^[ -~\n]*$/);
});

test("the text of a line, and a caret below its place", () => {
  const shown = (line: string, column: number | null) =>
    renderError(
      new Diagnostic({ kind: "usage", message: "no", file: "a.js", span: { line: 3, column, text: line } }),
    );
  expect(shown("\t\tlet a = ;", 11)).toBe("javy-prof: a.js:3:11: no\n  let a = ;\n          ^\n");
  expect(shown("let 漢 = ;", 9)).toBe("javy-prof: a.js:3:9: no\n  let 漢 = ;\n           ^\n");
  expect(shown("let a = ;", null)).toBe("javy-prof: a.js:3: no\n  let a = ;\n");
  expect(shown("\x1b[31m ;", 7)).toBe("javy-prof: a.js:3:7: no\n  \\x1b[31m ;\n           ^\n");
  const [, line, caret] = shown(`${"a".repeat(500)}*${"b".repeat(500)}`, 501).split("\n");
  expect(line).toMatch(/^ {2}…a+\*b+…$/);
  expect(line!.length).toBeLessThan(110);
  expect(line![caret!.indexOf("^")]).toBe("*");
});

test("the document", () => {
  const document = JSON.parse(writeErrorJson(internalError("it does not add up", "a is 1"), 5));
  expect(document).toEqual({
    schemaVersion: 1,
    error: {
      kind: "internal",
      code: 5,
      message: "it does not add up",
      details: ["a is 1", "this is a bug in javy-prof: please report it with the input that caused it"],
    },
  });
});
