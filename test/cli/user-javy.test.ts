/** `--javy`, JAVY, -C and -J at the command line: what is refused and said; and with a real javy, the same fuel. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { realJavy, tool } from "../support/user-tool.ts";

let folder: ReturnType<typeof folderWith>;
beforeEach(() => {
  folder = folderWith({ "app.js": "console.log(1);\n" });
});
afterEach(() => folder.remove());

/** No javy of this machine: only Node's folder is on PATH. */
const bare = { PATH: join(process.execPath, "..") };

test.each(["-C", "-J"])("%s without a javy", async (flag) => {
  const { code, stdout, stderr } = await javyProf(folder.path, ["app.js", flag, "dynamic"], { env: bare });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(`javy-prof: ${flag} is an option of javy, and no javy was found\n`);
  expect(stderr).toContain("looked at: --javy, the variable JAVY, PATH, node_modules/.bin\n");
});

test("a javy on PATH alone changes nothing: the embedded engine compiles", async () => {
  tool(folder.path, "node_modules/.bin/javy", 'throw new Error("was started");');
  const { code, stdout, stderr } = await javyProf(folder.path, ["app.js"], { env: bare });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "1\n" });
  expect(stderr).not.toContain("built by");
});

test("a module needs no javy", async () => {
  await javyProf(folder.path, ["build", "app.js"], { env: bare });
  const javy = tool(folder.path, "my-javy", 'throw new Error("was started");');
  const refused = await javyProf(folder.path, ["app.wasm", "--javy", javy], { env: bare });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("--javy is for JavaScript, and app.wasm is built already");
  const ran = await javyProf(folder.path, ["app.wasm"], { env: { ...bare, JAVY: javy } });
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: "1\n" });
});

test("what javy says is inert on the terminal", async () => {
  tool(
    folder.path,
    "my-javy",
    'console.error("\\x1b]0;title\\x07\\x1b[31mError: no\\u202e"); process.exitCode = 1;',
  );
  const env = { ...bare, JAVY: "./my-javy" };
  const { code, stderr } = await javyProf(folder.path, ["app.js"], { env });
  expect(code).toBe(2);
  expect(stderr).toContain("javy-prof: my-javy (JAVY) could not build app.js\n");
  expect(stderr).toContain("Error: no");
  expect(stderr).not.toMatch(/[\x1b\x07\u202e]/);
});

describe("doctor", () => {
  const javyLine = (text: string) => text.split("\n").find((line) => / javy {2,}/.test(line));

  test("finds none", async () => {
    const { stdout } = await javyProf(folder.path, ["doctor"], { env: bare });
    expect(javyLine(stdout)).toBe("ok    javy        none found, the embedded engine compiles app.js");
  });

  test("says version and place, relative to the folder", async () => {
    tool(folder.path, "node_modules/.bin/javy");
    const { code, stdout } = await javyProf(folder.path, ["doctor"], { env: bare });
    expect(code).toBe(0);
    expect(javyLine(stdout)).toBe(
      "ok    javy        javy 9.1.0, node_modules/.bin/javy (node_modules), used with -C or -J",
    );
  });

  test("says what run would refuse", async () => {
    const { code, stdout } = await javyProf(folder.path, ["doctor"], { env: { ...bare, JAVY: "gone/javy" } });
    expect(code).toBe(1);
    expect(javyLine(stdout)).toMatch(/^FAIL {2}javy {8}JAVY names gone\/javy: there is no such file/);
  });
});

describe.skipIf(realJavy === undefined)("a real javy (JAVY_PROF_TEST_JAVY)", () => {
  const recorded = JSON.parse(readFileSync(inRoot("fixtures/fuel.json"), "utf8")) as {
    programs: Record<string, { fuel: Record<string, number> }>;
  };
  const flags = ["-C", "dynamic", "-C", `plugin=${inRoot("plugin/plugin.wasm")}`];

  test.each(["fib", "mutual", "classes"])("%s costs what wasmtime counted", async (name) => {
    const program = inRoot(`fixtures/programs/${name}.js`);
    const args = [program, "--javy", realJavy!, ...flags, "--json"];
    const { code, stdout } = await javyProf(folder.path, args, { env: bare });
    expect(code).toBe(0);
    const { fuel } = JSON.parse(stdout) as { fuel: { total: number; comparable: boolean } };
    expect(fuel).toMatchObject({ total: recorded.programs[name]!.fuel["wasmtime-50"], comparable: true });
  });

  test("a static module, as javy builds without options, costs what wasmtime counted", async () => {
    const { modules } = JSON.parse(readFileSync(inRoot("fixtures/javy/fuel.json"), "utf8")) as {
      modules: Record<string, { exports: Record<string, { fuel: Record<string, number> }> }>;
    };
    const args = [inRoot("fixtures/javy/static.js"), "--javy", realJavy!, "--json"];
    const { code, stdout } = await javyProf(folder.path, args, { env: bare });
    expect(code).toBe(0);
    const { fuel, toolchain } = JSON.parse(stdout) as {
      fuel: { total: number };
      toolchain: { engine: string };
    };
    expect(toolchain.engine).toBe("static");
    expect(fuel.total).toBe(modules["static"]!.exports["_start"]!.fuel["wasmtime-50"]);
  });

  test("build writes the module that javy made", async () => {
    const args = ["build", "app.js", "-o", "out.wasm", "-C", "dynamic", "--plugin", flags[3]!.slice(7)];
    const { code, stderr } = await javyProf(folder.path, args, { env: { ...bare, JAVY: realJavy! } });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^wrote out\.wasm: [\d,]+ bytes, built by javy \S+.* \(JAVY\)\n$/);
    expect(existsSync(join(folder.path, "out.wasm"))).toBe(true);
  });
});
