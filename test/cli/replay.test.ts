/**
 * `run --replay` with logs of a Shopify function's runs, as Shopify CLI writes them: what function-runner measured for the same
 * input is what the platform says, so here it is the same, to the unit; and scenarios of such logs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckDocument } from "../../src/ci/check-document.ts";
import type { ResultDocument } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const fixture = (path: string) => readFileSync(inRoot(`fixtures/shopify/${path}`));
/** What the platform counts by costs what wasmtime 45 costs. */
const measured = JSON.parse(fixture("fuel.json").toString())["discount-v3"].fuel["wasmtime-45"] as number;
const cart = JSON.parse(fixture("inputs/cart.json").toString());
/** Of the text without spaces. */
const inputBytes = Buffer.byteLength(JSON.stringify(cart));

const log = (fuelConsumed: number, change: object = {}) => {
  const payload = {
    export: "_start",
    input: cart,
    inputBytes,
    fuelConsumed,
    logs: ["14 of 20 lines"],
    ...change,
  };
  return JSON.stringify({ shopId: 1, payload, logType: "function_run", status: "success" }, null, 2);
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "discount.wasm": fixture("apps/discount-v3.wasm"),
    "plugin.wasm": fixture("shopify_functions_javy_v3.wasm"),
    "same.json": log(measured),
    "cheaper.json": log(measured - 1000),
    "silent.json": log(measured, { fuelConsumed: null }),
    "changed.json": log(measured, { inputBytes: 7 }),
    "other.json": log(measured, { export: "cart_lines" }),
    "cart.json": "{}",
  });
});
afterAll(() => folder.remove());

const run = (...args: string[]) =>
  javyProf(folder.path, ["run", "discount.wasm", "--plugin", "plugin.wasm", ...args]);

describe("one log", () => {
  test("costs what it cost on the platform, by the platform's model and limits", async () => {
    const { code, stdout, stderr } = await run("--replay", "same.json");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).discounts).toHaveLength(14);
    expect(stderr).toMatch(/^discount\.wasm < same\.json +2,276,054 fuel {2}wasmtime-39$/m);
    expect(stderr).toContain("20.7% of 11,000,000 (shopify)");
    expect(stderr).toContain("on the platform 2,276,054   here the same\n");
    expect(stderr).not.toContain("the log does not hold it as it was");
  });

  test("is in the result document, with what the platform said", async () => {
    const { stdout } = await run("--replay", "cheaper.json", "--json", "--format", "json");
    const document = JSON.parse(stdout) as ResultDocument;
    expect(document.run.replayed).toEqual({ fuel: measured - 1000, inputBytes });
    expect(document.fuel.total).toBe(measured);
    // what is written is read again
    const { code, stderr } = await javyProf(folder.path, [
      "export",
      "discount.fuel.json",
      "--format",
      "folded",
    ]);
    expect(code, stderr).toBe(0);
  });

  test("that cost something else, or does not say what it cost", async () => {
    expect((await run("--replay", "cheaper.json")).stderr).toContain(
      "on the platform 2,275,054   here +1,000 (+<0.1%)\n",
    );
    expect((await run("--replay", "silent.json")).stderr).toContain(
      "the log does not say what the run cost on the platform\n",
    );
  });

  test("whose input is no longer what it was", async () => {
    expect((await run("--replay", "changed.json")).stderr).toContain(
      "the input had 7 bytes there, and has 4,903 here: the log does not hold it as it was\n",
    );
  });

  test("names the export; --export and --limits name others", async () => {
    const other = await run("--replay", "other.json");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("cart_lines");
    const { stdout } = await run("--replay", "other.json", "-e", "_start", "--limits", "none", "--json");
    expect((JSON.parse(stdout) as ResultDocument).limits).toBeNull();
  });

  test("is refused where it is no log, or beside an input", async () => {
    const no = await run("--replay", "cart.json");
    expect([no.code, no.stderr]).toEqual([
      2,
      expect.stringContaining("cart.json is not the log of a function's run"),
    ]);
    const both = await run("--replay", "same.json", "-i", "cart.json");
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--input and --replay both say")]);
  });
});

test("several logs are a row each, beside what the platform said", async () => {
  const { code, stderr } = await run("--replay", "s{a,i}*.json", "--replay", "cheaper.json");
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^ +fuel +platform +change +of limit +ended +input$/m);
  expect(stderr).toMatch(/^ 2,276,054 +2,276,054 +±0 +±0% +20\.7% +ok +same\.json$/m);
  expect(stderr).toMatch(/^ 2,276,054 +20\.7% +ok +silent\.json$/m);
  expect(stderr).toMatch(/^ 2,276,054 +2,275,054 +\+1,000 +\+<0\.1% +20\.7% +ok +cheaper\.json$/m);
});

test("scenarios of logs", async () => {
  const config = {
    ...{ entry: "discount.wasm", plugin: "plugin.wasm" },
    scenarios: [{ name: "shop", replay: "{same,cheaper}.json" }],
  };
  writeFileSync(join(folder.path, "javy-prof.config.json"), JSON.stringify(config));
  const { code, stdout, stderr } = await javyProf(folder.path, ["check", "--json"]);
  expect(code, stderr).toBe(0);
  const { scenarios } = JSON.parse(stdout) as CheckDocument;
  expect(scenarios.map(({ scenario, total, limit }) => [scenario, total, limit])).toEqual([
    ["shop/cheaper", measured, 11_000_000],
    ["shop/same", measured, 11_000_000],
  ]);
});
