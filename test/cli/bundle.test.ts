/** TypeScript, JSX and programs of several files, as they ship: bundled, run, and shown by the lines of their files. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import { parseResult } from "../../src/result/read-result.ts";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

let folder = folderWith({});
afterEach(() => folder.remove());

/** Files of a project, in folders. */
function project(files: Readonly<Record<string, string>>): string {
  folder.remove();
  folder = folderWith({});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return folder.path;
}

async function profiled(path: string, ...args: readonly string[]): Promise<Result> {
  const { code, stderr } = await javyProf(path, [...args, "--format", "json", "-o", "out.json"]);
  expect(code, stderr).toBe(0);
  const result = parseResult(readFileSync(join(path, "out.json"), "utf8"), "out.json");
  expect(brokenSums(result)).toEqual([]);
  return result;
}

/** `name file:line` of the functions that ran. */
const placed = (result: Result) =>
  result.functions
    .filter(({ kind, calls, file }) => kind === "js" && calls > 0 && file !== null)
    .filter(({ file }) => result.files[file!] !== "eval_script")
    .map(({ name, file, line }) => `${name} ${result.files[file!]}:${line}`);

const app = `import { total, type Cart } from "./lib/cart.ts";
import prices from "./prices.json";

enum Kind {
  Plain,
  Gift,
}

const cart: Cart = { items: prices.map((price: number) => ({ price, kind: Kind.Gift })) };
console.log(String(total(cart)));
`;
const cart = `export interface Cart {
  items: { price: number; kind: number }[];
}

class Sum {
  value = 0;
  add(n: number) {
    this.value += n;
  }
}

export function total({ items }: Cart): number {
  const sum = new Sum();
  for (const { price } of items) sum.add(price);
  return sum.value;
}
`;
const typescript = { "src/app.ts": app, "src/lib/cart.ts": cart, "src/prices.json": "[1, 2, 39]" };

test("TypeScript in several files is shown by its own lines", async () => {
  const path = project(typescript);
  const run = await javyProf(path, ["src/app.ts"]);
  expect(run).toMatchObject({ code: 0, stdout: "42\n" });
  expect(run.stderr).toContain("wrote app.speedscope.json");
  const result = await profiled(path, "src/app.ts");
  expect(placed(result)).toEqual([
    "(module src/app.ts) src/app.ts:1",
    "Sum.add src/lib/cart.ts:7",
    "new Sum src/lib/cart.ts:5",
    "Sum.<instance initializer> src/lib/cart.ts:6",
    "total src/lib/cart.ts:12",
    "map callback src/app.ts:9",
  ]);
  // lines of files that are not there would be the bundle's
  for (const { file, line } of result.lines) {
    const source = { "src/app.ts": app, "src/lib/cart.ts": cart }[result.files[file]!];
    if (source) expect(line).toBeLessThanOrEqual(source.split("\n").length);
  }
});

/** What the user's own bundler makes of the same. */
function minified(): string {
  const path = project({ ...typescript, "package.json": "{}" });
  buildSync({
    ...{ entryPoints: [join(path, "src/app.ts")], outfile: join(path, "dist/app.js"), absWorkingDir: path },
    ...{ bundle: true, minify: true, format: "esm", sourcemap: true },
  });
  return path;
}

test("a minified bundle is shown by the names and the lines that were written", async () => {
  const path = minified();
  const result = await profiled(path, "dist/app.js");
  expect(placed(result)).toEqual([
    "(module dist/app.js) dist/app.js:1",
    "Sum.add src/lib/cart.ts:7",
    "new Sum src/lib/cart.ts:5",
    "Sum.<instance initializer> src/lib/cart.ts:6",
    "total src/lib/cart.ts:12",
    "map callback src/app.ts:9",
  ]);
  expect(result.warnings).toEqual([]);
  // the root is the bundle's, its calls are the originals'
  const total = result.functions.find(({ name }) => name === "total")!;
  const call = result.tree.find((node) => node.function === total.id)!;
  expect([result.files[call.callFile!], call.callLine]).toEqual(["src/app.ts", 10]);
  const listing = (await javyProf(path, ["disasm", "dist/app.js", "out.json"])).stdout;
  expect(listing).toContain("total   src/lib/cart.ts:12:8");
  expect(listing).toContain("14 |   for (const { price } of items) sum.add(price);");
  const { stderr } = await javyProf(path, ["monitor", "js-coverage", "dist/app.js"]);
  expect(stderr).toContain("src/lib/cart.ts:14");
});

test("a bundle without its map has columns, and is said to have no map", async () => {
  const functions = Array.from({ length: 9 }, (_, i) => `function f${i}(){}`).join(";");
  const calls = Array.from({ length: 9 }, (_, i) => `f${i}()`).join(";");
  const { stderr } = await javyProf(project({ "app.min.js": `${functions};${calls}` }), ["app.min.js"]);
  expect(stderr).toMatch(/ f1 .*:1:17$/m);
  expect(stderr).toMatch(/functions stand on line 1 of app\.min\.js: .* --source-map <file>/);
});

test("JSX is what the project's tsconfig.json says", async () => {
  const path = project({
    "app.tsx": "const h = (tag: string) => tag;\nconsole.log(String(<b />));\n",
    "tsconfig.json": '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}',
  });
  expect(await javyProf(path, ["app.tsx"])).toMatchObject({ code: 0, stdout: "b\n" });
});

test("JavaScript that imports is bundled, and what does not is compiled as it is", async () => {
  const alone = project({ "app.js": "function f() {}\nf();\n" });
  const before = await profiled(alone, "app.js");
  const path = project({
    "app.mjs": 'import { f } from "./f.js";\n\nf();\n',
    "f.js": "\nexport function f() {}\n",
  });
  expect(placed(await profiled(path, "app.mjs"))).toEqual(["(module app.mjs) app.mjs:1", "f f.js:2"]);
  expect(before.files).toEqual(["app.js"]);
});

test("an exception is shown where it was thrown", async () => {
  const path = project({
    "app.ts": 'import { f } from "./f.ts";\n\nf(1);\n',
    "f.ts": 'type A = number;\n\nexport function f(a: A): A {\n  throw new Error("no " + a);\n}\n',
  });
  const { code, stderr } = await javyProf(path, ["app.ts"]);
  expect(code).toBe(3);
  expect(stderr).toContain("at f (f.ts:4:27)");
  expect(stderr).toContain("at (module) (app.ts:3:");
});

test("a column of the first line is the source's in a stack, too, so that it is found in a map", async () => {
  const path = project({ "app.js": "function g(){null.x}g();" });
  const { stderr } = await javyProf(path, ["app.js"]);
  // the engine says 20, which is the bracket before
  expect(stderr).toContain("at (module) (app.js:1:21)");
});

test("a built module is the one that runs", async () => {
  const path = project(typescript);
  await javyProf(path, ["build", "src/app.ts"]);
  const built = await profiled(path, "app.wasm");
  expect((await profiled(path, "src/app.ts")).fuel.total).toBe(built.fuel.total);
});

describe("refused", () => {
  test.each([
    ["app.ts", "const a: number = ;\n", /^javy-prof: app\.ts:1:19: Unexpected ";"$/m],
    ["app.ts", 'import "./no.ts";\n', /^javy-prof: app\.ts:1:8: Could not resolve "\.\/no\.ts"$/m],
    [
      "app.js",
      'import "node:fs";\n',
      /^javy-prof: app\.js:1:8: Could not resolve "node:fs"\n {2}import "node:fs";\n {9}\^\n {2}QuickJS has none/m,
    ],
  ])("%s: %s", async (name, text, message) => {
    const { code, stderr } = await javyProf(project({ [name]: text }), [name]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test("paths are those of the user's folder", async () => {
    const path = project({ "a/b/app.ts": 'import "../c";\n', "a/c.ts": "\n\nlet 1;\n" });
    const { stderr } = await javyProf(path, ["a/b/app.ts"]);
    expect(stderr).toMatch(/^javy-prof: a\/c\.ts:3:5: Expected ";" but found "1"/);
  });
});

describe("the project's own esbuild", () => {
  const own = (code: string) =>
    project({
      "src/app.ts": "nothing of this",
      "node_modules/esbuild/package.json": '{"name":"esbuild","main":"main.js"}',
      "node_modules/esbuild/main.js": code,
    });

  test("is used", async () => {
    const real = JSON.stringify(inRoot("node_modules/esbuild"));
    const path = own(`const esbuild = require(${real});
exports.version = "own";
exports.buildSync = (options) => {
  const stdin = { contents: "console.log(1 + 1)", sourcefile: "own.ts" };
  const { entryPoints, ...others } = options;
  return esbuild.buildSync({ ...others, stdin });
};
`);
    expect(await javyProf(path, ["src/app.ts"])).toMatchObject({ code: 0, stdout: "2\n" });
  });

  test("says why it cannot be", async () => {
    const { code, stderr } = await javyProf(own('throw new Error("wrong platform")'), ["src/app.ts"]);
    expect(stderr).toMatch(/^javy-prof: the project's esbuild cannot be loaded\n {2}wrong platform\n/);
    expect(code).toBe(4);
  });
});

describe("in a package of CommonJS", () => {
  const files = {
    "package.json": '{ "type": "commonjs" }',
    "tsconfig.json": '{ "compilerOptions": { "jsx": "react", "jsxFactory": "make" } }',
    "help.ts": "export function help(n: number) {\n  return n + 1;\n}\n",
    "app.ts":
      'import { help } from "./help";\n\nfunction own() {\n  return help(1);\n}\nconsole.log(own());\n',
    "make.ts": "export const make = (tag: string, props: object) => tag + JSON.stringify(props);\n",
    "app.tsx": 'import { make } from "./make";\nconsole.log(<div id="1" />);\n',
    "require.ts":
      'const { help } = require("./help");\nfunction own() {\n  return help(1);\n}\nmodule.exports = { own };\nconsole.log(own());\n',
  };

  test("what only imports is not wrapped", async () => {
    const path = project(files);
    expect(placed(await profiled(path, "app.ts"))).toEqual([
      "(module app.ts) app.ts:1",
      "help help.ts:1",
      "own app.ts:3",
    ]);
    // with the project's settings, as ever
    const { stdout, code } = await javyProf(path, ["app.tsx", "--quiet"]);
    expect([code, stdout]).toEqual([0, 'div{"id":"1"}\n']);
  });

  test("what requires is, and has its own names and lines", async () => {
    const result = await profiled(project(files), "require.ts");
    expect(placed(result)).toEqual(expect.arrayContaining(["help help.ts:1", "own require.ts:2"]));
    expect(result.run.stdout).toBe("2\n");
  });
});

describe("a module that was built of several files", () => {
  const files = {
    "src/help.ts": "export function help(n: number) {\n  return n + 1;\n}\n",
    "src/app.ts":
      'import { help } from "./help";\n\nfunction own() {\n  return help(1);\n}\nconsole.log(own());\n',
  };

  test("has its map beside it, and is shown by its files, without them too", async () => {
    const path = project(files);
    const built = await javyProf(path, ["build", "src/app.ts", "-o", "dist.wasm"]);
    expect([built.code, built.stderr]).toEqual([0, expect.stringContaining("wrote dist.wasm.map: ")]);
    const map = JSON.parse(readFileSync(join(path, "dist.wasm.map"), "utf8"));
    expect(map.sources).toEqual(["src/help.ts", "src/app.ts"]);
    rmSync(join(path, "src"), { recursive: true });
    const result = await profiled(path, "dist.wasm");
    expect(placed(result)).toEqual(expect.arrayContaining(["help src/help.ts:1", "own src/app.ts:3"]));
    expect(result.lines.map(({ text }) => text)).toContain("return help(1);");
    // the module is as it is without a map
    expect((await profiled(path, "dist.wasm", "--source-map", "none")).fuel).toEqual(result.fuel);
  });

  test("a map of another build, or of the WebAssembly, is not used", async () => {
    const path = project(files);
    for (const app of ["src/help.ts", "src/app.ts"])
      expect((await javyProf(path, ["build", app, "-o", `${app}.wasm`])).code).toBe(0);
    cpSync(join(path, "src/help.ts.wasm.map"), join(path, "src/app.ts.wasm.map"));
    const { stderr } = await javyProf(path, ["src/app.ts.wasm"]);
    expect(stderr).toContain("app.ts.wasm.map");
    expect(stderr).toContain("it is of another build of the module");
    const { x_javy_prof_source: _, ...other } = JSON.parse(
      readFileSync(join(path, "src/help.ts.wasm.map"), "utf8"),
    );
    writeFileSync(join(path, "src/app.ts.wasm.map"), JSON.stringify(other));
    const result = await profiled(path, "src/app.ts.wasm");
    expect(result.warnings).toEqual([]);
    expect(placed(result)).toEqual(expect.arrayContaining(["own function.mjs:7"]));
  });
});
