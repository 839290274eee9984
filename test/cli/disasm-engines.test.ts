/**
 * Every generation of QuickJS, from fixtures/engines and fixtures/stripped: `info` names the engine and lists the
 * functions, and the fuel of all instructions of `disasm` is the JavaScript's, but for code made at run time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { NamedFacts } from "../../src/format/module-facts.ts";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { withoutEval } from "../support/plain-names.ts";

const engines = inRoot("fixtures/engines");
const modules = readdirSync(engines, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => {
    const files = readdirSync(`${engines}/${name}`).filter((file) => file.endsWith(".wasm"));
    const folder = `fixtures/engines/${name}`;
    return files
      .filter((file) => file !== "plugin.wasm")
      .map((file) => [
        `${name}/${file}`,
        folder,
        file,
        // the embedded engine has its own plugin
        file === "app.wasm" && readdirSync(`${engines}/${name}`).includes("plugin.wasm")
          ? ["--plugin", "plugin.wasm"]
          : [],
      ]);
  }) as [string, string, string, string[]][];

/** By folder: how `info` calls the engine, and its bytecode version. */
const names: Readonly<Record<string, readonly [engine: string, version: number]>> = {
  ...{ bellard2020: ["quickjs", 1], bellard2021: ["quickjs", 2], bellard2023: ["quickjs", 2] },
  ...{ bellard2024: ["quickjs", 67], ng19: ["quickjs-ng", 19], ng21: ["quickjs-ng", 21] },
  ...{ ng26: ["quickjs-ng", 26], ng28: ["quickjs-ng", 28] },
};

test("there are fixtures of every generation", () => {
  const found = new Set(modules.map(([name]) => name.split("/")[0]!));
  expect([...found].sort()).toEqual(Object.keys(names).sort());
});

test.each(modules)("%s", async (name, folder, file, plugin) => {
  const files = readdirSync(inRoot(folder)).filter((one) => one.endsWith(".wasm"));
  const { path, remove } = folderWith(
    Object.fromEntries(files.map((one) => [one, readFileSync(inRoot(`${folder}/${one}`))])),
  );
  try {
    const info = await javyProf(path, ["info", file, "--json", ...plugin]);
    expect(info.code, info.stderr).toBe(0);
    const facts = JSON.parse(info.stdout) as NamedFacts;
    const [engine, version] = names[name.split("/")[0]!]!;
    expect(facts.quickjs).toContainEqual(expect.objectContaining({ engine, bytecodeVersion: version }));
    expect([facts.problems, facts.dispatch?.name, facts.run.ready]).toEqual([[], "JS_CallInternal", true]);

    // a bare engine compiles, or loads, its program while it runs
    const functions = facts.programs.flatMap((program) => program.functions.map((fn) => fn.name));
    const listed = await javyProf(path, ["disasm", file, ...plugin]);
    expect(functions.length === 0).toBe(/^(bare|bytecode)\.wasm$/.test(file));
    if (functions.length === 0) {
      expect([listed.code, listed.stderr]).toEqual([4, expect.stringMatching(/there is no bytecode/)]);
      return;
    }
    expect(functions).toEqual(expect.arrayContaining(["new Shape", "get Shape.side", "fib", "walk"]));
    expect([listed.code, listed.stderr]).toEqual([0, ""]);

    const run = await javyProf(path, ["run", file, ...plugin, "--format", "json", "-o", "r.fuel.json"]);
    expect(run.code, run.stderr).toBe(0);
    const result = JSON.parse(readFileSync(`${path}/r.fuel.json`, "utf8")) as Result;
    const counted = await javyProf(path, ["disasm", file, "r.fuel.json", "--json", ...plugin]);
    const { result: sums } = JSON.parse(counted.stdout) as {
      result: { js: number; listed: number; unmatched: { name: string; fuel: number }[] };
    };
    const made = sums.unmatched.reduce((sum, { fuel }) => sum + fuel, 0);
    expect(sums.listed + made).toBe(result.phases.js);
    expect(made).toBeLessThan(result.phases.js / 50);
    // what census.js makes with eval and new Function
    expect(new Set(sums.unmatched.map((fn) => withoutEval(fn.name)))).toEqual(
      new Set(["<eval>", "made", "anonymous"]),
    );
  } finally {
    remove();
  }
});

test("bytecode stripped of its lines has those of its source", async () => {
  const { path, remove } = folderWith({ "app.wasm": readFileSync(inRoot("fixtures/stripped/app.wasm")) });
  try {
    await javyProf(path, ["run", "app.wasm", "--format", "json"]);
    const { code, stdout, stderr } = await javyProf(path, ["disasm", "app.fuel.json", "--json"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /^note: the module's bytecode was stripped of its lines: those of 20 of 20 functions/,
    );
    const { result } = JSON.parse(stdout) as { result: { js: number; listed: number; unmatched: [] } };
    expect([result.listed, result.unmatched]).toEqual([result.js, []]);
    expect(result.js).toBeGreaterThan(100_000);
    const text = await javyProf(path, ["disasm", "app.wasm", "--function", "Account.deposit"]);
    expect(text.stdout).toMatch(/\n#3 Account\.deposit {3}function\.mjs:16:3\n/);
  } finally {
    remove();
  }
});
