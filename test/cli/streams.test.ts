/** The streams between the guest and the world: empty, large, never closed, closed early, not there. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const files = {
  "echo.js": `const buffer = new Uint8Array(70_000);
for (let n; (n = Javy.IO.readSync(0, buffer)) > 0; ) Javy.IO.writeSync(1, buffer.subarray(0, n));
`,
  "app.js": "console.log(1);\n",
  "endless.js": 'function spin() {\n  for (;;) console.log("x");\n}\nspin();\n',
  "shout.js": 'for (;;) console.error("x");\n',
  "deaf.js": 'console.log("done");\n',
  "lines.js": 'for (let i = 0; i < 20000; i++) console.log("line " + i);\n',
  "both.js": 'console.log("out");\nconsole.error("err");\n',
  "my app é.mjs": "console.log(1);\n",
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith(files);
});
afterAll(() => folder.remove());

const cli = [process.execPath, inRoot("dist/cli.js")].map((word) => `'${word}'`).join(" ");
const shell = (command: string) =>
  spawnSync("bash", ["-c", `set -o pipefail; ${command.replaceAll("javy-prof", cli)}`], {
    cwd: folder.path,
    // not started by npm
    env: { ...process.env, npm_command: undefined, npm_lifecycle_event: undefined },
    encoding: "utf8",
    timeout: 60_000,
  });

test("an empty stdin", async () => {
  const { code, stdout } = await javyProf(folder.path, ["echo.js", "--quiet"]);
  expect([code, stdout]).toEqual([0, ""]);
});

test("a megabyte, in and out", async () => {
  const text = "0123456789abcdef".repeat(65536);
  const { code, stdout } = await javyProf(folder.path, ["echo.js", "--quiet"], { stdin: text });
  expect(code).toBe(0);
  expect(stdout === text).toBe(true);
});

test("bytes that are no text pass unchanged, and the result says how many", async () => {
  const bytes = Buffer.from([...Array(256).keys()]);
  const child = spawn(process.execPath, [inRoot("dist/cli.js"), "echo.js", "--quiet"], { cwd: folder.path });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stdin.end(bytes);
  await new Promise((resolve) => child.on("close", resolve));
  expect(Buffer.concat(output)).toEqual(bytes);
  const { stdout } = await javyProf(folder.path, ["echo.js", "--json"], { stdin: bytes });
  const { run } = JSON.parse(stdout) as Result;
  expect([run.input.bytes, run.stdoutBytes]).toEqual([256, 256]);
});

test("a file, also where it was read by others before, and by a program that is too long to be tried", async () => {
  const longer = "for (let i = 0; i < 3e6; i++);\n";
  writeFileSync(join(folder.path, "echo-long.js"), `${longer}${files["echo.js"]}`);
  writeFileSync(join(folder.path, "lines.txt"), "first\nsecond\n");
  for (const name of ["echo.js", "echo-long.js"]) {
    const { status, stdout } = shell(`(read line; javy-prof ${name} --quiet) < lines.txt`);
    expect([name, status, stdout]).toEqual([name, 0, "second\n"]);
  }
});

test("a reader that is slow gets everything once, of both streams", () => {
  const lines =
    'for (let i = 0; i < 40; i++) console.log((i + " ").padEnd(9999, "x"));\nconsole.error("end");\n';
  writeFileSync(join(folder.path, "slow.js"), lines);
  const expected = Array.from({ length: 40 }, (_, i) => `${`${i} `.padEnd(9999, "x")}\n`).join("");
  const { status, stdout, stderr } = shell("javy-prof slow.js --quiet | (sleep 2; cat)");
  expect([status, stdout === expected, stderr]).toEqual([0, true, "end\n"]);
});

test("a stdin larger than a guest's memory can be is refused before it is read", async () => {
  // no bytes on the disk: the file is one hole
  const file = join(folder.path, "large");
  writeFileSync(file, "");
  truncateSync(file, 2 ** 32 + 1);
  const { code, stderr } = await javyProf(folder.path, ["echo.js"], { stdin: { file } });
  expect(code).toBe(2);
  expect(stderr).toContain("stdin has more than 4,294,967,296 bytes");
  // who does not read it does not mind
  expect((await javyProf(folder.path, ["deaf.js", "--quiet"], { stdin: { file } })).code).toBe(0);
});

test("a pipe that nobody closes does not hang a guest that does not read", async () => {
  const { code, stdout } = await javyProf(folder.path, ["deaf.js", "--quiet"], { stdin: "open" });
  expect([code, stdout]).toEqual([0, "done\n"]);
});

describe("a reader that goes away", () => {
  test("ends a command that only prints, in silence", () => {
    const { status, stdout, stderr } = shell("javy-prof lines.js --json --quiet | head -1");
    expect([status, stdout.split("\n").length, stderr]).toEqual([0, 2, ""]);
  });

  test("stops a guest that would go on for ever as Ctrl-C does: summary and profile are there", () => {
    const { status, stdout, stderr } = shell("javy-prof endless.js | head -1");
    expect([status, stdout]).toEqual([130, "x\n"]);
    expect(stderr).toMatch(/^endless\.js +[\d,]+ fuel/);
    expect(stderr).toMatch(
      /\ninterrupted: stdout was closed\n {4}at spin \(endless\.js:2:\d+\) {2}for .*\n( {4}at .*\n)*wrote endless\.speedscope\.json/,
    );
    expect(readFileSync(join(folder.path, "endless.speedscope.json"), "utf8")).toContain("spin");
  });

  test("is said with --quiet too, and is one line where there is no JavaScript stack", () => {
    const { status, stdout, stderr } = shell("javy-prof lines.js --quiet | head -1");
    expect([status, stdout]).toEqual([130, "line 0\n"]);
    expect(stderr).toMatch(/^interrupted: stdout was closed\n( {4}at .*\n)*$/);
  });

  test("stops the guest by its stderr too", () => {
    const { status, stdout } = shell("javy-prof shout.js --quiet 2>&1 | head -1");
    expect([status, stdout]).toEqual([130, "x\n"]);
  });

  test("stops a guest under a monitor: the report is of what it did", () => {
    const { status, stdout, stderr } = shell("javy-prof monitor calls endless.js | head -1");
    expect([status, stdout]).toEqual([130, "x\n"]);
    expect(stderr).toMatch(
      /wasm:func:entry: .*\n[\s\S]*did not come to its end \(interrupted: stdout was closed\)/,
    );
  });

  test("the profile says so", () => {
    const { status } = shell("javy-prof endless.js --quiet --format json -o end.json | head -1");
    const { exit } = (JSON.parse(readFileSync(join(folder.path, "end.json"), "utf8")) as Result).run;
    expect([status, exit.kind, exit.message]).toEqual([130, "interrupted", "stdout was closed"]);
  });
});

describe("a stream that cannot be written is one line, exit 2", () => {
  const full = "javy-prof: cannot write to stdout: the disk is full (ENOSPC)\n";
  test.each([
    ...["--help", "--version", "run --help", "info app.js", "doctor", "disasm app.js"].map((line) => [
      line,
      full,
    ]),
    ["app.js --json --quiet", full],
    ["app.js --quiet -o -", `1\n${full}`],
    ["missing.js --json", `javy-prof: cannot read the program missing.js: there is no such file\n${full}`],
  ])("stdout of %s", (line, said) => {
    const { status, stderr } = shell(`javy-prof ${line} > /dev/full`);
    expect([status, stderr]).toEqual([2, said]);
  });

  test("stdout of a guest: what was counted until then is kept", () => {
    const { status, stderr } = shell("javy-prof app.js --quiet -o full.json > /dev/full");
    expect(stderr).toMatch(
      /^interrupted: stdout took no more: the disk is full \(ENOSPC\)\n( {4}at .*\n)*javy-prof: cannot write the guest's output to stdout: the disk is full \(ENOSPC\)\n$/,
    );
    expect(status).toBe(2);
    expect(readFileSync(join(folder.path, "full.json"), "utf8")).toContain("(module app.js)");
  });

  test("stdout of a guest under a monitor", () => {
    const { status, stderr } = shell("javy-prof monitor calls app.js > /dev/full");
    expect(stderr).toMatch(
      /\njavy-prof: cannot write the guest's output to stdout: the disk is full \(ENOSPC\)\n$/,
    );
    expect(status).toBe(2);
  });

  test.each(["app.js", "build app.js", "--unknown", "missing.js", "export missing.json --format folded"])(
    "stderr of %s, which can say nothing",
    (line) => {
      const { status, stderr } = shell(`javy-prof ${line} 2> /dev/full`);
      expect([status, stderr]).toEqual([2, ""]);
    },
  );
});

test.each(["<&-", ">&-", "2>&-"])("a closed descriptor: %s", (closed) => {
  const { status, stdout } = shell(`javy-prof both.js ${closed}`);
  expect(status).toBe(0);
  expect(stdout).toBe(closed === ">&-" ? "" : "out\n");
});

test("stdout and stderr of the guest stay apart; the summary goes behind its stderr", async () => {
  const { stdout, stderr } = await javyProf(folder.path, ["both.js"]);
  expect(stdout).toBe("out\n");
  expect(stderr).toMatch(/^err\nboth\.js +[\d,]+ fuel/);
});

test("names with spaces and letters beyond ASCII, from another folder", () => {
  const { status, stderr, stdout } = shell("mkdir -p sub && cd sub && javy-prof '../my app é.mjs' && ls");
  expect(status).toBe(0);
  expect(stdout).toBe("1\nmy app é.speedscope.json\n");
  expect(stderr).toMatch(/wrote my app é\.speedscope\.json {3}look: node \S+\/dist\/cli\.js view {3}/);
});

test("what stands behind -- is the guest's", async () => {
  const { code, stdout } = await javyProf(folder.path, ["deaf.js", "--quiet", "--", "--top", "x", "-h"]);
  expect([code, stdout]).toEqual([0, "done\n"]);
});
