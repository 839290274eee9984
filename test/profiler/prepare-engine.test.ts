/**
 * The engine as the package prepares it is what is found and made anew: byte for byte, and in whole profiles, since wrong
 * facts would pass every sum.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageFile } from "../../src/base/package-files.ts";
import { open, profile } from "../../src/index.ts";
import { prepareEngine } from "../../src/profiler/prepare-engine.ts";
import { preparedFacts, preparedModule } from "../../src/program/prepared-engine.ts";

test("the files of the build are made anew, to the byte", () => {
  const { facts, module } = prepareEngine();
  expect(JSON.parse(readFileSync(packageFile(preparedFacts), "utf8"))).toEqual(
    JSON.parse(JSON.stringify(facts)),
  );
  expect(Buffer.compare(readFileSync(packageFile(preparedModule)), module)).toBe(0);
});

const folder = new URL("../../fixtures/programs/", import.meta.url);
const programs = readdirSync(folder).filter((name) => /^(async|classes|eval|json|throw|gc)\.js$/.test(name));

test.each(programs)("%s: the same profile as with the plugin read anew", async (name) => {
  const source = new Uint8Array(readFileSync(new URL(name, folder)));
  const prepared = await open(source, { name });
  const anew = await open(source, { name, plugin: { name: "plugin.wasm", bytes: plugin } });
  expect([prepared.engineFrom, anew.engineFrom]).toEqual(["embedded", "plugin"]);
  expect(prepared.plugin?.prepared).not.toBeNull();
  expect(anew.plugin?.prepared).toBeNull();
  for (const frames of ["js", "builtin", "work"] as const) {
    const [first, second] = await Promise.all([profile(prepared, { frames }), profile(anew, { frames })]);
    expect(first.result.toolchain.engine).toBe("embedded");
    const { toolchain, ...rest } = second.result;
    expect({ toolchain: { ...toolchain, engine: "embedded" }, ...rest }).toEqual(first.result);
    expect(first.speedscope()).toBe(second.speedscope());
    expect(first.facts.dispatch).toEqual(second.facts.dispatch);
  }
});

const plugin = new Uint8Array(readFileSync(packageFile("plugin/plugin.wasm")));
