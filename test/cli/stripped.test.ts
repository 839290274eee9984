/**
 * Modules without debug information (fixtures/stripped), by the command line: what they cost is what wasmtime counted,
 * and with their source at hand their profile has the lines of the same program's that was not stripped.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recognise } from "../../src/javy/module.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { ResultDocument } from "../../src/result/result.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { compileProgram } from "../support/plain.ts";
import { staticModule } from "../support/static-module.ts";

const fixture = (name: string) => readFileSync(inRoot(`fixtures/stripped/${name}`));
const recorded = JSON.parse(fixture("fuel.json").toString()) as {
  pluginSha256: string;
  modules: Record<
    string,
    { sha256: string; exit: string; stdoutSha256: string; fuel: Record<string, number> }
  >;
};
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const source = fixture("app.js").toString();
const payload = payloadOf(fixture("app.wasm"));

function payloadOf(bytes: Uint8Array): Uint8Array {
  const module = recognise(decodeModule(bytes));
  if (module.kind !== "dynamic" || module.payload === null) throw new Error("no dynamic module");
  return module.payload;
}

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "app.js": source,
    "edited.js": source.replace("amount * 1.5", "amount * amount").replace("n * 0.2", "n * 0.3"),
    "typo.js": `${source}const const = 1;\n`,
    // QuickJS without a program
    "foreign.wasm": staticModule(new Uint8Array([0]), null),
    "lines.wasm": staticModule(compileProgram(source), null),
    "static.wasm": staticModule(payload, source),
    "static-no-source.wasm": staticModule(payload, null),
    ...Object.fromEntries(["app.wasm", "no-source.wasm", "throw.wasm"].map((name) => [name, fixture(name)])),
  });
});
afterAll(() => folder.remove());

async function profile(name: string, ...options: string[]): Promise<ResultDocument> {
  const { stdout, stderr } = await javyProf(folder.path, ["run", name, "--json", "--quiet", ...options]);
  if (stdout === "") throw new Error(stderr);
  const result = JSON.parse(stdout) as ResultDocument;
  expect(brokenSums(result)).toEqual([]);
  return result;
}

/** All of a profile that its lines are in, but for what things cost; `name` is the program's. */
function shape(result: ResultDocument, name: string) {
  const { functions, lines, tree, files, pcs } = result;
  // the file of a module's code is called as its bytecode calls it
  const named = (text: string) => text.replace(name.replace(/.*\.wasm$/, "function.mjs"), "program");
  return {
    files: files.map(named),
    functions: functions.map(({ name, kind, file, line, column, calls, resumes }) => ({
      ...{ name: named(name), kind, file, line, column, calls, resumes },
    })),
    lines: lines.map(({ file, line, hits }) => ({ file, line, hits })),
    tree: tree.map(({ parent, function: id, callLine, calls }) => ({ parent, id, callLine, calls })),
    pcs: pcs.map(({ function: id, offset, file, line, hits }) => ({ id, offset, file, line, hits })),
  };
}

/** What the engine itself counted, place by place. */
const costs = ({ fuel, phases, pcs, functions }: ResultDocument) => ({
  ...{ fuel, phases },
  pcs: pcs.map(({ function: id, offset, fuel: cost, hits }) => ({ id, offset, cost, hits })),
  functions: functions.map(({ self, total, calls }) => ({ self, total, calls })),
});

const codes = ({ warnings }: ResultDocument) => warnings.map(({ code }) => code);

describe("the record", () => {
  test("is of the embedded plugin and of these modules", () => {
    const { sha256: embedded } = JSON.parse(readFileSync(inRoot("plugin/plugin.json"), "utf8")) as {
      sha256: string;
    };
    expect(recorded.pluginSha256).toBe(embedded);
    const modules = readdirSync(inRoot("fixtures/stripped")).filter((name) => name.endsWith(".wasm"));
    expect(Object.keys(recorded.modules).map((name) => `${name}.wasm`)).toEqual(modules.sort());
  });

  test.each(Object.entries(recorded.modules))("says what %s costs", async (name, record) => {
    expect(sha256(fixture(`${name}.wasm`))).toBe(record.sha256);
    for (const [model, fuel] of Object.entries(record.fuel)) {
      const result = await profile(`${name}.wasm`, "--fuel-model", model);
      expect(result.fuel, model).toMatchObject({ total: fuel, comparable: true });
      expect(sha256(result.run.stdout)).toBe(record.stdoutSha256);
    }
  });
});

describe("with the source in the module", () => {
  test("the profile is that of the program that was not stripped, line by line", async () => {
    const [whole, carried] = await Promise.all([profile("app.js"), profile("app.wasm")]);
    expect(shape(carried, "app.wasm")).toEqual(shape(whole, "app.js"));
    expect(carried.lines.length).toBeGreaterThan(30);
    expect(codes(whole)).toEqual([]);
    expect(carried.warnings).toEqual([
      {
        code: "lines-carried",
        message: expect.stringMatching(/20 of 20 functions are from javy_source, compiled by the plugin /),
      },
    ]);
    // The heap is another one without debug information, and with it what some allocations cost: a few percent.
    for (const [id, { name, kind, self }] of whole.functions.entries()) {
      const difference = Math.abs(self - carried.functions[id]!.self);
      if (kind === "js") expect(difference / self, name).toBeLessThan(0.05);
    }
  });

  test("nothing but names and lines depends on the source", async () => {
    const [carried, bare] = await Promise.all([profile("app.wasm"), profile("no-source.wasm")]);
    expect(costs(carried)).toEqual(costs(bare));
  });

  test("it works in a static module, which the embedded engine compiles for", async () => {
    const [whole, carried] = await Promise.all([
      profile("lines.wasm", "--source", "app.js"),
      profile("static.wasm"),
    ]);
    expect(codes(whole)).toEqual([]);
    expect(shape(carried, "static.wasm")).toEqual(shape(whole, "lines.wasm"));
    expect(carried.warnings[0]!.message).toContain("compiled by the embedded engine");
  });

  test("an uncaught exception says where it left each function", async () => {
    const { run, files } = await profile("throw.wasm");
    expect(run.exit.kind).toBe("throw");
    expect(run.exit.stack).toEqual([
      { function: "guarded", file: 0, line: 27, column: 5 },
      { function: "checkout", file: 0, line: 33, column: 10 },
      { function: "(module function.mjs)", file: 0, line: 37, column: 13 },
    ]);
    expect(files).toEqual(["function.mjs"]);
  });
});

describe("with --source", () => {
  test("a module without its source has the same lines", async () => {
    const [own, given] = await Promise.all([
      profile("app.wasm"),
      profile("no-source.wasm", "--source", "app.js"),
    ]);
    expect(shape(given, "no-source.wasm")).toEqual(shape(own, "app.wasm"));
    expect(codes(given)).toEqual(["lines-carried"]);
    expect(given.warnings[0]!.message).toContain("20 of 20 functions are from app.js");
  });

  test("a static module too, with the plugin that is to compile", async () => {
    const plugin = inRoot("plugin/plugin.wasm");
    const [own, given] = await Promise.all([
      profile("static.wasm"),
      profile("static-no-source.wasm", "--source", "app.js", "--plugin", plugin),
    ]);
    expect(shape(given, "static-no-source.wasm")).toEqual(shape(own, "static.wasm"));
    expect(given.warnings[0]!.message).toContain("compiled by the plugin javy-prof-plugin-v1");
  });

  test("an edited source gives lines to what it did not change, and says what has none", async () => {
    const result = await profile("no-source.wasm", "--source", "edited.js");
    expect(codes(result)).toEqual(["lines-carried", "lines-missing"]);
    const lost = result.functions.filter(({ kind, line }) => kind === "js" && line === null);
    // an initializer has no line in any program
    const names = lost.map(({ name }) => name).filter((name) => name !== "Account.<instance initializer>");
    expect(names).toEqual(["Account.deposit", expect.stringMatching(/^fn#11@0x[0-9a-f]+$/)]);
    const [carried, missing] = result.warnings.map(({ message }) => message);
    expect(carried).toContain("those of 18 of 20 functions are from edited.js");
    expect(missing).toContain(`the source has other code for ${names.join(", ")}`);
    const lines = new Map(result.functions.map(({ name, line }) => [name, line]));
    expect(lines.get("fold")).toBe(37);
  });

  test("a source that does not compile gives none", async () => {
    const result = await profile("no-source.wasm", "--source", "typo.js");
    expect(result.warnings).toEqual([
      { code: "lines-missing", message: expect.stringContaining("typo.js was not compiled: ") },
    ]);
  });
});

describe.each(["bellard2021", "bellard2023", "bellard2024"])("stripped by %s itself", (engine) => {
  const plugin = inRoot(`fixtures/engines/${engine}/plugin.wasm`);
  const program = `function price(item, rate) { var cents = item.cents; return cents * rate; }
function total(items) {
  return items.map((item) => price(item, 0.5))
    .reduce((sum, one) => sum + one, 0);
}
class Cart { add(item) { this.items = [item]; return this; } get size() { return this.items.length; } }
var cart = new Cart().add({ cents: 4 });
console.log(total(cart.items), cart.size);
`;

  /** The program without lines, arguments' and variables' names: that engine obeys a directive. */
  async function build(): Promise<ReturnType<typeof folderWith>> {
    const made = folderWith({ "whole.js": program, "strip.js": `"use strip"; ${program}` });
    for (const name of ["whole", "strip"]) {
      const args = ["build", `${name}.js`, "--plugin", plugin, "-o", `${name}.wasm`];
      expect((await javyProf(made.path, args)).code).toBe(0);
    }
    return made;
  }

  test("with its source compiled by its plugin, it has the lines of the whole one", async () => {
    const made = await build();
    const result = async (...args: string[]) => {
      const { stdout } = await javyProf(made.path, ["run", ...args, "--plugin", plugin, "--json", "--quiet"]);
      return JSON.parse(stdout) as ResultDocument;
    };
    try {
      const whole = await result("whole.wasm");
      const carried = await result("strip.wasm", "--source", "whole.js");
      expect(codes(carried)).toEqual(["lines-carried"]);
      expect(carried.warnings[0]!.message).toContain("8 of 8 functions are from whole.js");
      expect(shape(carried, "strip.wasm")).toEqual(shape(whole, "whole.wasm"));
      // the directive is in the source that it carries
      const own = await result("strip.wasm");
      expect(own.warnings).toEqual([
        { code: "lines-missing", message: expect.stringContaining("leaves debug information out itself") },
      ]);
      expect(own.lines).toEqual([]);
    } finally {
      made.remove();
    }
  });
});

describe("without any source", () => {
  test("names are stable, and the result says why there are no lines", async () => {
    const [first, second] = await Promise.all([profile("no-source.wasm"), profile("no-source.wasm")]);
    expect(first).toEqual(second);
    expect(first.lines).toEqual([]);
    expect(first.files).toEqual([]);
    const names = first.functions.filter(({ kind }) => kind === "js").map(({ name }) => name);
    expect(names).toContain("Account.deposit");
    expect(names.filter((name) => name.startsWith("fn#"))).toHaveLength(4);
    for (const name of names.filter((name) => /#\d/.test(name)))
      expect(name).toMatch(/^(\w+ callback )?fn#\d+@0x[0-9a-f]+$/);
    expect(first.warnings).toEqual([
      { code: "lines-missing", message: expect.stringContaining("give it with --source <file>") },
    ]);
    expect(codes(await profile("static-no-source.wasm"))).toEqual(["lines-missing"]);
  });
});

test("a module with lines of its own keeps them where the source has other code", async () => {
  const [own, given] = await Promise.all([
    profile("lines.wasm"),
    profile("lines.wasm", "--source", "edited.js", "--plugin", "no plugin at all"),
  ]);
  expect(costs(given)).toEqual(costs(own));
  expect(given.warnings).toEqual(own.warnings);
  const linesOf = ({ functions, pcs }: ResultDocument, name: string) => {
    const id = functions.find((row) => row.name === name)!.id;
    return pcs.filter((row) => row.function === id).map(({ offset, line }) => [offset, line]);
  };
  expect(linesOf(given, "Account.deposit")).toEqual(linesOf(own, "Account.deposit"));
  expect(linesOf(given, "fold")).not.toEqual(linesOf(own, "fold"));
});

describe("where a source is of no use, it is refused", () => {
  test.each([
    ["a module without bytecode", ["foreign.wasm", "--source", "app.js"], /no bytecode that a source/],
    ["JavaScript", ["app.js", "--source", "app.js"], /is source itself/],
    ["WebAssembly frames", ["app.wasm", "--source", "app.js", "--frames", "wasm"], /--frames wasm/],
    ["a file that is not there", ["app.wasm", "--source", "gone.js"], /gone\.js/],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await javyProf(folder.path, ["run", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  test("the source is not written over", async () => {
    const args = ["run", "app.wasm", "--source", "app.js", "-o", "app.js"];
    expect((await javyProf(folder.path, args)).code).toBe(2);
    expect(readFileSync(join(folder.path, "app.js"), "utf8")).toBe(source);
  });
});
