/** Modules whose fuel under a model may not be wasmtime's: the run says why, and that it does not compare. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { warningText } from "../../src/format/warning-words.ts";
import type { Result } from "../../src/result/result.ts";
import { assemble } from "../support/binaryen.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const grows = assemble(`(module
  (table 1 1 funcref)
  (memory (export "memory") 1 1)
  (func (export "_start") (local $n i32)
    (local.set $n (i32.const 7))
    (drop (table.grow 0 (ref.null func) (i32.const 5)))
    (drop (memory.grow (local.get $n)))))`);
const harmless = assemble('(module (memory (export "memory") 1) (func (export "_start") (nop)))');

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({ "grows.wasm": grows.bytes, "harmless.wasm": harmless.bytes });
});
afterAll(() => folder.remove());

async function run(file: string, model: string): Promise<Result> {
  const { code, stdout, stderr } = await javyProf(folder.path, [
    ...["run", file, "--frames", "wasm", "--fuel-model", model, "--json"],
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Result;
}

test.each([
  ["wasmtime-45", []],
  [
    "wasmtime-46",
    ["wasmtime-46 may count otherwise: a table.grow that fails loses what it has pending (in function 0"],
  ],
  ["wasmtime-48", []],
  [
    "wasmtime-50",
    ["wasmtime-50 may count otherwise: growing by a small constant costs it even where it fails"],
  ],
] as const)("%s", async (model, beginnings) => {
  const { fuel, warnings } = await run("grows.wasm", model);
  const said = warnings.filter(({ code }) => code === "fuel-uncounted").map(warningText);
  expect(said.map((message, i) => message.slice(0, beginnings[i]?.length))).toEqual(beginnings);
  expect(fuel.comparable).toBe(beginnings.length === 0);
  expect((await run("harmless.wasm", model)).fuel.comparable).toBe(true);
});

test("the summary says that it is the warnings that doubt the total", async () => {
  const { stderr } = await javyProf(folder.path, ["grows.wasm", "--frames", "wasm"]);
  expect(stderr).toContain(
    "\n  the instructions executed; the engine's own count can differ as the warnings say\n",
  );
  expect(stderr).toMatch(/\(in function 0 at offset 0x[0-9a-f]+\) \[fuel-uncounted\]/);
});
