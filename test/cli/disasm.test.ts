/** disasm and info as they ship: fuel per instruction adds up, and what is refused says why. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

interface ListedJson {
  readonly programs: readonly {
    readonly functions: readonly {
      readonly name: string;
      readonly calls?: number;
      readonly instructions: readonly { readonly fuel?: number; readonly hits?: number }[];
    }[];
  }[];
  readonly result: { readonly js: number; readonly listed: number; readonly unmatched: { fuel: number }[] };
}

const source = (name: string) => readFileSync(inRoot(`fixtures/programs/${name}`), "utf8");

describe.each(["classes", "generators", "eval", "throw", "getters", "finally"])("%s", (name) => {
  test("the fuel of its instructions and of code made at run time is all of the JavaScript's", async () => {
    const { path, remove } = folderWith({ "app.js": source(`${name}.js`) });
    try {
      await javyProf(path, ["run", "app.js", "--format", "json"]);
      const { code, stdout, stderr } = await javyProf(path, ["disasm", "app.fuel.json", "--json"]);
      expect(code, stderr).toBe(0);
      const result = JSON.parse(readFileSync(`${path}/app.fuel.json`, "utf8")) as Result;
      const listed = JSON.parse(stdout) as ListedJson;
      const functions = listed.programs.flatMap((program) => program.functions);
      const sum = (numbers: readonly (number | undefined)[]) =>
        numbers.reduce((total: number, one) => total + (one ?? 0), 0);
      const fuel = sum(functions.flatMap(({ instructions }) => instructions.map((one) => one.fuel)));
      expect(fuel).toBe(listed.result.listed);
      expect(fuel + sum(listed.result.unmatched.map((row) => row.fuel))).toBe(result.phases.js);
      const js = result.functions.filter(({ kind }) => kind === "js");
      expect(functions.length + listed.result.unmatched.length).toBe(js.length);
      const hits = sum(functions.flatMap(({ instructions }) => instructions.map((one) => one.hits)));
      // `eval` and `new Function` of one fixture make code that is not listed
      if (name !== "eval") expect(hits).toBe(result.fuel.dispatches);
      expect(listed.result.unmatched.length > 0).toBe(name === "eval");
      expect(functions.every(({ calls }) => calls !== undefined)).toBe(true);
      const again = await javyProf(path, ["disasm", "app.js", "app.fuel.json", "--json"]);
      expect(again.stdout).toBe(stdout);
    } finally {
      remove();
    }
  });
});

describe("refused, with the reason", () => {
  const cases: readonly (readonly [
    string,
    Readonly<Record<string, string | Uint8Array>>,
    string[],
    number,
    RegExp,
  ])[] = [
    [
      "a result that is none",
      { "app.js": "1;", "r.json": '{ "schemaVersion": 7 }' },
      ["disasm", "app.js", "r.json"],
      2,
      /r\.json has schemaVersion 7; this javy-prof reads 1/,
    ],
    [
      "a number too high",
      { "app.js": "1;" },
      ["disasm", "app.js", "--function", "#7"],
      2,
      /numbered from 0 to 0/,
    ],
    [
      "two results",
      { "app.js": "1;" },
      ["disasm", "app.js", "a.json", "--result", "b.json"],
      2,
      /two results were given/,
    ],
    [
      "a module without JavaScript",
      { "c.wasm": new Uint8Array(readFileSync(inRoot("dist/profiler/counters/collector.wasm"))) },
      ["disasm", "c.wasm"],
      4,
      /c\.wasm: no QuickJS interpreter was found in this module\n.*looked for/,
    ],
    ["a source that does not compile", { "app.js": "let = ;" }, ["disasm", "app.js"], 2, /app\.js:1:/],
  ];
  test.each(cases)("%s", async (_, files, args, exit, message) => {
    const { path, remove } = folderWith(files);
    try {
      const { code, stdout, stderr } = await javyProf(path, args);
      expect([code, stdout]).toEqual([exit, ""]);
      expect(stderr).toMatch(message);
    } finally {
      remove();
    }
  });

  test("the result of another module, or of one that is gone", async () => {
    const { path, remove } = folderWith({ "one.js": "console.log(1);", "two.js": "console.log(2);" });
    try {
      await javyProf(path, ["run", "one.js", "--format", "json"]);
      const other = await javyProf(path, ["disasm", "two.js", "one.fuel.json"]);
      expect([other.code, other.stdout]).toEqual([2, ""]);
      expect(other.stderr).toMatch(/one\.fuel\.json is the result of another module\n.*of one\.js, /);
      const { path: elsewhere, remove: removeToo } = folderWith({
        "one.fuel.json": readFileSync(`${path}/one.fuel.json`),
      });
      const gone = await javyProf(elsewhere, ["disasm", "one.fuel.json"]);
      removeToo();
      expect([gone.code, gone.stdout]).toEqual([2, ""]);
      expect(gone.stderr).toMatch(/is a result of one\.js, which cannot be read from here/);
    } finally {
      remove();
    }
  });
});

test("--source: for a module that carries none; another program's source is noticed", async () => {
  const text = "function f(a) {\n  return a(1) + 1;\n}\nf(f);\n";
  const { path, remove } = folderWith({ "app.js": text, "short.js": "1;" });
  try {
    await javyProf(path, ["build", "app.js"]);
    const bytes = readFileSync(`${path}/app.wasm`);
    // the last section is javy_source
    const without = bytes.subarray(0, bytes.lastIndexOf("javy_source") - 3);
    const { path: bare, remove: removeToo } = folderWith({
      "app.wasm": without,
      "app.js": text,
      "short.js": "1;",
    });
    const none = await javyProf(bare, ["disasm", "app.wasm", "--function", "f"]);
    const given = await javyProf(bare, ["disasm", "app.wasm", "--function", "f", "--source", "app.js"]);
    const wrong = await javyProf(bare, ["disasm", "app.wasm", "--function", "f", "--source", "short.js"]);
    removeToo();
    expect(none.stdout).toMatch(/\n {2}line 2\n/);
    expect(given.stdout).toMatch(/\n {6}2 \| {3}return a\(1\) \+ 1;\n/);
    expect([given.stderr, wrong.code]).toEqual(["", 0]);
    expect(wrong.stderr).toMatch(
      /the source has 1 lines, the bytecode goes to line \d: it is another source/,
    );
  } finally {
    remove();
  }
});

test("info of a damaged program: what is wrong, the rest, and exit 0", async () => {
  const { path, remove } = folderWith({ "app.js": "console.log(1);" });
  try {
    await javyProf(path, ["build", "app.js"]);
    const bytes = readFileSync(`${path}/app.wasm`);
    bytes[bytes.indexOf("function.mjs")]! ^= 1;
    const { path: damaged, remove: removeToo } = folderWith({ "app.wasm": bytes });
    const { code, stdout, stderr } = await javyProf(damaged, ["info", "app.wasm"]);
    const refused = await javyProf(damaged, ["disasm", "app.wasm"]);
    removeToo();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nprogram: not readable\n {2}checksum 0x[0-9a-f]+ does not match/);
    expect(stdout).toMatch(/^dispatch {3}function \d+ JS_CallInternal/m);
    expect([refused.code, refused.stdout]).toEqual([4, ""]);
    expect(refused.stderr).toMatch(/app\.wasm: checksum/);
  } finally {
    remove();
  }
});
