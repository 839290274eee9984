/** `diff` as people run it: two results, two snapshots, and a git ref against the working tree. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DiffDocument } from "../../src/ci/diff-document.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
  cpSync(inRoot("fixtures/ci"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
const path = () => join(folder, "src/discount.js");

/** A dearer line in matchRules, and another name for bestDiscount. */
function change(): void {
  const text = readFileSync(path(), "utf8");
  const dearer = text.replace("line.tags.includes", "line.tags.slice().sort().includes");
  writeFileSync(path(), dearer.replaceAll("bestDiscount", "bestOffer"));
}

const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(inRoot("dist/diff.schema.json"), "utf8")),
);

/** The document that was printed, which keeps its schema. */
function documentOf(stdout: string): DiffDocument {
  const document = JSON.parse(stdout) as DiffDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

async function record(name: string): Promise<void> {
  const args = [
    "src/discount.js",
    "-i",
    "carts/large.json",
    "--by",
    "builtin",
    "--format",
    "json",
    "-o",
    name,
    "--quiet",
  ];
  expect((await javyProf(folder, args)).code).toBe(0);
}

test("two results: by function, line, opcode and builtin, renamed ones tied, and a speedscope file", async () => {
  await record("base.fuel.json");
  change();
  await record("head.fuel.json");
  const { code, stdout, stderr } = await javyProf(folder, ["diff", "base.fuel.json", "head.fuel.json"]);
  expect([code, stderr]).toEqual([0, "wrote head.diff.speedscope.json\n"]);
  expect(stdout).toMatch(/^src\/discount\.js {2}[\d,]+ → [\d,]+ {2}\+[\d,]+ \(\+\d+\.\d%\)$/m);
  expect(stdout).toMatch(/^ +\+[\d,]+ +\+\d+\.\d% +[\d,]+ +[\d,]+ +60 {2}matchRules +src\/discount\.js:20$/m);
  expect(stdout).toMatch(/bestOffer \(was bestDiscount\) +src\/discount\.js:32$/m);
  expect(stdout).toMatch(/^ +\+[\d,]+ +\+\d+\.\d% +[\d,]+ +[\d,]+ {2}matchRules +src\/discount\.js:23$/m);
  expect(stdout).toMatch(/^ +\+[\d,]+ +\+\d+\.\d% +[\d,]+ +[\d,]+ +[\d,]+ → [\d,]+ {2}call_method$/m);
  expect(stdout).toMatch(/^ +\+[\d,]+ +new +0 +[\d,]+ +0 → 156 {2}Array\.prototype\.sort$/m);
  const file = JSON.parse(readFileSync(join(folder, "head.diff.speedscope.json"), "utf8"));
  expect(file.profiles.map(({ name }: { name: string }) => name)).toEqual([
    ...["fuel · base", "fuel · head", "fuel · change, dearer", "fuel · change, cheaper"],
  ]);
  const back = await javyProf(folder, [
    "diff",
    "head.fuel.json",
    "base.fuel.json",
    "--by",
    "builtin",
    "--json",
  ]);
  const { scenarios } = documentOf(back.stdout);
  expect(scenarios[0]!.diff!.natives).toContainEqual(
    expect.objectContaining({ name: "Array.prototype.sort", head: 0, headCount: 0, baseCount: 156 }),
  );
  const same = await javyProf(folder, ["diff", "base.fuel.json", "base.fuel.json", "-o", "x.json"]);
  expect(same.stdout).toMatch(/^src\/discount\.js {2}[\d,]+ \(the same\)\n$/);
});

test("functions, lines and opcodes are the same whatever frames a result has", async () => {
  for (const frames of ["js", "engine"]) {
    const args = [
      "src/discount.js",
      "-i",
      "carts/small.json",
      "--frames",
      frames,
      "--format",
      "json",
      "-o",
      `${frames}.json`,
      "--quiet",
    ];
    expect((await javyProf(folder, args)).code).toBe(0);
  }
  const { stdout } = await javyProf(folder, ["diff", "js.json", "engine.json", "--json"]);
  const [{ diff }] = documentOf(stdout).scenarios as [DiffDocument["scenarios"][number]];
  expect(diff).toMatchObject({ functions: [], opcodes: [] });
  expect(diff!.natives!.length).toBeGreaterThan(10);
});

test("two snapshots, with scenarios that one of them lacks", async () => {
  const text = readFileSync(join(folder, ".fuel-snapshot"), "utf8");
  const at = text.indexOf("\n[empty cart]");
  writeFileSync(join(folder, "base"), text.slice(0, at));
  const { code, stdout } = await javyProf(folder, ["diff", "base", ".fuel-snapshot"]);
  expect(code).toBe(0);
  expect(stdout).toContain("cart/large  3,721,209 (the same)\n");
  expect(stdout).toContain("empty cart  294,236 (new)\n");
  const json = await javyProf(folder, ["diff", "base", ".fuel-snapshot", "--json"]);
  const document = documentOf(json.stdout);
  expect(document.scenarios.at(-1)).toEqual({
    ...{ scenario: "empty cart", base: null, head: 294_236, diff: null },
  });
  for (const key of ["scenario", "base", "head", "diff"]) {
    const less = Object.entries(document.scenarios[0]!).filter(([name]) => name !== key);
    expect(validate({ ...document, scenarios: [Object.fromEntries(less)] }), key).toBe(false);
  }
  writeFileSync(join(folder, "base"), text.replace("fuel-model=wasmtime-39", "fuel-model=wasmtime-40"));
  const other = await javyProf(folder, ["diff", "base", ".fuel-snapshot", "--format", "markdown"]);
  expect(other.stdout).toContain("of another toolchain (fuelModel): the numbers do not compare");
});

test("a git ref: built in a worktree that is gone afterwards, with the inputs that are here", async () => {
  git("init", "--quiet", "-b", "main");
  git("add", ".");
  git("commit", "--quiet", "-m", "base");
  change();
  // an input that the ref does not have
  cpSync(join(folder, "carts/large.json"), join(folder, "carts/other.json"));
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("javy-prof-base-"));
  const { code, stdout, stderr } = await javyProf(folder, [
    "diff",
    "--base-ref",
    "main",
    "--by",
    "function",
    "-o",
    "d.json",
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^cart\/large {2}3,721,209 → [\d,]+ {2}\+[\d,]+/m);
  expect(stdout).toMatch(/^cart\/other {2}3,721,209 → [\d,]+ {2}\+[\d,]+/m);
  expect(stdout).toMatch(/matchRules +src\/discount\.js:20$/m);
  expect(readFileSync(join(folder, "d.json"), "utf8")).toContain("cart/large · fuel · base");
  expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("javy-prof-base-"))).toEqual(before);
  const json = await javyProf(folder, ["diff", "--base-ref", "main", "cart/small", "--json"]);
  expect(documentOf(json.stdout).scenarios[0]!.diff!.functions[0]).toMatchObject({ name: "matchRules" });
  const none = await javyProf(folder, ["diff", "--base-ref", "--output=x"]);
  expect([none.code, existsSync(join(folder, "x"))]).toEqual([2, false]);
  const gone = await javyProf(folder, ["diff", "--base-ref", "nope", "cart/small"]);
  expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('git knows no commit "nope" here')]);
});

test("what cannot be compared is refused", async () => {
  const message = async (...args: string[]) => {
    const { code, stderr } = await javyProf(folder, ["diff", ...args]);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  expect(await message()).toContain("diff takes two files, not 0");
  expect(await message(".fuel-snapshot")).toContain("diff takes two files, not 1");
  expect(await message(".fuel-snapshot", "carts/small.json")).toContain(
    "carts/small.json is not a javy-prof result",
  );
  expect(await message(".fuel-snapshot", ".fuel-snapshot", "-o", "x.json")).toContain("snapshots have none");
});
