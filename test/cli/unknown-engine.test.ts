/**
 * A QuickJS that nobody knows (a known one with another name among its predefined ones) is profiled by what all have in
 * common, the profile is written, and then it is refused by name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-unknown-"));
  const module = readFileSync(inRoot("fixtures/engines/ng21/static.wasm"));
  const at = module.indexOf("Symbol.asyncIterator\0");
  expect(at).toBeGreaterThan(0);
  module.write("Symbol.asyncIterat0r", at);
  writeFileSync(join(folder, "unknown.wasm"), module);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("totals, functions by address, opcodes by number, and the engine's functions; exit 4", async () => {
  const args = ["run", "unknown.wasm", "--json", "--out", "profile.json"];
  const { code, stdout, stderr } = await javyProf(folder, args);
  expect(code).toBe(4);
  expect(stderr).toMatch(
    /unknown\.wasm: the module holds an unknown QuickJS\n {2}found: its predefined names are QuickJS's, but of no release/,
  );
  expect(stderr).toContain("supported: quickjs 1, 2, 5, 67; quickjs-ng 19, 21, 23, 26, 28");
  expect(existsSync(join(folder, "profile.json"))).toBe(true);

  const result = JSON.parse(stdout) as Result;
  expect(brokenSums(result)).toEqual([]);
  expect(result.fuel.comparable).toBe(true);
  const js = result.functions.filter(({ kind }) => kind === "js");
  expect(js.every(({ name }) => /^fn#\d+@0x[0-9a-f]+$/.test(name))).toBe(true);
  // fib is called 67 times, byPrice 31: seen without their names
  expect(js.map(({ calls }) => calls)).toEqual(expect.arrayContaining([67, 31]));
  expect(result.opcodes.length).toBeGreaterThan(50);
  expect(result.opcodes.every(({ name, code: number }) => name === `op#${number}`)).toBe(true);
  expect(result.functions.some(({ kind, self }) => kind === "engine" && self > 0)).toBe(true);
}, 60_000);

test("the same total as of the module that is known", async () => {
  const total = async (file: string) => {
    const args = ["run", file, "--json", "--out", "p.json", "--frames", "wasm"];
    return (JSON.parse((await javyProf(folder, args)).stdout) as Result).fuel.total;
  };
  const { stdout } = await javyProf(folder, ["run", "unknown.wasm", "--json", "--out", "p.json"]);
  expect((JSON.parse(stdout) as Result).fuel.total).toBe(await total("unknown.wasm"));
}, 60_000);
