/** The configuration: what is refused, and in which words; and that its JSON schema refuses the same keys. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { parseConfig } from "../../src/ci/config.ts";

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
const validate = new Ajv({ strict: false }).compile(read("dist/config.schema.json"));
const sample = read("fixtures/ci/javy-prof.config.json");
const scenarios = [{ name: "a" }];

test("the sample is one, for the schema too", () => {
  expect(parseConfig(sample, "sample")).toEqual(sample);
  expect(validate(sample), JSON.stringify(validate.errors)).toBe(true);
});

const refused: readonly [string, unknown, string, ...string[]][] = [
  ["no object", 7, "c.json: takes Object, not 7"],
  ["no scenarios", {}, "c.json: scenarios is missing"],
  ["an empty list", { scenarios: [] }, "c.json: scenarios is empty: there is nothing to run"],
  [
    "an unknown key with a known one near",
    { scenarios, fuelmodel: "wasmtime-39" },
    'c.json: there is no "fuelmodel": did you mean "fuelModel"?',
  ],
  [
    "a key that is like none",
    { scenarios: [{ name: "a", zzzzzz: 1 }] },
    'c.json: scenarios[0] there is no "zzzzzz"; known: name, input, fixtures, replay, args, entry, plugin, source, sourceMap, export, fuelModel, limits, schemaPath, queryPath, maxFuel, budgets',
  ],
  [
    "a budget of an unknown kind",
    { scenarios, budgets: { functions: { f: { percall: 1 } } } },
    'c.json: budgets.functions.f there is no "percall": did you mean "perCall"?',
  ],
  [
    "an amount that is none",
    { scenarios, budgets: { total: "much" } },
    'c.json: budgets.total takes fuel (2000000, "2M", "500k") or percent of the limit ("80%"), not "much"',
  ],
  [
    "a tolerance that is none",
    { scenarios, tolerance: "a bit" },
    'c.json: tolerance takes "0.5%", "+500", or both ("0.5% +500"), not "a bit"',
  ],
  [
    "a fraction of fuel",
    { scenarios, tolerance: 0.5 },
    'c.json: tolerance takes "0.5%", "+500", or both ("0.5% +500"), not 0.5',
  ],
  [
    "everything that is wrong",
    { scenarios: [{ input: 7 }], entry: "" },
    "c.json: entry is empty",
    "scenarios[0].input takes a path or a glob, or a list of them, not 7",
  ],
];

describe("refuses", () => {
  test.each(refused)("%s", (_, value, message, ...details) => {
    let error: unknown;
    try {
      parseConfig(value, "c.json");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Diagnostic);
    const { kind, message: said, details: more } = error as Diagnostic;
    expect([kind, said, ...more]).toEqual(["usage", message, ...details]);
  });

  test("unknown keys by its schema, too", () => {
    expect(validate({ scenarios, fuelmodel: "x" })).toBe(false);
    expect(validate({ scenarios: [{ zzz: 1 }] })).toBe(false);
    expect(validate({ scenarios, budgets: { functions: { f: { percall: 1 } } } })).toBe(false);
  });
});
