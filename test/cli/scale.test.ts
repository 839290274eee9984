/** `scale` as people run it: what it says of the most that fit is held against runs with inputs that are made here. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ScaleDocument } from "../../src/ci/scale-document.ts";
import type { Result } from "../../src/result/result.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
  cpSync(inRoot("fixtures/ci"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(inRoot("dist/scale.schema.json"), "utf8")),
);
const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));

async function scaled(...args: string[]): Promise<ScaleDocument> {
  const { code, stdout, stderr } = await javyProf(folder, ["scale", "--json", ...args]);
  expect(code, stderr).toBe(0);
  const document = JSON.parse(stdout) as ScaleDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

async function run(...args: string[]): Promise<Result> {
  return JSON.parse((await javyProf(folder, ["run", "--json", "--out-dir", "out", ...args])).stdout);
}

const lines = (file: string, n: number) => {
  const { lines: given } = JSON.parse(readFileSync(join(folder, file), "utf8"));
  return { lines: Array.from({ length: n }, (_, i) => given[i % given.length]) };
};

test("the most lines that fit, and one more, as a run of each says; the fit's own numbers", async () => {
  const args = ["src/discount.js", "-i", "carts/large.json", "--path", "lines", "--limits", "shopify"];
  const { sizes, fit, largest } = await scaled(...args);
  const { fits, next } = largest!;
  expect(next!.n).toBe(fits!.n + 1);
  for (const { n, fuel, exceeded, inputBytes } of [fits!, next!, sizes[2]!]) {
    write("made.json", lines("carts/large.json", n));
    const result = await run("src/discount.js", "-i", "made.json", "--limits", "shopify");
    expect(result.fuel.total).toBe(fuel);
    expect(result.limits!.exceeded).toEqual(exceeded);
    expect(result.run.input.bytes).toBe(inputBytes);
  }
  expect(sizes.map(({ n }) => n)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  const { numerators, denominator } = fit!.exact;
  const value = (n: number) =>
    Number(numerators[0]) / Number(denominator) + (Number(numerators[1]) / Number(denominator)) * n;
  const off = sizes.map(({ n, fuel }) => Math.abs(fuel - value(n)));
  expect(fit!.error.fuel).toBe(Math.ceil(Math.max(...off)));
  expect(fit!.error.relative).toBeCloseTo(Math.max(...off.map((one, i) => one / sizes[i]!.fuel)), 9);
});

test("a square is told from a line, in words, and --at-least decides the exit code", async () => {
  write(
    "square.js",
    `const bytes = new Uint8Array(1 << 16);
const { list } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Javy.IO.readSync(0, bytes))));
let sum = 0;
for (const a of list) for (const b of list) sum += a * b;
console.log(sum);`,
  );
  write("list.json", { list: [1, 2, 3] });
  const args = ["scale", "square.js", "-i", "list.json", "--path", "list", "--limit", "3M"];
  const { code, stdout } = await javyProf(folder, [...args, "--at-least", "10"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^list\.json {2}n elements in list \(3 as given\)$/m);
  expect(stdout).toMatch(/^fuel = [\d,]+ [+-] [\d,.]+·n \+ [\d,.]+·n²$/m);
  expect(stdout).toMatch(/^ {2}n² pays: without it, sizes left out are off by /m);
  const [, most] = /^the largest n that fits: (\d+), with 2,\d{3},\d{3} of 3,000,000 fuel$/m.exec(stdout)!;
  expect(stdout).toContain(`n = ${Number(most) + 1} does not: fuel 3,`);
  const one = await javyProf(folder, [...args, "--at-least", String(Number(most) + 1)]);
  expect([one.code, one.stderr]).toEqual([1, `${most} fit, and at least ${Number(most) + 1} have to\n`]);
});

test("a scenario of the configuration; several arrays at once; sizes that are named", async () => {
  const document = await scaled(
    "--scenario",
    "cart/small",
    "--path",
    "lines",
    "--path",
    "lines[*].tags",
    "--sizes",
    "2..6/2,3",
  );
  expect(document).toMatchObject({
    ...{ scenario: "cart/small", largest: null, toolchain: { fuelModel: "wasmtime-39" } },
    paths: [
      { path: "lines", length: 5 },
      { path: "lines[*].tags", length: 2 },
    ],
  });
  expect(document.sizes.map(({ n }) => n)).toEqual([2, 3, 4, 6]);
  const given = lines("carts/small.json", 3).lines as { tags: string[] }[];
  const tags = (own: string[]) => (own.length === 0 ? [] : [0, 1, 2].map((i) => own[i % own.length]));
  write("made.json", { lines: given.map((line) => ({ ...line, tags: tags(line.tags) })) });
  const made = await run("src/discount.js", "-i", "made.json", "--fuel-model", "wasmtime-39");
  expect(document.sizes[1]).toMatchObject({ fuel: made.fuel.total });
});

test("a Shopify function, in the platform's encoding, from a fixture and with limits that the input scales", async () => {
  for (const name of ["apps/discount-v3.wasm", "shopify_functions_javy_v3.wasm", "inputs/cart.json"])
    cpSync(inRoot(`fixtures/shopify/${name}`), join(folder, name.split("/").at(-1)!));
  const cart = JSON.parse(readFileSync(join(folder, "cart.json"), "utf8"));
  write("fixture.json", { payload: { export: "_start", input: cart } });
  write(
    "schema.graphql",
    "directive @scaleLimits(rate: Float!) on FIELD_DEFINITION type Query { cart: Cart } type Cart { lines: [Line!]! @scaleLimits(rate: 0.02) } type Line { id: ID }",
  );
  write("run.graphql", "query { cart { lines { id } } }");
  const program = ["discount-v3.wasm", "--plugin", "shopify_functions_javy_v3.wasm"];
  const scales = ["-s", "schema.graphql", "-q", "run.graphql"];
  const document = await scaled(
    ...program,
    ...scales,
    "--fixture",
    "fixture.json",
    "--path",
    "cart.lines",
    "--sizes",
    "10,100,200",
  );
  expect(document.sizes.map(({ limit }) => limit)).toEqual([11_000_000, 22_000_000, 44_000_000]);
  const { fits, next } = document.largest!;
  for (const one of [document.sizes[1]!, fits!, next!]) {
    const made = Array.from({ length: one.n }, (_, i) => cart.cart.lines[i % cart.cart.lines.length]);
    write("made.json", { ...cart, cart: { ...cart.cart, lines: made } });
    const result = await run(...program, ...scales, "-i", "made.json");
    expect([result.fuel.total, result.limits!.fuel]).toEqual([one.fuel, one.limit]);
    expect(result.limits!.exceeded).toEqual(one.exceeded);
  }
  expect(next!.exceeded).not.toEqual([]);
});

test("tables for other tools, beside the one that people read", async () => {
  const args = ["scale", "src/discount.js", "-i", "carts/small.json", "--path", "lines", "--sizes", "1..3"];
  const csv = await javyProf(folder, [...args, "--format", "csv"]);
  expect(csv.stdout).toMatch(
    /^n,input_bytes,fuel,limit,exceeded,failure\n1,\d+,\d+,,,\n2,\d+,\d+,,,\n3,\d+,\d+,,,\n$/,
  );
  const svg = await javyProf(folder, [...args, "--format", "svg", "-o", "scale.svg"]);
  expect(svg.stdout).toContain("n elements in lines");
  expect(readFileSync(join(folder, "scale.svg"), "utf8")).toMatch(/^<svg [\s\S]*<circle[\s\S]*<\/svg>\n$/);
  const over = await javyProf(folder, [...args, "--format", "svg", "-o", "carts/small.json"]);
  expect([over.code, over.stderr]).toEqual([2, expect.stringContaining("would overwrite carts/small.json")]);
});

test("what cannot be scaled is said", async () => {
  const message = async (...args: string[]) => {
    const { code, stderr } = await javyProf(folder, ["scale", ...args]);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  const program = ["src/discount.js", "-i", "carts/small.json"];
  expect(await message()).toContain("a program is needed, or --scenario");
  expect(await message("src/discount.js")).toContain("an input is needed");
  expect(await message(...program)).toContain(
    "arrays in it, with their lengths: lines (5), lines[*].tags (0)",
  );
  expect(await message(...program, "--path", "line")).toContain('did you mean "lines"?');
  expect(await message(...program, "--scenario", "cart/small")).toContain("--scenario has a program");
  expect(await message("--scenario", "cart/*", "--path", "lines")).toContain("--scenario takes one");
  expect(await message(...program, "--path", "lines", "--sizes", "5")).toContain("takes two sizes or more");
  expect(await message(...program, "--path", "lines", "--sizes", "5,x")).toContain("--sizes takes numbers");
  expect(await message(...program, "--path", "lines", "--sizes", "1,2", "--at-least", "3")).toContain(
    "none is known",
  );
  write("fails.js", "throw new Error('no');");
  expect(await message("fails.js", "-i", "carts/small.json", "--path", "lines")).toContain(
    "no size ran well: at n = 1",
  );
});
