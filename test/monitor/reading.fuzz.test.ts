/**
 * Whatever a script says, it is understood or its problems are said, each with a place inside the text: random
 * sequences of the language's tokens, and good scripts with pieces lost, doubled and exchanged. Nothing else is thrown.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { problemLines } from "../../src/format/script-problems.ts";
import { wasmEvents } from "../../src/monitor/events.ts";
import { readScript } from "../../src/monitor/script.ts";
import { ScriptError } from "../../src/monitor/source.ts";

const events = wasmEvents().filter(({ name }) =>
  /^(call|br_if|br_table|block|else|i32.load|memory.fill|memory.grow|entry|report)$/.test(name),
);

function read(text: string): "understood" | "problems" {
  try {
    readScript({ file: "x.mm", text }, { events, libraries: new Map() });
    return "understood";
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { span } of error.problems) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.start).toBeLessThanOrEqual(text.length);
    }
    problemLines(error);
    return "problems";
  }
}

// biome-ignore format: a list
const tokens = [
  "wasm:opcode:call:before", "wasm:opcode:call:alt", "wasm:opcode:block|else:alt", "alt_call_by_id", "alt_call_by_name", "drop_args", "dup_at", "wasm:func:entry", "wasm:*:*", "(arg0: i32)", "/", "{", "}", "(", ")", "[", "]", ";", ",", ".", ":", "?", "=", "==",
  "+", "-", "*", "%", "&&", "||", "<<", ">>", "<", ">", "!", "~", "@static", "@init", "as", "if", "elif", "else", "return", "fn", "use", "var",
  "report", "unshared", "map<u32, u64>", "u32", "i64", "f32", "str", "bool", "funcref", "->", "x", "y", "fid", "arg0", "res0", "effective_addr", "lib",
  "1", "0x1F", "-2", "1.5", "\"s\"", "true", "inf", "++", "--", "// c\n", "/* c */", "/*", "\"", "'", "\\", "é", "\u0000",
];

test("any sequence of tokens", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 60 }), (words) => {
      read(words.join(" "));
    }),
    { numRuns: 3000 },
  );
});

test("good scripts with pieces lost, doubled and exchanged", () => {
  const folder = new URL("./cases/", import.meta.url);
  const good = readdirSync(folder)
    .filter((name) => name.endsWith(".mm"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
  const edit = fc.record({
    at: fc.nat(4000),
    length: fc.nat(12),
    how: fc.constantFrom("lose", "double", "exchange"),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.constantFrom(...good), fc.array(edit, { maxLength: 4 }), (script, edits) => {
      let text = script;
      for (const { at, length, how } of edits) {
        const start = at % (text.length + 1);
        const piece = text.slice(start, start + length);
        const other = how === "lose" ? "" : how === "double" ? piece + piece : [...piece].reverse().join("");
        text = text.slice(0, start) + other + text.slice(start + length);
      }
      seen.add(read(text));
    }),
    { numRuns: 1500 },
  );
  expect(seen).toContain("problems");
});

test("nesting without end", () => {
  const deep = 100_000;
  for (const text of [
    `wasm:func:entry / ${"(".repeat(deep)} / { }`,
    `wasm:func:entry { ${"if (true) {".repeat(deep)} }`,
    `wasm:func:entry { var x: ${"(".repeat(deep)}u32; }`,
    `wasm:func:entry { var x: ${"map<u32, ".repeat(deep)}u32; }`,
    `wasm:func:entry { x = ${"f(".repeat(deep)}; }`,
    "/*".repeat(deep),
  ])
    expect(read(text)).toBe("problems");
});

test("long chains", () => {
  expect(read(`wasm:func:entry { var x: u32 = fid${" + 1".repeat(1_000)}; }`)).toBe("understood");
  expect(read(`wasm:func:entry { var x: u32 = fid${" + 1".repeat(100_000)}; }`)).toBe("problems");
  expect(read(`wasm:func:entry / fid == 0${" || fid == 1".repeat(10_000)} / { }`)).toBe("understood");
});
