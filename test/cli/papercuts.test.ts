/** Small things that a new user meets, each as it is typed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderWith, javyProf } from "../support/javy-prof.ts";

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "hello.js": 'console.log("hello");\n',
    "parse.js":
      "const b = new Uint8Array(9);\nconst n = Javy.IO.readSync(0, b);\nJSON.parse(new TextDecoder().decode(b.subarray(0, n)));\n",
    "open.js":
      "Javy.IO.writeSync(1, new TextEncoder().encode('out'));\nJavy.IO.writeSync(2, new TextEncoder().encode('err'));\n",
    "one.json": "1",
    "two.json": "22",
  });
});
afterAll(() => folder.remove());

const run = (args: string, stdin = "") => javyProf(folder.path, args.split(" "), { stdin });

test("a mistyped command is told, a program of that name is run", async () => {
  const { code, stderr } = await run("rum hello.js");
  expect([code, stderr]).toEqual([
    2,
    "javy-prof: there is no command rum, and no such file\n  did you mean: javy-prof run\n",
  ]);
  // far from any command: a file that is not there
  expect((await run("somewhere")).stderr).toMatch(/^javy-prof: .*somewhere.*: there is no such file\n/);
});

test("an input that is not there is told, where the program reads it", async () => {
  const note = "note: the program read its input and there was none: give it with -i";
  const [none, given, deaf] = await Promise.all([
    run("parse.js -o none.json"),
    run("parse.js -i one.json -o given.json"),
    run("hello.js -o deaf.json"),
  ]);
  expect(none.stderr).toContain(note);
  expect(given.stderr).not.toContain(note);
  expect(deaf.stderr).not.toContain(note);
});

test("-i - is this command's own stdin", async () => {
  const { code, stdout } = await run("parse.js -i - --json", "7 ");
  expect([code, JSON.parse(stdout).run.input.bytes]).toEqual([0, 2]);
});

test("a folder for the output is made, and nothing is written over a file", async () => {
  expect((await run("hello.js --out new/folder/p.speedscope.json")).code).toBe(0);
  expect(existsSync(join(folder.path, "new/folder/p.speedscope.json"))).toBe(true);
  const { code, stderr } = await run("hello.js --out-dir all --format speedscope,json");
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining("wrote all/hello.speedscope.json, all/hello.fuel.json "),
  ]);
  const file = await run("hello.js --out hello.js/p.json");
  expect(file.code).toBe(2);
  expect(file.stderr).toMatch(
    /cannot write the profile hello\.js\/p\.json: a file stands where a folder should be/,
  );
  expect((await run("hello.js --out a --out-dir b")).code).toBe(2);
});

test.runIf(existsSync("/proc/self"))(
  "a folder that cannot be made is said, and not tried for ever",
  async () => {
    const { code, stderr } = await run("hello.js --out /proc/none/p.json");
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("cannot write the profile /proc/none/p.json"),
    ]);
  },
);

test("a profile of another input is not replaced silently", async () => {
  const profile = (input: string, out: string) =>
    run(`parse.js -i ${input} -o ${out} --format ${out.endsWith("fuel.json") ? "json" : "speedscope"}`);
  for (const out of ["p.speedscope.json", "p.fuel.json"]) {
    const note = `note: ${out} was the profile of another input; --out or --out-dir keeps both\n`;
    expect((await profile("one.json", out)).stderr).not.toContain(note);
    expect((await profile("one.json", out)).stderr).not.toContain(note);
    expect((await profile("two.json", out)).stderr).toContain(note);
  }
});

test("output without an end of its line does not run into the summary", async () => {
  const { stdout, stderr } = await run("open.js");
  expect([stdout, stderr]).toEqual(["out", expect.stringMatching(/^err\nopen\.js {3}/)]);
});

test("examples fit the option", async () => {
  expect((await run("hello.js --top x")).stderr).toMatch(
    /--top takes a whole number, not "x"\n {2}examples: 0, 10, 500\n/,
  );
  expect((await run("hello.js --max-fuel x")).stderr).toContain("examples: 11000000, 11M, 500k\n");
});

test("the file of a profile says at its head of what it is", async () => {
  await run("hello.js -o head.speedscope.json");
  const head = readFileSync(join(folder.path, "head.speedscope.json"), "utf8").slice(0, 400);
  expect(head).toMatch(/"name": ?"hello\.js · [\d,]+ fuel \(wasmtime-50\)"/);
});

test("doctor speaks of Javy's versions, not of the engine's insides", async () => {
  const { code, stdout } = await run("doctor");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {4}app\.js {6}compiled by quickjs-ng 0\.15, as in Javy 8 and later$/m);
  expect(stdout).toMatch(/^ok {4}app\.ts {6}bundled by esbuild \d/m);
  expect(stdout).not.toMatch(/dispatch|targets|JS_CallInternal|sha256|namespace|bytecode version/);
  const { checks } = JSON.parse((await run("doctor --json")).stdout);
  expect(checks.find(({ name }: { name: string }) => name === "functions").details.targets).toBeGreaterThan(
    200,
  );
});

test("a syntax error shows its line", async () => {
  writeFileSync(join(folder.path, "wrong.js"), "const a = 1;\n  const b = a +* 2;\n");
  const { code, stderr } = await run("wrong.js");
  expect([code, stderr]).toEqual([
    2,
    "javy-prof: wrong.js:2:16: unexpected token in expression: '*'\n  const b = a +* 2;\n               ^\n",
  ]);
});
