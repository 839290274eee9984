/** What each warning and each end says, word for word; and that a document says the same when it is read back. */
import { expect, test } from "vitest";
import { wholeText } from "../../src/format/files/formats.ts";
import { documentOf, writeResultJson } from "../../src/format/files/result-json.ts";
import { renderSummary } from "../../src/format/summary/summary.ts";
import { exitText, warningText } from "../../src/format/warning-words.ts";
import type { Exit, Result } from "../../src/result/result.ts";
import { violates, type Warning, warningCodes } from "../../src/result/warnings.ts";
import { shop } from "../support/sample.ts";

const stripped = "the module's bytecode was stripped of its lines";
const unnamed = "(functions without a name are called by number and place in the bytecode)";
const lost = (reason: "differs" | "absent", ...names: string[]) =>
  names.map((name, index) => ({ index, name, reason }));

const all: readonly (readonly [Warning, string])[] = [
  [
    { code: "model-assumed", model: "wasmtime-99", like: 50 },
    "wasmtime-99 has not been measured; it is counted like wasmtime-50",
  ],
  [
    { code: "time-or-random", asked: ["clock_time_get", "random_get"], by: "program" },
    "the program asked for the time (clock_time_get) and random numbers (random_get): other hosts answer otherwise, and fuel can depend on it",
  ],
  [
    { code: "time-or-random", asked: ["clock_time_get"], by: "engine" },
    "the engine, for Math.random, asked for the time (clock_time_get): other hosts answer otherwise, and fuel can depend on it",
  ],
  [{ code: "real-clock" }, "the guest saw the real time: its fuel can differ from run to run"],
  [
    {
      code: "fuel-uncounted",
      model: "wasmtime-45",
      reason: { code: "call-ref", count: 2, first: { func: 3, offset: 0x2a } },
    },
    "wasmtime-45 may count otherwise: it forgets what a function consumes that is called by call_ref (2 places, the first in function 3 at offset 0x2a)",
  ],
  [
    { code: "limit-module", bytes: 256_001, limit: 256_000 },
    "the module has 256,001 bytes, over the platform's 256,000",
  ],
  [
    { code: "limit-input", bytes: 128_001, limit: 128_000 },
    "the input has 128,001 bytes, over the platform's 128,000 (as the function gets it)",
  ],
  [
    { code: "limit-output", bytes: 20_001, limit: 20_000 },
    "the output has 20,001 bytes, over the platform's 20,000 (as the function wrote it)",
  ],
  [
    { code: "limit-memory", bytes: 10_027_008, limit: 10_000_000 },
    "the memory has 10,027,008 bytes, over the platform's 10,000,000",
  ],
  [{ code: "limit-logs", limit: 1_000 }, "the platform cuts logs of more than 1,000 bytes"],
  [
    { code: "platform-output", problem: "there is no output" },
    "the platform would not take the output: there is no output",
  ],
  [
    { code: "lines-carried", functions: 7, of: 8, source: "app.js", compiler: "javy-default-plugin-v3" },
    `${stripped}: those of 7 of 8 functions are from app.js, compiled by the plugin javy-default-plugin-v3, where the code is the same`,
  ],
  [
    { code: "lines-carried", functions: 8, of: 8, source: "app.js", compiler: null },
    `${stripped}: those of 8 of 8 functions are from app.js, compiled by the embedded engine, where the code is the same`,
  ],
  [
    { code: "lines-missing", why: { kind: "no source" } },
    `${stripped}: the module has no source in it: give it with --source <file> ${unnamed}`,
  ],
  [
    {
      code: "lines-missing",
      why: {
        ...{ kind: "not compiled", source: "app.js", canGivePlugin: true },
        refusals: [
          { compiler: "p", reason: "no compiler" },
          { compiler: "p", reason: "no compiler" },
          { compiler: "q", reason: "not located", problem: { message: "unexpected end", offset: 16 } },
          { compiler: "r", reason: "other version", has: 21, wanted: 26 },
          { compiler: "s", reason: "failed", problem: { message: "SyntaxError: no", offset: null } },
          { compiler: "t", reason: "unreadable" },
          { compiler: null, reason: "strips" },
        ],
      },
    },
    `${stripped}: app.js was not compiled: the plugin p cannot compile; the plugin q: unexpected end (at offset 0x10); ` +
      "the plugin r has bytecode version 21, the module 26; SyntaxError: no; the plugin t made bytecode that cannot be read; " +
      "the embedded engine leaves debug information out itself; give a plugin of the same bytecode version, which keeps debug " +
      `information, with --plugin ${unnamed}`,
  ],
  [
    {
      code: "lines-missing",
      why: {
        kind: "other code",
        source: "app.js",
        of: 9,
        lost: [...lost("absent", "z"), ...lost("differs", "a", "b", "c", "d", "e", "f", "g")],
      },
    },
    "8 of 9 functions have no lines from app.js: the source has other code for a, b, c, d, e and 2 more; the source has no z; " +
      "give the source that the module was built from with --source <file>",
  ],
  [
    { code: "map-unused", name: "app.js.map", why: "it is not JSON" },
    'the source map app.js.map is not used: it is not JSON; give one with --source-map <file>, or "none"',
  ],
  [
    { code: "line-shared", file: "app.min.js", line: 1, functions: 31 },
    "31 functions stand on line 1 of app.min.js: give the bundler's source map with --source-map <file>, and they are shown where they were written",
  ],
  [
    {
      code: "bytecode-damaged",
      damage: { kind: "unreadable", problem: { message: "unexpected end", offset: 31 } },
    },
    "the module's bytecode cannot be read and may be damaged: unexpected end (at offset 0x1f); functions are shown as they are in memory",
  ],
  [
    { code: "bytecode-damaged", damage: { kind: "line tables", functions: 2 } },
    "the module's bytecode has 2 function(s) whose line table is damaged: they have no lines",
  ],
  [
    { code: "builtins-missing" },
    "builtins have no frames: the place where the engine calls them was not found; --frames engine shows the engine's functions",
  ],
  [
    { code: "deep-stack", frames: 1_500 },
    "the JavaScript stack was 1,500 frames deep; wasmtime's default stack ends at about 626",
  ],
  [
    { code: "await-never-settled" },
    "a top-level await never settled: the program ended before the code behind it ran",
  ],
  [
    { code: "events-dropped", calls: 1_234_567, most: 200_000 },
    "there were 1,234,567 calls, too many to keep their order (about 200,000 fit; --events all keeps any number); the call tree and all totals are complete",
  ],
  [
    { code: "paths-merged", paths: 1_500_000, kept: 149_000, least: 4_096 },
    "the call tree is kept in 149,000 of 1,500,000 nodes: below each call, paths of less than 4,096 fuel are one, (other paths) (--events all keeps all); every function's figures are complete",
  ],
  [
    { code: "paths-merged", paths: 200_000, kept: 140_000, least: null },
    "the call tree is kept in 140,000 of 200,000 nodes: calls of one function from several lines are one (--events all keeps all); every function's figures are complete",
  ],
  [
    { code: "functions-merged", functions: 100_000, kept: 20_000 },
    "20,000 of 100,000 functions have a row, those that cost most: the others are one, (other functions) (--events all keeps all); no figure of a row and no total changes by it",
  ],
  [
    { code: "functions-merged", functions: null, kept: 20_000 },
    "20,000 functions have a row, those that cost most: the others are one, (other functions) (--events all keeps all); no figure of a row and no total changes by it",
  ],
  [
    { code: "lines-merged", lines: 300_000, kept: 25_000 },
    "25,000 of 300,000 lines have a row, those that cost most: the others are one, (other lines) (--events all keeps all); no figure of a row and no total changes by it",
  ],
  [
    { code: "pcs-merged", pcs: 900_000, kept: 300_000 },
    "the figures of 900,000 opcodes are kept in 300,000 rows, one for each line of a function (--events all keeps all); no line and no total changes by it",
  ],
];

test("every code of the table has its words", () => {
  for (const [warning, text] of all) expect(warningText(warning)).toBe(text);
  expect([...new Set(all.map(([{ code }]) => code))]).toEqual(Object.keys(warningCodes));
});

test("a limit is violated where the platform refuses, not where it cuts", () => {
  const codes = Object.keys(warningCodes).filter(violates);
  expect(codes).toEqual(["limit-module", "limit-input", "limit-output", "limit-memory", "platform-output"]);
  for (const unknown of ["limit-of-tomorrow", "toString", ""]) expect(violates(unknown)).toBe(false);
});

const ends: readonly (readonly [Omit<Exit, "stack">, string | null])[] = [
  [{ kind: "ok", code: 0, message: null }, null],
  [{ kind: "fuel", code: 0, message: null, limit: 11_000_000 }, "more than 11,000,000 fuel"],
  [{ kind: "timeout", code: 0, message: null, limit: 2_500 }, "more than 2.5 s"],
  [{ kind: "trap", code: 0, message: "unreachable\nError: no" }, "unreachable\nError: no"],
  [
    { kind: "trap", code: 0, message: "memory access out of bounds", depth: 1_234 },
    "the guest's stack is exhausted, 1,234 JavaScript frames deep (memory access out of bounds)",
  ],
];

test.each(ends)("why it ended: %j", (exit, text) => expect(exitText({ ...exit, stack: [] })).toBe(text));

test("a document has the words only, and says the same when it is read back", () => {
  for (const [exit] of ends) {
    const result: Result = {
      ...shop,
      run: { ...shop.run, exit: { ...exit, stack: [] } },
      warnings: all.map(([warning]) => warning),
    };
    const written = wholeText(writeResultJson(result));
    const read = JSON.parse(written) as Result;
    expect(Object.keys(read.run.exit)).toEqual(["kind", "code", "message", "stack"]);
    for (const warning of read.warnings) expect(Object.keys(warning)).toEqual(["code", "message"]);
    expect(wholeText(writeResultJson(read))).toBe(written);
    expect(documentOf(read)).toEqual(read);
    const summary = (of: Result) =>
      renderSummary(of, {
        tables: [],
        sort: "self",
        min: 0,
        width: 80,
        cuts: false,
        colour: false,
        unicode: false,
        input: null,
        maxFuel: null,
      });
    expect(summary(read)).toBe(summary(result));
  }
});
