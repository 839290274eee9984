/** The streams between the guest and the world: empty, large, never closed, closed early, not there. */
import { spawn, spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const files = {
  "echo.js": `const buffer = new Uint8Array(70_000);
for (let n; (n = Javy.IO.readSync(0, buffer)) > 0; ) Javy.IO.writeSync(1, buffer.subarray(0, n));
`,
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

test.each(["javy-prof lines.js --quiet", "javy-prof lines.js --json --quiet"])("%s | head -1", (command) => {
  const { status, stdout, stderr } = shell(`${command} | head -1`);
  expect(stdout.split("\n")).toHaveLength(2);
  expect(stderr).toBe("");
  expect(status).toBe(0);
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
  expect(stderr).toContain("next: javy-prof view 'my app é.speedscope.json'\n");
});

test("what stands behind -- is the guest's", async () => {
  const { code, stdout } = await javyProf(folder.path, ["deaf.js", "--quiet", "--", "--top", "x", "-h"]);
  expect([code, stdout]).toEqual([0, "done\n"]);
});
