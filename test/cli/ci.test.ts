/**
 * The sample project of fixtures/ci, in a folder of its own and with changes planted in it: `snapshot` and `check` with
 * every status and exit code, as people run them.
 */
import type { ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { grouped } from "../../src/base/numbers.ts";
import type { CheckDocument } from "../../src/ci/check-document.ts";
import { inRoot, javyProf } from "../support/javy-prof.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
  cpSync(inRoot("fixtures/ci"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, name), "utf8");
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** Replaces a text that is there in a file. */
function edit(name: string, from: string, to: string): void {
  const text = read(name);
  expect(text, `${name} has ${from}`).toContain(from);
  write(
    name,
    text.replace(from, () => to),
  );
}

function configure(change: (config: Record<string, unknown>) => void): void {
  const config = JSON.parse(read("javy-prof.config.json"));
  change(config);
  write("javy-prof.config.json", JSON.stringify(config));
}

const withoutBudgets = () =>
  configure((config) => {
    delete config["budgets"];
    for (const scenario of config["scenarios"] as Record<string, unknown>[]) delete scenario["budgets"];
  });

/** Adds fuel to a row of the snapshot's first section, and to its total: as if it had been dearer. */
function raise(row: string, fuel: number): void {
  const text = read(".fuel-snapshot");
  let section = text.slice(0, text.indexOf("\n[", text.indexOf("[") + 1));
  for (const end of ["  total\n", `  ${row}`])
    section = section.replace(new RegExp(`([\\d,]+)(?=${end.replace(/[()]/g, "\\$&")})`), (number) =>
      grouped(Number(number.replaceAll(",", "")) + fuel),
    );
  write(".fuel-snapshot", section + text.slice(section.length));
}

/** A dearer line in matchRules, in place of the one that was there: no other line moves. */
const plant = () =>
  edit("src/discount.js", "line.tags.includes(rule.tag)", "line.tags.slice().sort().includes(rule.tag)");

async function statuses(...args: string[]) {
  const { code, stdout, stderr } = await javyProf(folder, ["check", "--json", ...args]);
  expect(stdout, stderr).toContain('"scenarios"');
  const document = JSON.parse(stdout) as CheckDocument;
  return {
    code,
    document,
    statuses: Object.fromEntries(document.scenarios.map((one) => [one.scenario, one.status])),
  };
}

describe("check", () => {
  test("passes as it is", async () => {
    const { code, stdout, stderr } = await javyProf(folder, ["check"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("3 scenarios: 3 ok\n");
  });

  test("names the function, its line and its cost where it regressed", async () => {
    withoutBudgets();
    plant();
    const { code, stdout, stderr } = await javyProf(folder, ["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^cart\/large {2}regressed +3,721,209 → [\d,]+ {2}\+[\d,]+ \(\+\d+\.\d%\)$/m);
    expect(stdout).toMatch(/^ {4}matchRules {2}src\/discount\.js:20 {2}[\d,]+ → [\d,]+ {2}\+/m);
    expect(stdout).toMatch(/^ {6}line 23 {2}\+[\d,]+ \(\+\d+\.\d%\) {2}if \(line\.quantity/m);
    expect(stderr).toContain("javy-prof check --update");
  });

  test("says what the budgets are and what is over them", async () => {
    plant();
    const { code, stdout } = await javyProf(folder, ["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /matchRules in one call: [\d,]+ of 20,000, \d+\.\d% over \(scenarios\[0\]\.budgets\.functions\.matchRules\)/,
    );
  });

  test("lets pass what is within the tolerance, and with --exact nothing", async () => {
    withoutBudgets();
    plant();
    const { document } = await statuses("cart/large");
    const { base, total } = document.scenarios[0]!;
    const more = total! - base!;
    expect(more).toBeGreaterThan(0);
    expect((await statuses("cart/large", "--tolerance", `+${more}`)).statuses).toEqual({
      "cart/large": "ok",
    });
    expect((await statuses("cart/large", "--tolerance", `+${more - 1}`)).code).toBe(1);
    const percent = Math.ceil((more / base!) * 100);
    expect((await statuses("cart/large", "--tolerance", `${percent}%`)).code).toBe(0);
    raise("(exit)", 1);
    edit("src/discount.js", "line.tags.slice().sort()", "line.tags");
    expect((await statuses("cart/large")).statuses).toEqual({ "cart/large": "improved" });
    expect(await statuses("cart/large", "--exact")).toMatchObject({ code: 1 });
  });

  test("passes an improvement and says so; --update changes the rows that changed", async () => {
    raise("matchRules", 100);
    const before = read(".fuel-snapshot").split("\n");
    const { code, stdout, stderr } = await javyProf(folder, ["check"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 improved, 2 ok")]);
    expect(stderr).toContain("record it");
    expect((await javyProf(folder, ["check", "--update"])).code).toBe(0);
    const after = read(".fuel-snapshot").split("\n");
    expect(after.length).toBe(before.length);
    expect(after.filter((line, i) => line !== before[i])).toEqual([
      "        3,721,209  total",
      expect.stringContaining("  matchRules  src/discount.js"),
    ]);
  });

  test("--update of some scenarios leaves the others as they are", async () => {
    withoutBudgets();
    plant();
    const section = (name: string) => read(".fuel-snapshot").split(`[${name}]`)[1]!.split("\n[")[0];
    const [large, small] = [section("cart/large"), section("cart/small")];
    expect((await javyProf(folder, ["check", "cart/large", "--update"])).code).toBe(0);
    expect(section("cart/large")).not.toBe(large);
    expect(section("cart/small")).toBe(small);
  });

  test("judges the platform's limits, and budgets in percent of them", async () => {
    const { lines } = JSON.parse(read("carts/large.json")) as { lines: unknown[] };
    write(
      "carts/huge.json",
      JSON.stringify({ lines: Array.from({ length: 300 }, (_, i) => lines[i % lines.length]) }),
    );
    configure((config) => {
      config["limits"] = "shopify";
      config["budgets"] = { total: "30%" };
    });
    const { code, stdout } = await javyProf(folder, ["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^cart\/huge {3}over-budget {2}[\d,]+ {2}1\d\d\.\d% of the limit$/m);
    expect(stdout).toMatch(/^ {4}fuel: [\d,]+ of 11,000,000, \d+\.\d% over \(the platform's limit\)$/m);
    expect(stdout).toMatch(/^cart\/large {2}over-budget {2}3,721,209 {2}33\.8% of the limit$/m);
    expect(stdout).toMatch(/^ {4}total: 3,721,209 of 3,300,000, 12\.8% over \(budgets\.total\)$/m);
    expect(stdout).toMatch(/^cart\/small {2}ok +570,500 {2}5\.2% of the limit$/m);
    write(
      "schema.graphql",
      "directive @scaleLimits(rate: Float!) on FIELD_DEFINITION type Query { lines: [Line!]! @scaleLimits(rate: 0.01) } type Line { id: Int }",
    );
    write("run.graphql", "query { lines { id } }");
    configure((config) => {
      Object.assign(config, {
        schemaPath: "schema.graphql",
        queryPath: "run.graphql",
        budgets: { startup: "1M" },
      });
    });
    const scaled = await javyProf(folder, ["check"]);
    expect(scaled.stdout).toMatch(/^cart\/huge {3}new {2}[\d,]+ {2}[3-6]\d\.\d% of the limit$/m);
  });

  test("calls scenarios new and removed", async () => {
    configure((config) => {
      (config["scenarios"] as unknown[])[1] = { name: "another", input: "carts/empty.json" };
    });
    const { code, statuses: found } = await statuses();
    expect(code).toBe(0);
    expect(found).toEqual({
      another: "new",
      "cart/large": "ok",
      "cart/small": "ok",
      "empty cart": "removed",
    });
    expect((await statuses("--exact")).code).toBe(1);
    expect((await statuses("--update")).code).toBe(0);
    expect((await statuses()).statuses).toEqual({ another: "ok", "cart/large": "ok", "cart/small": "ok" });
  });

  test("calls another toolchain not comparable, whatever the numbers", async () => {
    configure((config) => {
      config["fuelModel"] = "wasmtime-38";
      delete config["budgets"];
    });
    const { code, stdout } = await javyProf(folder, ["check"]);
    expect(code).toBe(1);
    expect(stdout).toContain("3 scenarios: 3 not-comparable");
    expect(stdout).toContain("the snapshot is of another toolchain (fuelModel)");
  });

  test("ends with 3 where a guest fails, and leaves the snapshot alone", async () => {
    edit("src/discount.js", "function run(cart) {", "function run(cart) { throw new Error('no');");
    const before = read(".fuel-snapshot");
    const { code, stdout } = await javyProf(folder, ["check"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/cart\/large {2}failed[\s\S]*the guest failed: throw: .*no.*\(in run, line 40\)/);
    expect((await javyProf(folder, ["check", "--update"])).code).toBe(3);
    expect((await javyProf(folder, ["snapshot"])).code).toBe(3);
    expect(read(".fuel-snapshot")).toContain(before.split("\n")[1]);
    expect(read(".fuel-snapshot")).toContain("3,721,209  total");
  });

  test("gives the same result in any order and of any part", async () => {
    const whole = (await statuses()).document.scenarios;
    const parts = await Promise.all(["1/2", "2/2"].map((shard) => statuses("--shard", shard)));
    const merged = parts.flatMap(({ document }) => document.scenarios);
    expect(merged.sort((a, b) => (a.scenario < b.scenario ? -1 : 1))).toEqual(whole);
    for (const jobs of ["1", "3"])
      expect((await statuses("--jobs", jobs)).document.scenarios, jobs).toEqual(whole);
    for (let i = 0; i < 12; i++) write(`carts/copy-${i}.json`, read("carts/small.json"));
    // nothing but what is to be said of them, however many run at once
    const many = await javyProf(folder, ["check", "--jobs", "12"]);
    expect([many.code, many.stderr]).toEqual([
      0,
      "record it: javy-prof check --update, and commit .fuel-snapshot\n",
    ]);
    const none = await javyProf(folder, ["check", "--jobs", "0"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("--jobs takes at least 1")]);
  });
});

test.skipIf(process.platform === "win32")(
  "Ctrl-C ends a check, and its build, with 130; nothing is judged or written",
  async () => {
    const before = read(".fuel-snapshot");
    const until = (text: string, ...args: string[]) => {
      const started = (child: ChildProcess) =>
        child.stderr!.on(
          "data",
          (chunk: Buffer) => void (String(chunk).includes(text) && child.kill("SIGINT")),
        );
      return javyProf(folder, args, { started });
    };
    const node = JSON.stringify(process.execPath);
    configure((config) => {
      config["build"] = `exec ${node} -e "console.log('building'); setTimeout(() => {}, 60000)"`;
    });
    const built = await until("building", "check");
    expect([built.code, built.stderr]).toEqual([
      130,
      "building\njavy-prof: interrupted: nothing was judged or written\n",
    ]);
    configure((config) => {
      config["build"] = `${node} -e "console.log('built')"`;
    });
    edit("src/discount.js", "function run(cart) {", "function run(cart) { for (;;);");
    const run = await until("built", "check", "--update");
    expect([run.code, run.stdout]).toEqual([130, ""]);
    expect(read(".fuel-snapshot")).toBe(before);
  },
);

describe("reports", () => {
  test("a regression names function, line and cost in every format, beside the table", async () => {
    plant();
    const wanted: Readonly<Record<string, RegExp>> = {
      markdown:
        /\| `matchRules` \| `src\/discount\.js:20` \|[\s\S]*`src\/discount\.js:23` \| [\d,]+ \| [\d,]+ \| \+[\d,]+ \(/,
      junit:
        /<failure type="over-budget"[\s\S]*matchRules {2}src\/discount\.js:20[\s\S]*line 23 {2}\+[\d,]+ \(/,
      github:
        /^::error file=src\/discount\.js,line=23,title=cart\/large%3A over-budget::.*matchRules in one call: [\d,]+/m,
    };
    for (const [format, pattern] of Object.entries(wanted)) {
      const { code, stdout } = await javyProf(folder, ["check", "--format", format, "-o", "report.txt"]);
      expect(code, format).toBe(1);
      expect(stdout).toContain("3 scenarios: ");
      expect(read("report.txt"), format).toMatch(pattern);
    }
  });

  test("parts of a fan-out come together, and a result beside them", async () => {
    for (const part of [1, 2]) {
      const { stdout } = await javyProf(folder, ["check", "--json", "--shard", `${part}/2`]);
      write(`part${part}.json`, stdout);
    }
    const whole = await javyProf(folder, ["check", "--json"]);
    const merged = await javyProf(folder, ["report", "part2.json", "part1.json", "--format", "json"]);
    expect([merged.code, merged.stdout]).toEqual([0, whole.stdout]);
    const twice = await javyProf(folder, ["report", "part1.json", "part1.json"]);
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining("is in part1.json and in part1.json"),
    ]);
    const run = [
      "src/discount.js",
      "-i",
      "carts/small.json",
      "--fuel-model",
      "wasmtime-39",
      "--format",
      "json",
      "--quiet",
    ];
    expect((await javyProf(folder, run)).code).toBe(0);
    const { stdout } = await javyProf(folder, ["report", "part1.json", "discount.fuel.json"]);
    expect(stdout).toMatch(/^discount +new +570,500$/m);
  });

  test("GitHub gets annotations from the repository's root, a summary and outputs", async () => {
    plant();
    for (const name of ["summary.md", "outputs"]) write(name, "before\n");
    const env = { GITHUB_STEP_SUMMARY: "summary.md", GITHUB_OUTPUT: "outputs", GITHUB_WORKSPACE: tmpdir() };
    const { code, stdout } = await javyProf(folder, ["check", "--format", "github"], { env });
    expect(code).toBe(1);
    expect(stdout).toContain(`::error file=${basename(folder)}/src/discount.js,line=23,`);
    expect(read("summary.md")).toMatch(/^before\n\*\*Fuel\*\* 3 scenarios/);
    expect(read("outputs")).toMatch(
      /^before\npassed=false\nstatus=over-budget\nscenarios=3\nfailing=3\nfuel=\d+\n$/,
    );
  });

  test("do not overwrite what they are made of", async () => {
    write("part.json", (await javyProf(folder, ["check", "--json"])).stdout);
    const { code, stderr } = await javyProf(folder, [
      "report",
      "part.json",
      "--format",
      "markdown",
      "-o",
      "part.json",
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("would overwrite part.json")]);
  });
});

describe("a check that measures nothing ends with 2", () => {
  const message = async (...args: string[]) => {
    const { code, stderr } = await javyProf(folder, ["check", ...args]);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  test("no configuration", async () => {
    rmSync(join(folder, "javy-prof.config.json"));
    expect(await message()).toContain("there is no configuration here");
  });
  test("a budget for a function that did not run", async () => {
    configure((config) => {
      config["budgets"] = { functions: { matchRule: 1 } };
    });
    expect(await message()).toContain("budgets.functions.matchRule matches nothing that ran");
  });
  test("no scenario of that name", async () =>
    expect(await message("cart/huge")).toContain("there are 3 scenarios"));
  test("a part with no scenario in it", async () =>
    expect(await message("--shard", "4/4")).toContain("no scenario ran"));
  test("a glob that matches nothing", async () => {
    configure((config) => {
      config["scenarios"] = [{ input: "cards/*.json" }];
    });
    expect(await message()).toContain('no file matches "cards/*.json"');
  });
  test("neither budgets nor a snapshot", async () => {
    withoutBudgets();
    rmSync(join(folder, ".fuel-snapshot"));
    expect(await message()).toContain("there is nothing to check against");
  });
  test("a damaged snapshot", async () => {
    edit(".fuel-snapshot", "3,721,209", "3,721,208");
    expect(await message()).toContain("the functions of [cart/large] add up to 3721209, not to 3721208");
  });
  test("a key that nobody knows", async () => {
    configure((config) => {
      config["fuelmodel"] = "x";
    });
    expect(await message()).toContain('there is no "fuelmodel": did you mean "fuelModel"?');
  });
});

describe("the configuration", () => {
  const config = () => read("javy-prof.config.json");

  test("may be a key of package.json, a module, or TypeScript, in a folder above", async () => {
    mkdirSync(join(folder, "deep", "er"), { recursive: true });
    const ok = async () => {
      const { code, stdout, stderr } = await javyProf(join(folder, "deep/er"), ["check"]);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("3 ok");
    };
    const json = config();
    rmSync(join(folder, "javy-prof.config.json"));
    write("package.json", `{"name": "sample", "type": "module", "javy-prof": ${json}}`);
    await ok();
    write("package.json", '{"name": "sample", "type": "module"}');
    write("javy-prof.config.js", `export default ${json};`);
    await ok();
    renameSync(join(folder, "javy-prof.config.js"), join(folder, "javy-prof.config.mjs"));
    await ok();
    rmSync(join(folder, "javy-prof.config.mjs"));
    const [major] = process.versions.node.split(".").map(Number);
    write("javy-prof.config.ts", `const config: { entry: string } = ${json}; export default config;`);
    // the esbuild that is installed beside it, as a project has one
    mkdirSync(join(folder, "node_modules", "esbuild"), { recursive: true });
    write(
      "node_modules/esbuild/index.cjs",
      `module.exports = require(${JSON.stringify(inRoot("node_modules/esbuild"))})`,
    );
    write("node_modules/esbuild/package.json", '{"main": "index.cjs"}');
    await ok();
    rmSync(join(folder, "node_modules"), { recursive: true });
    const { code, stderr } = await javyProf(folder, ["check"]);
    if (major! >= 23) expect(code).toBe(0);
    else if (major! < 22)
      expect([code, stderr]).toEqual([2, expect.stringContaining("npm install --save-dev esbuild")]);
  });

  test("builds first, and says why that failed", async () => {
    renameSync(join(folder, "src/discount.js"), join(folder, "src/original.js"));
    const node = JSON.stringify(process.execPath);
    configure((config) => {
      config["build"] = `${node} -e "fs.copyFileSync('src/original.js', 'src/discount.js')"`;
    });
    expect((await javyProf(folder, ["check"])).code).toBe(0);
    rmSync(join(folder, "src/discount.js"));
    expect((await javyProf(folder, ["check", "--no-build"])).stderr).toContain("cannot read the program");
    configure((config) => {
      config["build"] = `${node} -e "process.exit(7)"`;
    });
    const { code, stderr } = await javyProf(folder, ["check"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("the build command failed: exit code 7")]);
  });

  test("says which key an option of run is, where a program asks for one", async () => {
    cpSync(inRoot("fixtures/shopify/apps/discount-v3.wasm"), join(folder, "function.wasm"));
    configure((config) => {
      config["entry"] = "function.wasm";
    });
    const { code, stderr } = await javyProf(folder, ["check"]);
    expect(code).toBe(4);
    expect(stderr).toContain("give it with --plugin <file>");
    expect(stderr).toContain('--plugin <file> is "plugin": "<file>"');
  });

  test("leaves functions of ignored files out of the rows, and their cost in the total", async () => {
    configure((config) => {
      config["ignore"] = ["src/**"];
      delete config["budgets"];
      (config["scenarios"] as Record<string, unknown>[])[0]!["budgets"] = { total: "9M" };
    });
    expect((await javyProf(folder, ["snapshot"])).code).toBe(0);
    expect(read(".fuel-snapshot")).toContain("3,721,209  total");
    expect(read(".fuel-snapshot")).toContain("(ignored)  src/discount.js");
    expect(read(".fuel-snapshot")).not.toContain("matchRules");
  });
});

test("snapshot writes the same file again, and a damaged one anew", async () => {
  const before = read(".fuel-snapshot");
  expect((await javyProf(folder, ["snapshot"])).stderr).toContain(".fuel-snapshot is up to date");
  write(".fuel-snapshot", "what is this\n");
  const { code, stderr } = await javyProf(folder, ["snapshot"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("wrote .fuel-snapshot")]);
  expect(read(".fuel-snapshot")).toBe(before);
});

test("Shopify's fixtures: payload.input by its bytes, payload.export by its name", async () => {
  mkdirSync(join(folder, "tests/fixtures"), { recursive: true });
  const input = read("carts/small.json").trim();
  write(
    "tests/fixtures/one.json",
    `{"shopId": 1, "payload": {"input": ${input}, "output": {}, "target": "x.y"}}`,
  );
  write("tests/fixtures/two.json", '{"payload": {"export": "checkout", "input": {"2": 1.0, "1": 2}}}');
  configure((config) => {
    config["scenarios"] = [{ fixtures: "tests/fixtures/one.json" }];
    config["budgets"] = { total: "9M" };
  });
  write("carts/small.json", input);
  const { document } = await statuses();
  configure((config) => {
    config["scenarios"] = [{ name: "one", input: "carts/small.json" }];
  });
  expect((await statuses()).document.scenarios[0]!.total).toBe(document.scenarios[0]!.total);
  configure((config) => {
    config["scenarios"] = [{ fixtures: "tests/fixtures/*.json" }];
  });
  const { code, stderr } = await javyProf(folder, ["check"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("two: ")]);
  expect(stderr).toContain("checkout");
});
