/** Limits that a user writes: checked by one schema, as is what ships for editors. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { open, parseLimitsFile, profile } from "../../src/index.ts";
import { inRoot } from "../support/javy-prof.ts";

const parse = (value: unknown, file = "limits.json") => parseLimitsFile(JSON.stringify(value), file);
const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(inRoot("dist/limits.schema.json"), "utf8")),
);

const right = [
  { fuel: 5000 },
  { fuel: "11M" },
  { $schema: "./limits.schema.json", name: "ours", fuelModel: "wasmtime-39", fuel: 1, inputBytes: 0 },
  { fuel: 1, outputBytes: 2, logBytes: 3, moduleBytes: 4, memoryBytes: 5 },
];
const wrong: readonly (readonly [unknown, string])[] = [
  [{}, "fuel is missing"],
  [{ fuel: 1, inputByte: 2 }, 'there is no "inputByte": did you mean "inputBytes"?'],
  [{ fuel: "much" }, 'fuel takes fuel (2000000, "2M", "500k"), not "much"'],
  [{ fuel: 1, memoryBytes: "10 MB" }, "memoryBytes takes a number of bytes"],
  [{ fuel: 1, memoryBytes: -1 }, "memoryBytes takes a number of bytes, none below 0"],
  [{ fuel: 1, memoryBytes: 1.5 }, "memoryBytes takes a whole number of bytes"],
  [[1], "fuel is missing"],
];

test.each(right)("%j is taken", async (value) => {
  await parse(value);
  expect(validate(value)).toBe(true);
});

test.each(wrong)("%j is not", async (value, words) => {
  await expect(parse(value)).rejects.toThrow(words);
  // what a text must look like is said in the schema's descriptions only
  if (!words.includes("much")) expect(validate(value)).toBe(false);
});

test("a model that nobody knows, and no JSON", async () => {
  await expect(parse({ fuel: 1, fuelModel: "wasmer-1" })).rejects.toThrow("wasmer-1");
  await expect(parseLimitsFile("{", "limits.json")).rejects.toThrow("limits.json is no JSON");
});

test("what is left out is not limited, and the name is the file's", async () => {
  expect(await parse({ fuel: "500k", outputBytes: 7 }, "conf/our-cloud.json")).toEqual({
    ...{ preset: "our-cloud", model: "wasmtime-50", scale: 1, fuel: 500_000 },
    ...{ inputBytes: null, outputBytes: 7, logBytes: null, moduleBytes: null, memoryBytes: null },
  });
});

test("a run is judged by them, and goes on to ten times the fuel", async () => {
  const program = await open(
    new TextEncoder().encode("for (let i = 0; i < 1000; i++);\nconsole.log('done');"),
  );
  const limits = await parse({ name: "ours", fuel: 50_000, outputBytes: 3, fuelModel: "wasmtime-39" });
  const { result } = await profile(program, { limits });
  expect(result.run.stdout).toBe("done\n");
  expect(result.toolchain.fuelModel).toBe("wasmtime-39");
  expect(result.limits).toMatchObject({ preset: "ours", fuel: 50_000, inputBytes: null });
  expect(result.limits!.exceeded).toEqual(["fuel", "outputBytes"]);
  expect(result.limits!.passed).not.toBeNull();
  const stopped = await profile(program, { limits: await parse({ fuel: 5_000 }) });
  expect(stopped.result.run.exit.kind).toBe("fuel");
});
