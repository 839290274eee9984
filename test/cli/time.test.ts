/** Programs that ask for the time or for random numbers: what they get, and that their total does not compare. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { assemble } from "../support/binaryen.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const older = ["--plugin", inRoot("fixtures/engines/bellard2021/plugin.wasm")];
const shopify = ["--plugin", inRoot("fixtures/shopify/shopify_functions_javy_v2.wasm"), "--input", "in.json"];
const asks = assemble(`(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $random (i32.const 0) (i32.const 8)))))`);

/** An engine that compiles its source when it runs: the source, with the first line of its comment made a call. */
function withRandom(): Uint8Array {
  const bytes = readFileSync(inRoot("fixtures/engines/ng28/bare.wasm"));
  const comment = "// What every engine of this folder runs";
  const at = bytes.indexOf(comment);
  expect(at).toBeGreaterThan(0);
  bytes.write("var r = String(Math.random()); //".padEnd(comment.length), at);
  return bytes;
}

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "date.js": "console.log(Date.now());\n",
    "dice.js": "console.log(Math.random() < 2);\n",
    "quiet.js": "console.log(new Date(2020, 1, 29).toISOString());\n",
    // a number as MessagePack
    "function.js": "Javy.IO.writeSync(1, new Uint8Array([Date.now() === 0 && Math.random() < 2 ? 7 : 8]));\n",
    "in.json": "{}",
    "asks.wasm": asks.bytes,
    "random.wasm": withRandom(),
  });
});
afterAll(() => folder.remove());

test.each([
  ["what the program asks for", ["date.js"], "program clock_time_get"],
  ["Math.random, which Javy begins from the time", ["dice.js"], "program clock_time_get"],
  ["dates that are given, nothing", ["quiet.js"], ""],
  ["Math.random that an engine began when its plugin was made, nothing", ["dice.js", ...older], ""],
  ["Math.random that the engine begins at its start", ["random.wasm"], "engine clock_time_get"],
  ["a module without an engine", ["asks.wasm", "--frames", "wasm"], "program random_get"],
  ["Shopify's platform says what the time is", ["function.js", ...shopify], ""],
  ["but not with another seed", ["function.js", ...shopify, "--seed", "7"], "program clock_time_get"],
  ["the real time is another on each run", ["date.js", "--real-clock"], "program clock_time_get"],
  ["an engine that asks at its start, without Math.random", [inRoot("fixtures/engines/ng28/bare.wasm")], ""],
] as const)("%s: %s", async (_, args, expected) => {
  const { code, stdout, stderr } = await javyProf(folder.path, ["run", ...args, "--json"]);
  expect(code, stderr).toBe(0);
  const { fuel, warnings } = JSON.parse(stdout) as Result;
  const found = warnings.filter(({ code }) => code === "time-or-random");
  expect(found).toHaveLength(expected === "" ? 0 : 1);
  const said = JSON.stringify(found);
  for (const word of expected.split(" ").filter((word) => word !== "")) expect(said).toContain(word);
  expect(fuel.comparable).toBe(expected === "");
});

test("the clock stands at the same instant of our days, on Shopify's platform at its", async () => {
  const output = async (...args: string[]) =>
    (JSON.parse((await javyProf(folder.path, ["run", ...args, "--json"])).stdout) as Result).run.stdout;
  expect(await output("date.js")).toBe("1767225600000\n");
  expect(await output("function.js", ...shopify)).toBe("7\n");
});
