/**
 * A project as @shopify/cli makes it for a function in TypeScript: its source is run as it stands, with a test fixture as
 * the input, and the first command names the dearest line and builtin. The plugin is this repository's, where the CLI keeps it.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const input = readFileSync(inRoot("fixtures/shopify/inputs/cart.json"), "utf8");
const fixture = (name: string) =>
  `{"payload": {"export": "${name}", "target": "cart.lines", "input": ${input}, "output": {}}}`;

const source = `import type { Input, Rule } from "../generated/api";

function rulesOf(input: Input): Rule[] {
  return JSON.parse(JSON.stringify(input.discountNode.metafield)).rules;
}

function best(tags: string[], rules: Rule[]): Rule | undefined {
  return rules.filter((rule) => rule.tags.some((tag) => tags.includes(tag)))[0];
}

export function run(input: Input) {
  const rules = rulesOf(input);
  return { discounts: input.cart.lines.map((line) => best(line.merchandise.product.tags, rules)?.message ?? "") };
}

export function linesRun(input: Input) {
  return { lines: input.cart.lines.length };
}
`;
const toml = (...exports: string[]) =>
  `[[extensions]]\nhandle = "one"\ntype = "function"\n${exports.map((name) => `[[extensions.targeting]]\n  export = "${name}"\n`).join("")}`;

const modules = {
  "node_modules/@shopify/cli/package.json": '{"name":"@shopify/cli","version":"3.94.3"}',
  "node_modules/@shopify/cli/bin/shopify_functions_javy_v3.wasm": new Uint8Array(
    readFileSync(inRoot("fixtures/shopify/shopify_functions_javy_v3.wasm")),
  ),
  // what the package's file of that name does
  "node_modules/@shopify/shopify_function/run.ts":
    "declare const ShopifyFunction: { readInput(): any; writeOutput(value: any): void };\nexport default (user: (input: any) => any) => ShopifyFunction.writeOutput(user(ShopifyFunction.readInput()));\n",
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    ...modules,
    "extensions/one/shopify.extension.toml": toml("run"),
    "extensions/one/src/index.ts": 'export * from "./run";\n',
    "extensions/one/src/run.ts": source,
    "extensions/one/src/helper.ts": "export const helper = 1;\nconsole.log('alone');\n",
    "extensions/one/generated/api.ts":
      "export interface Rule { tags: string[]; message: string }\nexport type Input = any;\n",
    "extensions/one/tests/fixtures/cart.json": fixture("run"),
    "extensions/one/cart.json": input,
    "extensions/two/shopify.extension.toml": toml("run", "lines-run"),
    "extensions/two/src/run.ts": source,
    "extensions/two/tests/fixtures/lines.json": fixture("lines-run"),
    "extensions/two/cart.json": input,
    "plain.js":
      "const bytes = new Uint8Array(100);\nconst n = Javy.IO.readSync(0, bytes);\nconsole.log(new TextDecoder().decode(bytes.subarray(0, n)));\n",
    "payload.json": '{"payload": {"export": "run", "input": {}}}',
  });
});
afterAll(() => folder.remove());
const run = (extension: string, ...args: string[]) =>
  javyProf(`${folder.path}/extensions/${extension}`, ["run", ...args]);

describe("a function's source", () => {
  test.each(["src/run.ts", "src/index.ts"])("%s runs as it stands", async (file) => {
    const { code, stdout, stderr } = await run("one", file, "-i", "tests/fixtures/cart.json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).discounts).toHaveLength(20);
    expect(stderr).toContain("of 11,000,000 (shopify)");
    expect(stderr).toMatch(/shopify_functions_javy_v3\.wasm, of @shopify\/cli 3\.94\.3/);
    // the function, the builtin in it, and the line with its text
    expect(stderr).toMatch(/\bbest\b.*run\.ts:7/);
    expect(stderr).toMatch(/`- ShopifyFunction\.readInput/);
    expect(stderr).toMatch(/run\.ts:8 +return rules\.filter\(\(rule\) => rule\.tags\.some/);
  });

  test("calls the function that the configuration names, as its built module does", async () => {
    const { stdout } = await run("one", "src/run.ts", "-i", "cart.json", "--json");
    const { run: ran, files, toolchain } = JSON.parse(stdout) as Result;
    expect([ran.export, ran.exit.kind]).toEqual(["run", "ok"]);
    expect(toolchain.fuelModel).toBe("wasmtime-39");
    expect(files).toContain("src/run.ts");
  });

  test("of several exports, the one that the fixture is for, or that is named", async () => {
    const given = await run("two", "src/run.ts", "-i", "tests/fixtures/lines.json");
    expect(JSON.parse(given.stdout)).toEqual({ lines: 20 });
    const named = await run("two", "src/run.ts", "-i", "cart.json", "-e", "lines-run");
    expect(JSON.parse(named.stdout)).toEqual({ lines: 20 });
    const open = await run("two", "src/run.ts", "-i", "cart.json");
    expect([open.code, open.stderr]).toEqual([
      2,
      expect.stringMatching(/the function has several exports\n.*run, lines-run/),
    ]);
  });

  test("is none where it exports no function of the configuration", async () => {
    const { stdout } = await run("one", "src/helper.ts");
    expect(stdout).toBe("alone\n");
  });
});

test("a document with a payload is what it is to any other program", async () => {
  const { stdout } = await javyProf(folder.path, ["run", "plain.js", "-i", "payload.json", "--json"]);
  const { run: ran } = JSON.parse(stdout) as Result;
  expect(ran.stdout).toBe('{"payload": {"export": "run", "input": {}}}\n');
});
