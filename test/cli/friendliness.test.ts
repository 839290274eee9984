/** What every run promises, as a user meets it: by the command line. */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { runPlain } from "../support/plain.ts";

const { fixtureInput } = (await import(new URL("../../scripts/fixture-input.js", import.meta.url).href)) as {
  fixtureInput: (name: string) => Buffer<ArrayBuffer>;
};
const program = (name: string) => inRoot(`fixtures/programs/${name}.js`);

const hello = 'console.log("hello");\n';
const failing = `function inner(n) {
  if (n > 2) throw new Error("too much");
  return inner(n + 1);
}
inner(0);
`;

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({ "hello.js": hello, "failing.js": failing });
});
afterAll(() => folder.remove());

test("1: without a config it works and says where to look next", async () => {
  const { code, stdout, stderr } = await javyProf(folder.path, ["hello.js"]);
  expect(code).toBe(0);
  expect(stdout).toBe("hello\n");
  expect(stderr).toMatch(/wrote hello\.speedscope\.json +look: javy-prof view +more: --by opcode\n$/);
  expect(readdirSync(folder.path)).toContain("hello.speedscope.json");
});

describe("2: the guest owns stdout", () => {
  test.each(["cart", "output", "throw"])("%s", async (name) => {
    const stdin = fixtureInput(name);
    copyFileSync(program(name), join(folder.path, `${name}.js`));
    const { outcome } = runPlain(readFileSync(program(name), "utf8"), stdin);
    const plain = Buffer.from(outcome.stdout.head).toString();
    expect(outcome.stdout.bytes, "the whole output is kept").toBe(outcome.stdout.head.length);
    const [piped, quiet, json] = await Promise.all([
      javyProf(folder.path, [`${name}.js`], { stdin }),
      javyProf(folder.path, [`${name}.js`, "--quiet", "--frames", "engine"], { stdin }),
      javyProf(folder.path, [`${name}.js`, "--json"], { stdin }),
    ]);
    expect(piped.stdout).toBe(plain);
    expect(quiet.stdout).toBe(plain);
    // One document, and the output inside it.
    const result = JSON.parse(json.stdout) as Result;
    expect(result.run.stdout).toBe(plain);
    expect(result.run.stderr).toBe(Buffer.from(outcome.stderr.head).toString());
  });

  test("a profile on stdout is alone there", async () => {
    const args = ["hello.js", "--out", "-", "--format", "json"];
    const { stdout, stderr } = await javyProf(folder.path, args);
    expect((JSON.parse(stdout) as Result).run.stdout).toBe("hello\n");
    expect(stderr).toMatch(/^hello\n/);
  });
});

describe("3: the sums hold, with engine frames too", () => {
  test.each(["async", "classes", "exceptions", "throw-value"])("%s", async (name) => {
    copyFileSync(program(name), join(folder.path, `${name}.js`));
    const args = [`${name}.js`, "--json", "--events", "--frames"];
    const runs = await Promise.all(
      ["builtin", "engine"].map((frames) => javyProf(folder.path, [...args, frames])),
    );
    const [js, engine] = runs.map(({ stdout }) => JSON.parse(stdout) as Result) as [Result, Result];
    expect(brokenSums(js)).toEqual([]);
    expect(brokenSums(engine)).toEqual([]);
    // Frames are a way to look at a run: they change neither what it costs nor what the lines cost.
    expect(engine.fuel).toEqual(js.fuel);
    expect(engine.phases).toEqual(js.phases);
    expect(engine.lines).toEqual(js.lines);
    expect(engine.opcodes).toEqual(js.opcodes);
  });
});

describe("6: after a failure the profile is written and the stack is printed", () => {
  test.each([
    ["throw", failing, [], 3, "uncaught exception: Error: too much", "inner (app.js:2:"],
    [
      "throw of a value",
      "function f() {\n  throw 7;\n}\nf();\n",
      [],
      3,
      "uncaught exception: 7",
      "f (app.js:2:",
    ],
    ["trap", "function f() {\n  return 1 + f();\n}\nf();\n", [], 3, "the guest trapped", "f (app.js:2:"],
    [
      "fuel",
      "function f() {\n  for (let i = 0; ; ) i += 1;\n}\nf();\n",
      ["--max-fuel", "1M"],
      1,
      "stopped at the fuel",
      "f (app.js:2:",
    ],
  ] as const)("%s", async (_, source, args, exit, message, frame) => {
    const { path, remove } = folderWith({ "app.js": source });
    try {
      for (const more of [[], ["--quiet"], ["--json"]]) {
        const { code, stderr } = await javyProf(path, ["app.js", ...args, ...more]);
        expect(code).toBe(exit);
        expect(stderr).toContain(`\n${message}`.slice(stderr.startsWith(message) ? 1 : 0));
        expect(stderr).toContain(`    at ${frame}`);
        const profile = readFileSync(join(path, "app.speedscope.json"), "utf8");
        expect(JSON.parse(profile)).toHaveProperty("profiles");
      }
    } finally {
      remove();
    }
  });
});

test("7: of an unknown module it says what was found and what is supported", async () => {
  // The smallest module there is.
  const { path, remove } = folderWith({ "other.wasm": Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) });
  try {
    const { code, stdout, stderr } = await javyProf(path, ["other.wasm"]);
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(stderr).toContain("found: no br_table at all");
    expect(stderr).toContain("looked for: ");
    expect(stderr).toContain("--frames wasm");
  } finally {
    remove();
  }
});

describe("8: the same run twice gives the same bytes", () => {
  test.each(["cart", "generators", "throw"])("%s", async (name) => {
    const stdin = fixtureInput(name);
    const runs = ["a", "longer-name"].map(async () => {
      const { path, remove } = folderWith({});
      try {
        copyFileSync(program(name), join(path, `${name}.js`));
        const formats = "speedscope,json,cpuprofile,folded";
        const ended = await javyProf(path, [`${name}.js`, "--format", formats, "--events"], { stdin });
        const files = readdirSync(path).filter((file) => !file.endsWith(".js"));
        const contents = files.map((file) => [file, readFileSync(join(path, file), "utf8")] as const);
        for (const [file, text] of contents) expect(text, file).not.toContain(path);
        return { ended, contents };
      } finally {
        remove();
      }
    });
    const [first, second] = await Promise.all(runs);
    expect(first!.contents).toHaveLength(4);
    expect(second).toEqual(first);
  });

  test("random numbers and the time are the same too, unless the real time is asked for", async () => {
    const source = "console.log(Math.random(), Date.now(), new Date().toISOString());\n";
    const { path, remove } = folderWith({ "app.js": source });
    try {
      const run = async (...args: string[]) => (await javyProf(path, ["app.js", "--quiet", ...args])).stdout;
      const [first, second, real] = await Promise.all([run(), run(), run("--real-clock")]);
      expect(second).toBe(first);
      expect(first).toContain("2026-01-01T00:00:00.000Z");
      expect(real).not.toContain("2026-01-01T00:00:00.000Z");
      // Javy seeds Math.random from the clock.
      expect(real!.split(" ")[0]).not.toBe(first!.split(" ")[0]);
    } finally {
      remove();
    }
  });
});

test("10: hostile names are inert on the terminal and survive every format", async () => {
  const names = [
    "a b;c",
    "\x1b[31mred",
    '<script>alert("x")</script>',
    "\u202eback",
    "two\nlines",
    "q'\"\\`",
  ];
  const source = `const o = {\n${names.map((name) => `  ${JSON.stringify(name)}() {},`).join("\n")}\n};\nfor (const f of Object.values(o)) f();\n`;
  const { path, remove } = folderWith({ "<b>; it's.js": source });
  try {
    const args = [
      "<b>; it's.js",
      "--format",
      "speedscope,json,cpuprofile,folded",
      "--by",
      "function,line",
      "--frames",
      "js",
    ];
    const { code, stderr } = await javyProf(path, args);
    expect(code).toBe(0);
    expect(stderr.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    const read = (extension: string) => readFileSync(join(path, `<b>; it's${extension}`), "utf8");
    for (const extension of [".speedscope.json", ".fuel.json", ".cpuprofile", ".folded"])
      expect(read(extension).replaceAll("\n", ""), extension).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    const result = JSON.parse(read(".fuel.json")) as Result;
    expect(result.functions.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    // One line a stack, its cost behind the last space, however the functions are called.
    const lines = read(".folded").trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^[^;]+(;[^;]+)* \d+$/);
    expect(lines.filter((line) => line.split(";").length === 2)).toHaveLength(names.length);
  } finally {
    remove();
  }
});

test("colour only where it is asked for", async () => {
  const run = (env: Record<string, string>) => javyProf(folder.path, ["hello.js"], { env });
  const [plain, forced, both] = await Promise.all([
    run({}),
    run({ FORCE_COLOR: "1" }),
    // Node.js 22 and later warn of the two together, in words of their own.
    run({ FORCE_COLOR: "1", NO_COLOR: "1", NODE_NO_WARNINGS: "1" }),
  ]);
  expect(plain.stderr).not.toContain("\x1b");
  expect(forced.stderr).toContain("\x1b[");
  expect(both.stderr).toBe(plain.stderr);
});
