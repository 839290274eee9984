/** From configurations to runs: names of files, what is taken from the configuration, shards, and what is refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/ci/config.ts";
import { chosen, scenariosOf, sharded } from "../../src/ci/scenario.ts";

const files = ["carts/b.json", "carts/a.json", "carts/deep/c.json", "one.json"];

function find(patterns: readonly string[]): string[] {
  const matching = (pattern: string) =>
    files.filter((file) =>
      pattern === "carts/**"
        ? file.startsWith("carts/")
        : pattern === "carts/*.json"
          ? /^carts\/\w+\.json$/.test(file)
          : file === pattern,
    );
  const without = patterns.filter((one) => one.startsWith("!")).flatMap((one) => matching(one.slice(1)));
  return [...new Set(patterns.flatMap(matching))].filter((file) => !without.includes(file)).sort();
}

const scenarios = (...list: unknown[]) =>
  scenariosOf(parseConfig({ entry: "app.js", scenarios: list }, "c"), "c", find);
const names = (...list: unknown[]) => scenarios(...list).map(({ name }) => name);

test("names are the files', below the glob's folder and below the scenario's own", () => {
  expect(names({ input: "carts/*.json" })).toEqual(["a", "b"]);
  expect(names({ name: "cart", input: "carts/**" })).toEqual(["cart/a", "cart/b", "cart/deep/c"]);
  expect(names({ name: "cart", input: "one.json" })).toEqual(["cart"]);
  expect(names({ input: "carts/deep/c.json" })).toEqual(["c"]);
  expect(names({ input: ["carts/*.json", "!carts/a.json"] })).toEqual(["b"]);
  expect(names({ name: "nothing" })).toEqual(["nothing"]);
});

test("what the guest reads of a file, and what the log of a run is judged by", () => {
  const inputs = (...list: unknown[]) =>
    scenarios(...list).map(({ input, limits }) => [input.kind, "path" in input ? input.path : null, limits]);
  expect(inputs({ input: "one.json" })).toEqual([["file", "one.json", null]]);
  expect(inputs({ fixtures: "one.json" })).toEqual([["fixture", "one.json", null]]);
  expect(inputs({ replay: "carts/*.json" })).toEqual([
    ["replay", "carts/a.json", "shopify"],
    ["replay", "carts/b.json", "shopify"],
  ]);
  expect(inputs({ replay: "one.json", limits: "none" })).toEqual([["replay", "one.json", "none"]]);
  expect(() => scenarios({ name: "x", input: "one.json", replay: "one.json" })).toThrow(
    "c: scenarios[0] (x) has both input and replay",
  );
});

test("what a scenario leaves out is the configuration's", () => {
  const config = {
    ...{
      entry: "app.js",
      plugin: "p.wasm",
      export: "run",
      fuelModel: "wasmtime-39",
      budgets: { total: "1k" },
    },
    scenarios: [
      { name: "a" },
      { name: "b", entry: "b.wasm", export: "other", fuelModel: "wasmtime-40", budgets: { total: 7 } },
    ],
  };
  const [a, b] = scenariosOf(parseConfig(config, "c"), "c", find);
  expect([a!.entry, a!.plugin, a!.export, a!.fuelModel]).toEqual(["app.js", "p.wasm", "run", "wasmtime-39"]);
  expect([b!.entry, b!.plugin, b!.export, b!.fuelModel]).toEqual([
    "b.wasm",
    "p.wasm",
    "other",
    "wasmtime-40",
  ]);
  expect(b!.budgets.map(({ path, atMost }) => [path, atMost])).toEqual([
    ["scenarios[1].budgets.total", { fuel: 7 }],
    ["budgets.total", { fuel: 1000 }],
  ]);
});

test.each([
  [[{ input: "none/*.json" }], 'c: scenarios[0]: no file matches "none/*.json"'],
  [[{ input: ["carts/*.json", "!carts/*.json"] }], "c: scenarios[0]: all files are excluded"],
  [[{}], "c: scenarios[0] has no name"],
  [
    [{ name: "x", input: "one.json", fixtures: "one.json" }],
    "c: scenarios[0] (x) has both input and fixtures",
  ],
  [[{ name: "x" }, { name: "x" }], 'c: two scenarios are called "x"'],
])("refuses %j", (list, message) => {
  expect(() => scenarios(...list)).toThrow(message);
});

test("patterns choose by name; one that chooses nothing is refused", () => {
  const all = scenarios({ name: "cart", input: "carts/**" }, { name: "other" });
  expect(chosen(all, ["cart/**"]).map(({ name }) => name)).toEqual(["cart/a", "cart/b", "cart/deep/c"]);
  expect(chosen(all, [])).toBe(all);
  expect(() => chosen(all, ["other", "nope"])).toThrow('no scenario matches "nope"');
});

test("shards have every scenario once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(30), (parts, count) => {
      const all = scenarios(...Array.from({ length: count + 1 }, (_, i) => ({ name: `s${i}` })));
      const shards = Array.from({ length: parts }, (_, i) => sharded(all, `${i + 1}/${parts}`));
      expect(
        shards
          .flat()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(all.map(({ name }) => name).sort());
    }),
  );
  for (const wrong of ["0/3", "4/3", "1", "a/b", "1/0"])
    expect(() => sharded([], wrong)).toThrow("--shard takes");
});
