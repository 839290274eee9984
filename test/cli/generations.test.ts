/**
 * Every engine in fixtures/engines, of each kind, by the command line: the cells of docs/modules.md. For each module:
 *   total      equals the fuel that wasmtime reported, under three cost models (fixtures/engines/fuel.json)
 *   functions  have the names and the calls that the program itself counted
 *   lines      are those at which census.js has these functions
 *   builtins   have names: less than 5 % of the native fuel is without one, and the sums hold
 * `stripped` is the static module without its name section. That table is compared with what was found.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { versions } from "../../src/quickjs/engines/versions.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";
import { withoutEval } from "../support/plain-names.ts";
import { withoutNames } from "../support/strip-names.ts";

interface Recorded {
  readonly sha256: string;
  readonly stdoutSha256?: string;
  readonly fuel?: Readonly<Record<string, number>>;
}

const engines = inRoot("fixtures/engines");
const { modules: recorded } = JSON.parse(readFileSync(join(engines, "fuel.json"), "utf8")) as {
  modules: Record<string, Recorded>;
};
const census = readFileSync(join(engines, "census.js"), "utf8").split("\n");
const models = ["wasmtime-45", "wasmtime-48", "wasmtime-50"];
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

/** A module to run: the file, and the plugin that it needs. */
interface Cell {
  readonly generation: string;
  readonly kind: string;
  readonly file: string;
  readonly stripped: boolean;
}

const generations = [...new Set(Object.keys(recorded).map((name) => name.split("/")[0]!))];
const kinds: Readonly<Record<string, string>> = { app: "dynamic" };
const cells: Cell[] = Object.keys(recorded)
  .filter((name) => !name.endsWith("/plugin.wasm"))
  .flatMap((name) => {
    const [generation, base] = name.replace(".wasm", "").split("/") as [string, string];
    const cell = { generation, kind: kinds[base] ?? base, file: name, stripped: false };
    return base === "app" ? [cell] : [cell, { ...cell, kind: `${cell.kind}, stripped`, stripped: true }];
  });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-generations-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a cell's module; a stripped one is written first. */
async function run({ generation, kind, file, stripped }: Cell, ...more: readonly string[]): Promise<Result> {
  let path = join(engines, file);
  if (stripped) {
    const bytes = withoutNames(readFileSync(path));
    path = join(folder, `${file.replace("/", "-")}`);
    writeFileSync(path, bytes);
  }
  // what the embedded engine is for needs no flag
  const needed = kind === "dynamic" && generation !== "ng26";
  const plugin = needed ? ["--plugin", join(engines, generation, "plugin.wasm")] : [];
  const out = ["--out", `${file.replace(/\W/g, "-")}-${more.join("")}.json`];
  const { code, stdout, stderr } = await javyProf(folder, [
    "run",
    path,
    ...plugin,
    "--json",
    ...out,
    ...more,
  ]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Result;
}

/** What the program counted itself, in the last line that it wrote. */
function counted({ run: { stdout } }: Result): Record<string, number> {
  const { calls } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as { calls: Record<string, number> };
  return calls;
}

/** Lines of census.js at which its functions stand, by the name that the profile shows. */
const lineOf: Readonly<Record<string, RegExp>> = {
  byPrice: /^function byPrice/,
  fib: /^function fib/,
  walk: /^function\* walk/,
  thrower: /^function thrower/,
  reviver: /^function reviver/,
  "Shape.of": /^ {2}static of\(/,
  "get Shape.side": /^ {2}get side\(/,
  "Shape.area": /^ {2}area\(/,
  add: /^ {2}add\(/,
};

function expectLines(result: Result): void {
  for (const [name, text] of Object.entries(lineOf)) {
    const rows = result.functions.filter((row) => row.name === name);
    // of two methods named alike the first stands first
    const line = census.findIndex((one) => text.test(one)) + 1;
    expect(line, `census.js has ${name}`).toBeGreaterThan(0);
    expect(
      rows.map((row) => row.line),
      name,
    ).toContain(line);
  }
}

describe.each(cells)("$generation, $kind", (cell) => {
  const record = recorded[cell.file]!;

  test("is the module that was recorded", () => {
    expect(sha256(readFileSync(join(engines, cell.file)))).toBe(record.sha256);
  });

  test("total, functions, lines", async () => {
    for (const model of cell.stripped ? models.slice(2) : models) {
      const result = await run(cell, "--fuel-model", model);
      expect(result.fuel.total, model).toBe(record.fuel![model]);
      expect(result.fuel.comparable).toBe(true);
      expect(brokenSums(result)).toEqual([]);
      expect(sha256(result.run.stdout)).toBe(record.stdoutSha256);
      const own = counted(result);
      // a program that is a script is itself a piece of code called <eval>
      const isScript = !result.functions.some(({ name }) => name.startsWith("(module"));
      const calls = Object.fromEntries(Object.keys(own).map((name) => [name, callsOf(result, name)]));
      const extra = isScript && !cell.file.includes("evaluated") ? 1 : 0;
      expect(calls).toEqual({ ...own, "<eval>": own["<eval>"]! + extra });
      expectLines(result);
    }
  }, 60_000);

  test("builtins", async () => {
    const result = await run(cell, "--by", "builtin,phase");
    expect(result.fuel.total).toBe(record.fuel!["wasmtime-50"]);
    expect(brokenSums(result)).toEqual([]);
    const self = (kind: string) =>
      result.functions.filter((row) => row.kind === kind).reduce((total, row) => total + row.self, 0);
    // what JavaScript functions cost without the native ones that they call
    const shares = result.functions.flatMap(({ natives = [] }) => natives);
    const native = result.fuel.total - shares.reduce((left, share) => left - share.self, self("js"));
    const share = (name: RegExp) =>
      result.functions.reduce((sum, row) => sum + (name.test(row.name) ? row.self : 0), 0) / native;
    expect(share(/^\(unnamed\)$/)).toBeLessThan(0.05);
    // what the embedder's own functions do is named after them: little, but where they have the engine inlined
    const bare = /^(bare|bytecode)/.test(cell.kind);
    expect(share(/^\(unnamed\)$|\(exported\)$/)).toBeLessThan(bare ? 0.2 : 0.05);
    const names = result.functions.filter(({ kind }) => kind === "builtin").map(({ name }) => name);
    for (const name of ["Array.prototype.sort", "JSON.parse", "String.prototype.replace"])
      expect(names, name).toContain(name);
    expect(names.some((name) => name.startsWith("RegExp.prototype.exec"))).toBe(true);
  }, 60_000);
});

function callsOf(result: Result, name: string): number {
  return result.functions
    .filter((row) => row.kind === "js" && withoutEval(row.name) === name)
    .reduce((sum, { calls }) => sum + calls, 0);
}

test("a plugin that is not needed is said", async () => {
  const plugin = join(engines, "ng21/plugin.wasm");
  const args = ["run", join(engines, "ng21/static.wasm"), "--plugin", plugin, "--out", "unneeded.json"];
  const { code, stderr } = await javyProf(folder, args);
  expect(code).toBe(0);
  expect(stderr).toContain("note: --plugin was not needed: the module has its engine in it\n");
});

/** Engines of packages from npm, which quickjs-emscripten.test.ts runs. */
const fromNpm = ["bellard2025", "ng23"];

test("there is a fixture for each version byte that is supported, and each folder has one", () => {
  expect(
    readdirSync(engines, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map(({ name }) => name),
  ).toEqual(expect.arrayContaining(generations));
  const ids = new Set(versions.map(({ id }) => id.replace(/(bignum|dumps|early)$/, "")));
  for (const id of ids) if (!fromNpm.includes(id)) expect(generations).toContain(id);
});

test("the table of docs/modules.md says what was run, and nothing else", () => {
  const page = readFileSync(inRoot("docs/modules.md"), "utf8");
  const shown = [...page.matchAll(/^\| (`\w+`) \|[^|]*\|[^|]*\|(.*)\|$/gm)].map(([, name, rest]) =>
    [name, ...rest!.split("|").map((cell) => cell.trim())].join(" | "),
  );
  const works = "T F L B";
  const wanted = generations.map((generation) => {
    const found = cells.filter((cell) => cell.generation === generation).map(({ kind }) => kind);
    const cell = (kind: string) => (found.includes(kind) ? works : "");
    const others = found.filter((kind) => !/^(dynamic|static)\b|stripped/.test(kind)).sort();
    for (const kind of others) expect(found).toContain(`${kind}, stripped`);
    return [
      `\`${generation}\``,
      ...["dynamic", "static", "static, stripped"].map(cell),
      others.map((kind) => `${kind} ${works}`).join(", "),
    ].join(" | ");
  });
  const npm = shown.filter((row) => row.endsWith("quickjs-emscripten F L"));
  expect(npm.map((row) => row.split("`")[1])).toEqual(fromNpm);
  expect(shown.filter((row) => !npm.includes(row))).toEqual(wanted);
});
