/** The examples in the help work as they are typed, one after the other, in a folder with the files that they name. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const folder = folderWith({
  "app.js": "console.log([3, 1, 2].sort().join());\n",
  "app.ts":
    "const sum = (items: number[]): number => items.reduce((a, b) => a + b, 0);\nconsole.log(sum([1, 2]));\n",
  "input.json": '{"lines":[{"n":1}]}',
});
afterAll(() => folder.remove());

/** Commands in an order in which each finds what it reads; and what is made before. */
const prepared: Readonly<Record<string, readonly string[]>> = {
  build: [],
  run: [],
  view: [],
  export: ["run app.js --format json --quiet"],
  info: [],
  disasm: [],
  init: [],
  scale: [],
  snapshot: [],
  check: [],
  report: [],
  diff: [
    "run app.js --format json -o base.fuel.json --quiet",
    "run app.js --format json -o head.fuel.json --quiet",
  ],
  monitor: [],
  instrument: [],
  doctor: [],
  completion: [],
};

const run = (line: string) => javyProf(folder.path, line.split(" "), { env: { CI: "1" } });

test("all of them", async () => {
  const { stdout } = await run("--help");
  const listed = [...stdout.matchAll(/^ {2}(\w+)(?: \[| <|$| {2})/gm)].map((match) => match[1]!);
  expect(listed.filter((name) => name !== "help").sort()).toEqual(Object.keys(prepared).sort());
  for (const [command, before] of Object.entries(prepared)) {
    for (const line of before) expect((await run(line)).code, line).toBe(0);
    const { stdout: help } = await run(`${command} --help`);
    const examples = [...help.matchAll(/^ {2}javy-prof (.*)$/gm)].map((match) => match[1]!);
    expect(examples.length, command).toBeGreaterThan(0);
    for (const example of examples) {
      // it serves until it is ended
      if (command === "view") {
        expect(help).toContain("--no-open");
        continue;
      }
      const ended = await run(example);
      expect(ended.code, `${example}: ${ended.stderr}`).toBe(0);
      if (example === "check --tolerance 0.5% --format junit -o fuel.xml")
        expect(readFileSync(join(folder.path, "fuel.xml"), "utf8")).toContain("<testsuite");
    }
    if (command === "check")
      writeFileSync(join(folder.path, "check.json"), (await run("check --json")).stdout);
  }
}, 240_000);
