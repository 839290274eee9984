/** The cost models by name, and the cost tables that users write. */
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { defaultModelName } from "../../src/fuel/measured.ts";
import { type CostModel, isAssumed, modelFromTable, modelNamed } from "../../src/fuel/models.ts";
import { opcodes, rowNamed } from "../../src/wasm/opcodes.ts";

/** Names of the rows where `table` is not `usual`. */
const unusual = (table: Uint32Array, usual: number) =>
  opcodes.filter((_, row) => table[row] !== usual).map(({ name }) => name);

const at = ({ cost, perUnit }: CostModel, name: string) => [cost[rowNamed(name)], perUnit[rowNamed(name)]];

describe("models by name", () => {
  const bulk = "memory.copy memory.fill memory.init table.copy table.fill table.grow table.init".split(" ");

  const arrays = "copy fill init_data init_elem new new_data new_default new_elem"
    .split(" ")
    .map((name) => `array.${name}`);
  const all = [...bulk, ...arrays, "memory.grow"];

  // biome-ignore format: a table
  test.each([
    [0, []], [1, []], [20, []], [45, []], [46, [...bulk, ...arrays]], [48, [...bulk, ...arrays]], [49, all], [50, all],
    [51, all], [99, all], [999999, all],
  ])("wasmtime-%i charges by size where it should", (major, sized) => {
    const model = modelNamed(`wasmtime-${major}`);
    expect(model.name).toBe(`wasmtime-${major}`);
    expect(model.entry).toBe(1);
    expect(unusual(model.perUnit, 0).sort()).toEqual([...sized].sort());
    for (const name of sized) expect(at(model, name)).toEqual([1, 1]);
  });

  test.each(["wasmtime-20", "wasmtime-46", "wasmtime-50"])("in %s the same instructions are free", (name) => {
    const { cost } = modelNamed(name);
    const free = "unreachable nop block loop else end return drop catch catch_all delegate".split(" ");
    expect(unusual(cost, 1).sort()).toEqual(free.sort());
    for (const one of free) expect(cost[rowNamed(one)], one).toBe(0);
  });

  test("only what is newer than the measurements is assumed", () => {
    expect(["wasmtime-20", "wasmtime-50", "wasmtime-51", "wasmtime-99", "mine"].map(isAssumed)).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(defaultModelName).toBe("wasmtime-50");
  });

  test.each([
    "",
    "wasmtime",
    "wasmtime-",
    "wasmtime-x",
    "wasmtime--1",
    "wasmtime-50.1",
    "Wasmtime-50",
    " wasmtime-50",
    "wasmtime-1234567",
    "wasmer-4",
  ])("%j is refused", (name) => {
    const error = caught(() => modelNamed(name));
    expect([error.kind, error.message]).toEqual(["usage", `unknown fuel model "${name}"`]);
    expect(error.details.join()).toContain("default wasmtime-50");
  });
});

function caught(act: () => unknown): Diagnostic {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Diagnostic);
    return error as Diagnostic;
  }
  throw new Error("nothing was thrown");
}

describe("cost tables", () => {
  const from = (table: unknown) => modelFromTable(JSON.stringify(table), "costs.json");

  test("an empty one is the default model under the file's name", () => {
    expect(from({})).toEqual({ ...modelNamed(defaultModelName), name: "costs.json" });
  });

  test("every key counts, and nothing else changes", () => {
    const model = from({
      name: "mine",
      base: "wasmtime-46",
      entry: 0,
      cost: { call: 5, nop: 1_000_000, "i32.add": 0 },
      perUnit: { "memory.copy": 2, "memory.grow": 7, "table.fill": 0 },
    });
    expect([model.name, model.entry]).toEqual(["mine", 0]);
    const base = modelNamed("wasmtime-46");
    const differing = (key: "cost" | "perUnit") =>
      opcodes.flatMap(({ name }, row) =>
        model[key][row] === base[key][row] ? [] : [[name, model[key][row]]],
      );
    expect(differing("cost")).toEqual([
      ["nop", 1_000_000],
      ["call", 5],
      ["i32.add", 0],
    ]);
    expect(differing("perUnit")).toEqual([
      ["memory.grow", 7],
      ["memory.copy", 2],
      ["table.fill", 0],
    ]);
    // The named model itself is untouched.
    expect(at(modelNamed("wasmtime-46"), "call")).toEqual([1, 0]);
  });

  // biome-ignore format: a table
  test.each<readonly [text: string, message: string | RegExp]>([
    ["{", /^costs\.json is not JSON: ./], ["", /^costs\.json is not JSON: ./],
    ["[]", "costs.json is not a JSON cost table"], ["null", "costs.json is not a JSON cost table"], ["7", "costs.json is not a JSON cost table"],
    ['{"costs": {}}', 'costs.json: unknown key "costs"'], ['{"__proto__": {}}', 'costs.json: unknown key "__proto__"'],
    ['{"base": "wasmer-4"}', 'unknown fuel model "wasmer-4"'], ['{"base": null}', 'unknown fuel model "null"'],
    ['{"name": 5}', 'costs.json: "name" is not a string'],
    ['{"cost": 5}', 'costs.json: "cost" is not an object'], ['{"cost": null}', 'costs.json: "cost" is not an object'],
    ['{"cost": []}', 'costs.json: "cost" is not an object'], ['{"perUnit": "x"}', 'costs.json: "perUnit" is not an object'],
    ['{"cost": {"i32.addd": 1}}', 'costs.json: "cost" names an unknown instruction: i32.addd'],
    ['{"perUnit": {"constructor": 1}}', 'costs.json: "perUnit" names an unknown instruction: constructor'],
    ['{"perUnit": {"i32.add": 1}}', "costs.json: i32.add has no size to charge for"],
    ['{"cost": {"call": -1}}', "costs.json: cost.call is -1; a cost is an integer from 0 to 1,000,000"],
    ['{"cost": {"call": 1.5}}', "costs.json: cost.call is 1.5; a cost is an integer from 0 to 1,000,000"],
    ['{"cost": {"call": 1000001}}', "costs.json: cost.call is 1000001; a cost is an integer from 0 to 1,000,000"],
    ['{"cost": {"call": "1"}}', 'costs.json: cost.call is "1"; a cost is an integer from 0 to 1,000,000'],
    ['{"perUnit": {"memory.copy": null}}', "costs.json: perUnit.memory.copy is null; a cost is an integer from 0 to 1,000,000"],
    ['{"entry": -1}', "costs.json: entry is -1; a cost is an integer from 0 to 1,000,000"],
    ['{"entry": true}', "costs.json: entry is true; a cost is an integer from 0 to 1,000,000"],
  ])("%s is refused", (text, message) => {
    const error = caught(() => modelFromTable(text, "costs.json"));
    expect(error.kind).toBe("usage");
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  test("a refusal says what a table looks like, or what has a size", () => {
    expect(caught(() => from([])).details.join()).toMatch(/^a cost table looks like \{.*\}$/);
    expect(caught(() => from({ perUnit: { nop: 1 } })).details.join()).toContain("memory.copy, memory.fill");
  });
});
