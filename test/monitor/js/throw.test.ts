/** js:throw: one event for each exception, where it is thrown; the same program on engines of all generations. */
import { describe, expect, test } from "vitest";
import { encodeText } from "../../../src/base/bytes.ts";
import { matchScript, monitor, open, type ReportMap } from "../../../src/index.ts";
import { inRoot } from "../../support/javy-prof.ts";
import { throwingProgram, thrownByLine } from "../../support/throwing-program.ts";

async function on(text: string, script: string, plugin?: string) {
  const options = plugin === undefined ? {} : { plugin: inRoot(plugin) };
  const program = await open(encodeText(text), { name: "app.js", ...options });
  const seen = await monitor(program, { script: { file: "test.mm", text: script }, output: "capture" });
  const map = (variable: string) =>
    Object.fromEntries(
      (seen.report.rows.find((row) => row.variable === variable)!.value as ReportMap).map.map(
        ([key, value]) => [String(key).replaceAll(",", " "), value],
      ),
    );
  return { ...seen, map };
}

const counting = `report var thrown: map<(u32, str), u32>; report var texts: map<str, u32>;
js:throw { report var n: u32; n++; thrown[(line, class)]++; texts[message]++; }`;

describe("each exception once, where it is thrown", () => {
  test.each([
    ...["bellard2021", "bellard2023", "bellard2024", "ng19", "ng21"].map((engine) => `engines/${engine}`),
    "the embedded engine",
  ])("%s", async (engine) => {
    const plugin = engine.startsWith("engines/") ? `fixtures/${engine}/plugin.wasm` : undefined;
    const { map, report, exit } = await on(throwingProgram, counting, plugin);
    expect(exit).toBe("ok");
    expect(map("thrown")).toEqual(thrownByLine);
    expect(map("texts")).toMatchObject({ r1: 3, into: 1, inner: 1, return: 1, body: 1, text: 1, mine: 1 });
    // a place for each opcode that threw
    const rows = report.rows.filter(({ variable }) => variable === "n");
    const byLine = new Map<number, number>();
    for (const { place, value } of rows)
      byLine.set(place!.source!.line, (byLine.get(place!.source!.line) ?? 0) + Number(value));
    const lines = new Map<number, number>();
    for (const [key, count] of Object.entries(thrownByLine))
      lines.set(Number.parseInt(key, 10), (lines.get(Number.parseInt(key, 10)) ?? 0) + count);
    expect(byLine).toEqual(lines);
  });

  test.each([
    "bellard2020/bare",
    "bellard2021/static",
    "bellard2021/preinitialised",
    "bellard2021/evaluated",
    "bellard2023/static",
    "bellard2024/static",
    "ng19/static",
    "ng21/static",
    "ng26/static",
    "ng28/bare",
    "ng28/bytecode",
  ])("%s", async (path) => {
    const program = await open(inRoot(`fixtures/engines/${path}.wasm`));
    const { report } = await monitor(program, {
      script: {
        file: "test.mm",
        text: `report var all: map<(str, u32, str, str), u32>; js:throw { all[(fname, line, class, message)]++; }`,
      },
      output: "capture",
    });
    expect((report.rows[0]!.value as ReportMap).map).toEqual([
      [["thrower", 102, "RangeError", "item 10 is too dear"], 1],
    ]);
  });

  test("a program that counts its exceptions itself", async () => {
    const program = await open(inRoot("fixtures/programs/exceptions.js"));
    const { report } = await monitor(program, { script: "js-exceptions", output: "capture" });
    const classes = (report.rows.find(({ variable }) => variable === "classes")!.value as ReportMap).map;
    expect(Object.fromEntries(classes.map(([key, value]) => [String(key), value]))).toEqual({
      ...{ "thrower,Custom": 6n, "rethrow,Custom": 11n, "compare,Custom": 1n, "reviver,Custom": 1n },
      ...{ "get value,Custom": 1n, "toText,": 1n, "replacement,RangeError": 1n, "failing,TypeError": 1n },
      ...{ "engine,TypeError": 1n, "syntax,SyntaxError": 1n, "regexp,SyntaxError": 1n },
    });
  });

  test("what using throws on is not told again, nor what it makes of two", async () => {
    const { map } = await on(
      `function both() { using a = { [Symbol.dispose]() { throw new Error("d"); } }; throw new TypeError("b"); }
function one() { using a = { [Symbol.dispose]() { throw new Error("d"); } }; return 1; }
async function later() { await using a = { async [Symbol.asyncDispose]() { } }; throw new TypeError("b"); }
for (const f of [both, one]) try { f(); } catch { }
later().catch(() => {});`,
      counting,
    );
    expect(map("thrown")).toEqual({ "1 Error": 1, "1 TypeError": 1, "2 Error": 1, "3 TypeError": 1 });
  });
});

describe("an event", () => {
  test("stands behind its opcode, before the handler and the function's exit; fuel grows", async () => {
    const { map, report } = await on(
      "function f() { throw 1; }\nfunction g() { try { f(); } catch { return 2; } }\ng();",
      `report var order: map<(u32, str), u32>; report var went: bool; var n: u32; var last: u64;
      js:opcode:throw:after { order[(n, "after")]++; n++; }
      js:throw { order[(n, "throw")]++; n++; went = fuel > last && depth == 3; last = fuel; }
      js:func:exit / fname == "f" / { order[(n, "exit")]++; n++; }
      js:opcode:drop:before / fname == "g" / { order[(n, "handler")]++; n++; }`,
    );
    expect(Object.keys(map("order")).slice(0, 4)).toEqual(["0 after", "1 throw", "2 exit", "3 handler"]);
    expect(report.rows.find(({ variable }) => variable === "went")!.value).toBe(true);
  });

  test("is listed by function before the run", async () => {
    const program = await open(encodeText("function f() { throw 1; }\nconst g = () => f();"), {
      name: "app.js",
    });
    const { places } = await matchScript(program, {
      script: { file: "test.mm", text: 'js:throw / fname == "f" && line == 1 / { }' },
    });
    expect(
      places.map(({ place, residual }) => [place.functionName, residual === null ? "never" : "perhaps"]),
    ).toEqual([
      ["(module app.js)", "never"],
      ["f", "perhaps"],
      ["g", "never"],
    ]);
  });

  test("of a function that is left out by its predicate costs no place", async () => {
    const { report } = await on(
      "function f() { throw 1; }\nfunction g() { try { f(); } catch { null.x; } }\ntry { g(); } catch { }",
      `js:throw / fname == "g" / { report var n: u32; n++; } js:throw / line == 1 / { report var m: u32; m++; }`,
    );
    expect(
      report.rows.map(({ variable, place, value }) => [
        variable,
        place!.functionName,
        place!.source!.line,
        value,
      ]),
    ).toEqual([
      ["n", "g", 2, 1],
      ["m", "f", 1, 1],
    ]);
  });
});
