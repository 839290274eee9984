/** `init` as people run it, in folders of each kind that it knows: what it writes is what `snapshot` and `check` then run. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultModelName } from "../../src/fuel/measured.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content: string | object): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
}

const name = "javy-prof.config.json";
const read = (path: string) => readFileSync(join(folder, path), "utf8");
const config = () => JSON.parse(read(name));
const schema = { $schema: "./node_modules/javy-prof/dist/config.schema.json" };

async function init(...args: string[]) {
  const ended = await javyProf(folder, ["init", ...args]);
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

async function refusal(...args: string[]): Promise<string> {
  const { code, stderr } = await javyProf(folder, ["init", ...args]);
  expect(code, stderr).toBe(2);
  return stderr;
}

test("a source and inputs: written, said, recorded if asked, and not written twice", async () => {
  cpSync(inRoot("fixtures/ci"), folder, { recursive: true });
  rmSync(join(folder, name));
  rmSync(join(folder, ".fuel-snapshot"));
  const shown = await init("--dry-run");
  expect(existsSync(join(folder, name))).toBe(false);
  const { stderr } = await init("--snapshot");
  expect(read(name)).toBe(shown.stdout);
  expect(config()).toEqual({
    ...{ ...schema, entry: "src/discount.js", fuelModel: defaultModelName },
    scenarios: [{ input: "carts/*.json" }],
  });
  expect(stderr).toContain("wrote javy-prof.config.json: 3 scenarios\n");
  expect(stderr).toMatch(/^ {2}scenarios {2}3 inputs +carts\/\*\.json$/m);
  expect(stderr).toContain("guess: 3 files of JSON are inputs by where they lie");
  expect(stderr).toContain("wrote .fuel-snapshot\n");
  expect(stderr).toMatch(/next:\n {2}javy-prof check/);
  expect((await javyProf(folder, ["check"])).stdout).toContain("3 scenarios: 3 ok\n");
  put(name, '{ "entry": "mine.js", "scenarios": [{ "name": "a" }] }');
  expect(await refusal()).toContain("there is a javy-prof.config.json here");
  expect(config().entry).toBe("mine.js");
  await init("--force");
  expect(config().entry).toBe("src/discount.js");
});

test("a configuration of another kind is not replaced by any means", async () => {
  put("app.js", "1;");
  put("package.json", { "javy-prof": { entry: "app.js", scenarios: [{ name: "a" }] } });
  for (const args of [[], ["--force"]]) {
    expect(await refusal(...args)).toContain("there is a configuration here, in package.json");
    expect(existsSync(join(folder, name))).toBe(false);
  }
});

const extension = `
[[extensions]]
handle = "discount"
type = "function"
[[extensions.targeting]]
input_query = "src/lines.graphql"
export = "lines"
[[extensions.targeting]]
input_query = "src/delivery.graphql"
export = "delivery"
[extensions.build]
path = "dist/function.wasm"
`;

test("a Shopify function: its module, its build, its fixtures by target, with their queries", async () => {
  put("shopify.app.toml", "");
  put("extensions/discount/shopify.extension.toml", extension);
  expect(await refusal()).toContain("cd extensions/discount && javy-prof init");
  folder = join(folder, "extensions/discount");
  expect(await refusal()).toContain("discount has no inputs here");
  put("package.json", { scripts: { build: "esbuild src/index.ts --outfile=dist/function.js && make" } });
  put("pnpm-lock.yaml", "");
  put("tests/fixtures/a.json", { payload: { export: "lines", input: { cart: {} } } });
  put("tests/fixtures/b.json", { payload: { export: "delivery", input: { cart: {} } } });
  put("tests/fixtures/c.json", { payload: { input: { cart: {} } } });
  const { stderr } = await init();
  const source = "dist/function.js";
  const basis = {
    ...schema,
    build: "pnpm run build",
    entry: "dist/function.wasm",
    source,
    limits: "shopify",
  };
  const named = [
    { name: "lines", fixtures: ["tests/fixtures/a.json"] },
    { name: "delivery", fixtures: ["tests/fixtures/b.json"] },
    { name: "others", fixtures: ["tests/fixtures/c.json"] },
  ];
  expect(config()).toEqual({ ...basis, scenarios: named });
  expect(stderr).toContain("no target is named in tests/fixtures/c.json");
  expect(stderr).toContain(
    "note: dist/function.wasm is not built yet: snapshot and check run pnpm run build",
  );
  put("schema.graphql", "type Query { cart: Cart } type Cart { id: ID }");
  put("src/lines.graphql", "query { cart { id } }");
  put("src/delivery.graphql", "query { shop { id } }");
  const scaled = { schemaPath: "schema.graphql" };
  const said = await init("--force");
  const [lines, delivery, others] = named;
  expect(config()).toEqual({
    ...basis,
    scenarios: [
      { ...lines, ...scaled, queryPath: "src/lines.graphql" },
      { ...delivery, ...scaled, queryPath: "src/delivery.graphql" },
      others,
    ],
  });
  expect(said.stderr).toContain("note: delivery: src/delivery.graphql asks for shop of the query, which");
  expect(said.stderr).not.toContain("go together");
  put(
    "shopify.extension.toml",
    extension.replace(/\[\[extensions\.targeting\]\]\n.*delivery[\s\S]*?"delivery"/, ""),
  );
  await init("--force");
  const fixtures = { fixtures: "tests/fixtures/*.json" };
  expect(config()).toEqual({ ...basis, ...scaled, queryPath: "src/lines.graphql", scenarios: [fixtures] });
  rmSync(join(folder, "schema.graphql"));
  await init("--force");
  expect(config()).toEqual({ ...basis, scenarios: [fixtures] });
});

test("a module that was built, one that will be, and no others", async () => {
  put("package.json", { scripts: { build: "javy build src/index.js -o dist/app.wasm" } });
  put("src/index.js", "1;");
  put("input.json", "{}");
  await init();
  const basis = { ...schema, build: "npm run build", fuelModel: defaultModelName };
  expect(config()).toEqual({ ...basis, entry: "dist/app.wasm", scenarios: [{ input: "input.json" }] });
  mkdirSync(join(folder, "build"));
  copyFileSync(inRoot("fixtures/javy/static.wasm"), join(folder, "build/other.wasm"));
  copyFileSync(inRoot("plugin/plugin.wasm"), join(folder, "build/a-plugin.wasm"));
  put("build/damaged.wasm", "\0asm");
  await init("--force");
  expect(config()).toMatchObject({ entry: "build/other.wasm" });
});

test("what package.json names, what begins as programs do, and what is named", async () => {
  put("package.json", { main: "dist/index.js", source: "./lib.js" });
  put("lib.js", "1;");
  put("src/main.js", "syntax error");
  const { stderr } = await init();
  expect(config()).toEqual({
    ...{ ...schema, entry: "lib.js", fuelModel: defaultModelName },
    scenarios: [{ name: "no input" }],
  });
  expect(stderr).toContain("guess: the program begins in lib.js, and not in src/main.js");
  put("a/1.json", "{}");
  put("a/2.json", "{}");
  const named = await init("src/main.js", "-i", "a/*.json", "--force");
  expect(config()).toMatchObject({ entry: "src/main.js", scenarios: [{ input: "a/*.json" }] });
  expect(named.stderr).toMatch(/^note: src\/main\.js:1:\d+: /m);
  expect(await refusal("src/main.js", "-i", "b/*.json", "--force")).toContain('no file matches "b/*.json"');
  expect(config()).toMatchObject({ scenarios: [{ input: "a/*.json" }] });
});

test("where there is no program nothing is written", async () => {
  put("notes.json", "{}");
  expect(await refusal()).toContain("there is no program here");
  put("shopify.extension.toml", "type = ");
  expect(await refusal()).toContain("shopify.extension.toml is not TOML");
  expect(existsSync(join(folder, name))).toBe(false);
});
