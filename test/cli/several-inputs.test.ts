/**
 * `run` with several inputs, as people run it: a row each, one merged document that adds up to the runs one by one, the same
 * whatever ends first, and the worst of their ends as the exit code.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { ResultDocument } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const app = `
function read() {
  const bytes = new Uint8Array(4096);
  const length = Javy.IO.readSync(0, bytes);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
}
function work(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }
function fail(why) { throw new Error(why); }
const { n, why } = read();
console.log("sum " + work(n));
if (why) fail(why);
`;

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "app.js": app,
    // the dearest ends last, and is first
    "a.json": '{"n":40000}',
    "b.json": '{"n":1}',
    "c.json": '{"n":2000}',
    "d[1].json": '{"n":3}',
    "bad.json": '{"n":5,"why":"no such cart"}',
  });
});
afterAll(() => folder.remove());

async function documentOf(...args: string[]) {
  const { code, stdout, stderr } = await javyProf(folder.path, ["app.js", "--json", ...args]);
  expect(stdout, stderr).not.toBe("");
  return { code, stderr, document: JSON.parse(stdout) as ResultDocument };
}

const schema = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(inRoot("dist/result.schema.json"), "utf8")),
);

describe("several inputs", () => {
  test("add up to what they cost one by one, in the order of their names", async () => {
    const names = ["a.json", "b.json", "c.json"];
    const one = await Promise.all(names.map((name) => documentOf("-i", name)));
    const { code, document } = await documentOf("-i", "[a-c].json");
    expect(code).toBe(0);
    expect(brokenSums(document)).toEqual([]);
    expect(schema(document), JSON.stringify(schema.errors)).toBe(true);
    expect(document.runs!.map(({ name, fuel, input, stdout }) => ({ name, fuel, input, stdout }))).toEqual(
      one.map(({ document: { fuel, run } }, i) => ({
        ...{ name: names[i], fuel, input: run.input, stdout: run.stdout },
      })),
    );
    expect(document.fuel.total).toBe(one.reduce((sum, run) => sum + run.document.fuel.total, 0));
    const selfOf = (result: ResultDocument, name: string) =>
      result.functions.find((row) => row.name === name)!.self;
    for (const name of ["work", "read", "JSON.parse"])
      expect(selfOf(document, name), name).toBe(
        one.reduce((sum, run) => sum + selfOf(run.document, name), 0),
      );
    expect(document.functions.find(({ name }) => name === "work")).toMatchObject({ calls: 3 });
  });

  test("are the same bytes each time, and in the order of the options", async () => {
    const args = [
      "app.js",
      "-i",
      "c.json",
      "-i",
      "a.json",
      "-i",
      "?.json",
      "-i",
      "!b.json",
      "--format",
      "json",
    ];
    const first = await javyProf(folder.path, [...args, "-o", "1.fuel.json"]);
    await javyProf(folder.path, [...args, "-o", "2.fuel.json"]);
    expect(first.code, first.stderr).toBe(0);
    const [one, two] = ["1", "2"].map((name) => readFileSync(join(folder.path, `${name}.fuel.json`), "utf8"));
    expect(one).toBe(two);
    expect((JSON.parse(one!) as ResultDocument).runs!.map(({ name }) => name)).toEqual(["c.json", "a.json"]);
  });

  test("have a row each, and other commands read their result", async () => {
    const { code, stdout, stderr } = await javyProf(folder.path, [
      ...["app.js", "-i", "?.json", "--limits", "shopify:10", "--format", "speedscope,json"],
    ]);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^app\.js < 3 inputs +[\d,]+ fuel {2}wasmtime-39$/m);
    expect(stderr).toMatch(/^ +fuel +to median +of limit +ended +input$/m);
    expect(stderr).toMatch(/^ +[\d,]+ +\+[\d.]+% +[\d.]+% +ok +a\.json$/m);
    expect(stderr).toMatch(/^ +[\d,]+ +[\d.]+% +ok +c\.json$/m);
    expect(stderr).toContain("the aggregated call tree, not the calls in order: it is of several runs");
    const exported = await javyProf(folder.path, [
      "export",
      "app.fuel.json",
      "--format",
      "folded",
      "-o",
      "-",
    ]);
    expect(exported.code, exported.stderr).toBe(0);
    expect(exported.stdout).toMatch(/work/);
  });

  test("one that a glob found looks like several; a name that is a file is no glob", async () => {
    const globbed = await documentOf("-i", "b.js?n");
    expect(globbed.document.runs!.map(({ name }) => name)).toEqual(["b.json"]);
    const named = await documentOf("-i", "d[1].json");
    expect(named.document.runs).toBeUndefined();
    expect(named.document.run.stdout).toBe("sum 3\n");
  });
});

describe("ends", () => {
  test("3 where a guest failed, with its name and stack; the others count", async () => {
    const { code, stdout, stderr } = await javyProf(folder.path, [
      ...["app.js", "-i", "bad.json", "-i", "b.json", "--limits", "shopify"],
    ]);
    expect([code, stdout]).toEqual([3, ""]);
    // nothing of the guests' own output stands before it
    expect(stderr).toMatch(/^app\.js/);
    expect(stderr).toMatch(/^ +[\d,]+ +\+[\d.]+% +[\d.]+% +(trapped|threw) +bad\.json$/m);
    expect(stderr).toMatch(/^bad\.json: (uncaught exception|the guest trapped): .*no such cart/m);
    expect(stderr).toMatch(/at fail \(app\.js:8/);
    expect(stderr).toMatch(/ok +b\.json$/m);
  });

  test("1 where one is over its limits, which are each run's own", async () => {
    const { code, document } = await documentOf("-i", "[ab].json", "--limits", "shopify");
    expect(code).toBe(1);
    expect(document.limits).toBeNull();
    expect(document.runs!.map(({ limits }) => limits!.exceeded)).toEqual([["fuel"], []]);
    const { stderr } = await javyProf(folder.path, ["app.js", "-i", "[ab].json", "--limits", "shopify"]);
    expect(stderr).toMatch(/over fuel +a\.json$/m);
  });

  test("2 where a glob matches nothing, where all is excluded, and where inputs do not go together", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await javyProf(folder.path, ["app.js", ...args]);
      expect(code, stderr).toBe(2);
      return stderr;
    };
    expect(await refused("-i", "carts/*.json")).toContain('the input: no file matches "carts/*.json"');
    expect(await refused("-i", "?.json", "-i", "!?.json")).toContain('no file matches "?.json"');
    expect(await refused("-i", "-", "-i", "a.json")).toContain("--input - is read once");
    expect(await refused("-i", "[ab].json", "--events")).toContain("--events takes one input");
    expect(await refused("-i", "a.json", "-i", "nothing.json")).toContain("nothing.json");
    expect(await refused("-i", "?.json", "-o", "b.json")).toContain("the profile would overwrite b.json");
  });
});
