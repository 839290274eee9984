/** The modules of fixtures/javy are those whose fuel was recorded, have the shape their README says, and cost that. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { recognise } from "../../src/javy/module.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { folderWith, inRoot, javyProf } from "../cli/javy-prof.ts";

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

describe.each(Object.entries(recorded.modules["dynamic-wit"]!.exports))("dynamic-wit %s", (name, one) => {
  test.each(Object.entries(one.fuel))("under %s", async (model, total) => {
    const folder = folderWith({});
    const args = [inRoot("fixtures/javy/dynamic-wit.wasm"), "-e", name, "--fuel-model", model, "--json"];
    const { code, stdout } = await javyProf(folder.path, args);
    folder.remove();
    expect(code).toBe(0);
    const { fuel, run } = JSON.parse(stdout) as { fuel: object; run: { stdout: string } };
    expect(fuel).toMatchObject({ total, comparable: true });
    expect(run.stdout).toBe(one.stdout);
  });
});
