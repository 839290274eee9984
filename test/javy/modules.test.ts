/** The modules of fixtures/javy are those whose fuel was recorded, have the shape their README says, and cost that. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { recognise } from "../../src/javy/module.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

interface Recorded {
  readonly pluginSha256: string;
  readonly modules: Record<
    string,
    {
      readonly bytes: number;
      readonly sha256: string;
      readonly exports: Record<string, { readonly stdout: string; readonly fuel: Record<string, number> }>;
    }
  >;
}

const json = (path: string) => JSON.parse(readFileSync(inRoot(path), "utf8"));
const recorded = json("fixtures/javy/fuel.json") as Recorded;
const read = (name: string) => new Uint8Array(readFileSync(inRoot(`fixtures/javy/${name}.wasm`)));

test("the plugin is the one they were recorded with", () => {
  expect(recorded.pluginSha256).toBe(json("plugin/plugin.json").sha256);
});

test.each(Object.entries(recorded.modules))("%s is the recorded file", (name, { bytes, sha256, exports }) => {
  const data = read(name);
  const digest = createHash("sha256").update(data).digest("hex");
  expect({ bytes: data.length, sha256: digest }).toEqual({ bytes, sha256 });
  const functions = decodeModule(data).exports.filter(
    (entry) => entry.kind === "func" && entry.name !== "cabi_realloc",
  );
  expect(functions.map((entry) => entry.name).sort()).toEqual(Object.keys(exports).sort());
});

test("a WIT export's name is a passive segment behind the bytecode", () => {
  const module = decodeModule(read("dynamic-wit"));
  const segments = module.data.map(({ mode, bytes }) => [
    mode,
    Buffer.from(module.bytes.subarray(bytes.start, bytes.end)),
  ]);
  const { payload } = recognise(module) as { payload: Uint8Array };
  expect(segments).toEqual([
    ["passive", Buffer.from(payload)],
    ["passive", Buffer.from("sumOfSquares")],
    ["passive", Buffer.from("countDown")],
  ]);
});

const runs = Object.entries(recorded.modules).flatMap(([name, { exports }]) =>
  Object.entries(exports).map(([entry, one]) => ({ name, entry, one })),
);

describe.each(runs)("$name $entry", ({ name, entry, one }) => {
  test.each(Object.entries(one.fuel))("under %s", async (model, total) => {
    const folder = folderWith({});
    const args = [inRoot(`fixtures/javy/${name}.wasm`), "-e", entry, "--fuel-model", model, "--json"];
    const { code, stdout } = await javyProf(folder.path, args);
    folder.remove();
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Result;
    expect(result.fuel).toMatchObject({ total, comparable: true });
    expect(result.run.stdout).toBe(one.stdout);
    expect(brokenSums(result)).toEqual([]);
    const last = one.stdout.trimEnd().split("\n").at(-1)!;
    if (!last.startsWith("{")) return;
    const { calls } = JSON.parse(last) as { calls: Record<string, number> };
    for (const [own, count] of Object.entries(calls)) {
      const rows = result.functions.filter((row) => row.kind === "js" && row.name === own);
      expect([own, rows.reduce((sum, row) => sum + row.calls, 0)]).toEqual([own, count]);
    }
  });
});

test("an export that there is not is answered with those that there are", async () => {
  const folder = folderWith({});
  const { code, stderr } = await javyProf(folder.path, [
    inRoot("fixtures/javy/static-wit.wasm"),
    "-e",
    "sum",
  ]);
  folder.remove();
  expect(code).toBe(2);
  expect(stderr).toMatch(/no export "sum"\n {2}it exports _start, sum-of-squares, count-down\n/);
});
