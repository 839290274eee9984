/**
 * --by builtin on a plugin without a name section, in every fixture program: the rows add up to the total, less than 5 %
 * of the native fuel stays without a name, and the rows are those that the same plugin has with its names.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { paintWith } from "../../src/format/paint.ts";
import { breakdown } from "../../src/format/summary/columns.ts";
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { inRoot, javyProf, root } from "../support/javy-prof.ts";
import { withoutNames } from "../support/strip-names.ts";

const { fixtureInput, listPrograms } = (await import(new URL("scripts/fixture-input.js", root).href)) as {
  fixtureInput: (name: string) => Buffer;
  listPrograms: () => readonly { readonly name: string }[];
};

const folder = mkdtempSync(join(tmpdir(), "javy-prof-builtin-"));
const stripped = join(folder, "stripped.wasm");
beforeAll(() => writeFileSync(stripped, withoutNames(readEmbeddedPlugin().bytes)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(name: string, ...more: readonly string[]): Promise<Result> {
  const program = inRoot(`fixtures/programs/${name}.js`);
  const args = ["run", program, "--by", "builtin", "--json", "--out", `${name}.json`, ...more];
  const { stdout } = await javyProf(folder, args, { stdin: fixtureInput(name) });
  return JSON.parse(stdout) as Result;
}

const native = ({ functions }: Result) =>
  functions
    .filter(({ kind, self, calls }) => kind !== "js" && (self > 0 || calls > 0))
    .map(({ name, kind, self, calls }) => `${kind} ${name} ${calls} ${self}`)
    .sort();

describe.each(listPrograms().map(({ name }) => name))("%s", (name) => {
  test("less than 5 % of the native fuel has no name, and all of it is in a row", async () => {
    const result = await run(name, "--plugin", stripped);
    expect(brokenSums(result)).toEqual([]);
    const sum = (kind: string, named?: RegExp) =>
      result.functions
        .filter((row) => row.kind === kind && (named === undefined || named.test(row.name)))
        .reduce((total, { self }) => total + self, 0);
    // what JavaScript functions cost without the native ones that they call
    const own = result.functions
      .flatMap(({ natives = [] }) => natives)
      .reduce((left, { self }) => left - self, sum("js"));
    const all = result.fuel.total - own;
    expect(all).toBeGreaterThan(0);
    // an export's name is one, but says nothing of the engine
    expect(sum("engine", /^\(unnamed\)$|\(exported\)$/) / all).toBeLessThan(0.05);

    const lines = breakdown(
      { by: "builtin", top: 0 },
      result,
      { sort: "self", min: 0, width: 200, cuts: true, unicode: false },
      paintWith(false),
    );
    const rows = lines.slice(1).map((line) => Number(/^ *([\d,]+) /.exec(line)![1]!.replaceAll(",", "")));
    expect(rows.reduce((total, self) => total + self, 0)).toBe(result.fuel.total);
  }, 60_000);
});

test.each(["cart", "regexp", "async-generators"])(
  "%s: the rows are the same with names",
  async (name) => {
    const [without, with_] = [await run(name, "--plugin", stripped), await run(name)];
    expect(native(without)).toEqual(native(with_));
    expect(without.fuel.total).toBe(with_.fuel.total);
  },
  60_000,
);

test("JavaScript that a builtin calls is not the builtin's", async () => {
  writeFileSync(
    join(folder, "callback.js"),
    "const work = (x) => { let n = 0; for (let i = 0; i < 1000; i++) n += x; return n; };\n" +
      "console.log([1, 2, 3, 4].map(work).join());\n",
  );
  const args = ["run", "callback.js", "--by", "builtin", "--json"];
  const result = JSON.parse((await javyProf(folder, args)).stdout) as Result;
  const row = (name: string) => result.functions.find((one) => one.name === name)!;
  expect(row("Array.prototype.map")).toMatchObject({ kind: "builtin", calls: 1 });
  expect(row("work").self).toBeGreaterThan(50_000);
  expect(row("Array.prototype.map").self).toBeLessThan(5_000);
  expect(row("Array.prototype.map").total).toBeGreaterThan(row("work").self);
});

test("--frames engine says the recovered names", async () => {
  writeFileSync(join(folder, "sort.js"), "console.log([3, 1, 2].sort().join());\n");
  const args = ["run", "sort.js", "--frames", "engine", "--json", "--plugin", stripped];
  const { functions } = JSON.parse((await javyProf(folder, args)).stdout) as Result;
  const called = functions.filter(({ calls }) => calls > 0);
  expect(called.find(({ name }) => name === "Array.prototype.sort")?.kind).toBe("builtin");
  expect(called.filter(({ name }) => name.startsWith("allocation fn#")).length).toBeGreaterThan(1);
});
