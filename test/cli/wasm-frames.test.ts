/** --frames wasm on a Rust program, and on QuickJS as if it were any other: the same exact total, and every call. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

const input = inRoot("fixtures/wasm/words.txt");
const recordOf = (file: string, name: string) =>
  (
    JSON.parse(readFileSync(inRoot(file), "utf8")) as {
      modules: Record<string, { fuel: Record<string, number> }>;
    }
  ).modules[name]!.fuel;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-wasm-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await javyProf(folder, ["run", ...args, "--frames", "wasm", "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Result;
}

test.each(["wasmtime-45", "wasmtime-48", "wasmtime-50"])("a Rust program under %s", async (model) => {
  const result = await run(inRoot("fixtures/wasm/words.wasm"), "-i", input, "--fuel-model", model);
  expect(result.fuel.total).toBe(recordOf("fixtures/wasm/fuel.json", "words.wasm")[model]);
  expect(brokenSums(result)).toEqual([]);
  expect(result.toolchain).toMatchObject({ quickjs: null, bytecodeVersion: null });
  const { calls } = JSON.parse(result.run.stdout.trimEnd().split("\n").at(-1)!) as {
    calls: Record<string, number>;
  };
  const called = (name: string) =>
    result.functions.filter((row) => row.name === name).map((row) => [row.kind, row.calls]);
  expect(Object.keys(calls).length).toBeGreaterThan(1);
  for (const [name, count] of Object.entries(calls)) expect(called(name), name).toEqual([["wasm", count]]);
});

test("neither the summary nor the profile speaks of JavaScript", async () => {
  const args = ["run", inRoot("fixtures/wasm/words.wasm"), "-i", input, "--frames", "wasm", "--top", "3"];
  const { code, stderr } = await javyProf(folder, args);
  expect(code).toBe(0);
  expect(stderr).toContain("words::fib");
  expect(stderr).not.toMatch(/your JS|startup|quickjs/);
  const profile = JSON.parse(readFileSync(join(folder, "words.speedscope.json"), "utf8")) as {
    profiles: { name: string }[];
  };
  expect(profile.profiles.map(({ name }) => name)).toEqual(["fuel · calls in order"]);
});

test("a module with QuickJS, as WebAssembly", async () => {
  const result = await run(inRoot("fixtures/engines/ng21/static.wasm"));
  expect(result.fuel.total).toBe(recordOf("fixtures/engines/fuel.json", "ng21/static.wasm")["wasmtime-50"]);
  expect(brokenSums(result)).toEqual([]);
  const interpreter = result.functions.find(({ name }) => name === "JS_CallInternal")!;
  expect(interpreter.calls).toBeGreaterThan(200);
  expect(result.functions.every(({ kind }) => kind === "wasm")).toBe(true);
});
