/** What is too large for a text, for V8 or for a number: one clear message each, no bug of ours and no abort. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { entry } from "../../src/wasm/encode.ts";
import { assemble } from "../support/binaryen.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const latin = (text: string) => Buffer.from(text, "latin1");
const sized = (...parts: readonly Uint8Array[]) => entry((w) => w.sized(Buffer.concat(parts)));
const section = (id: number, ...parts: readonly Uint8Array[]) =>
  Buffer.concat([Uint8Array.of(id), sized(...parts)]);

/** (module (func (export "_start") …)) with the body as it is, locals first, and sections behind it. */
const moduleOf = (body: Uint8Array, ...more: readonly Uint8Array[]) =>
  Buffer.concat([
    latin("\0asm\x01\0\0\0"),
    section(1, latin("\x01\x60\0\0")),
    section(3, latin("\x01\0")),
    section(7, latin("\x01\x06_start\0\0")),
    section(10, latin("\x01"), sized(body)),
    ...more,
  ]);
const repeated = (piece: string, bytes: number) =>
  Buffer.alloc(bytes - (bytes % piece.length), piece, "latin1");

/** (loop (br_if 0 (i32.const 0))): what goes round is counted in a local. */
const loop = latin("\x03\x40\x41\0\x0d\0\x0b\x0b");

const iovec = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 2200000000))";
const wide = assemble(`(module
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 33600)
  (func (export "_start") ${iovec} (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`).bytes;

const files = {
  "app.js": "console.log(1);\n",
  "lineless.wasm": moduleOf(latin("\0\x0b")),
  "locals.wasm": moduleOf(Buffer.concat([latin("\x01"), entry((w) => w.leb(50_000)), latin("\x7f"), loop])),
  // (if (i32.const 0) (then (drop (i32.const 0)))): each is to be counted
  "body.wasm": moduleOf(
    Buffer.concat([latin("\0"), repeated("\x41\0\x04\x40\x41\0\x1a\x0b", 7_000_000), latin("\x0b")]),
  ),
  // a loop over a hundred thousand nops
  "nops.wasm": moduleOf(
    Buffer.concat([latin("\0\x03\x40"), repeated("\x01", 100_000), latin("\x0c\0\x0b\x0b")]),
  ),
  "nops.json": '{"base":"wasmtime-48","cost":{"nop":1000000}}',
  "name.wasm": moduleOf(
    latin("\0\x0b"),
    section(
      0,
      latin("\x04name\x01"),
      sized(
        latin("\x01\0"),
        entry((w) => w.name("é".repeat(5_000_000))),
      ),
    ),
  ),
  "wide.wasm": wide,
  "text.json": "",
  "text.js": "",
  "all.bin": "",
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith(files);
  // sparse: they take no room, and nobody gets to read them
  for (const name of ["text.json", "text.js"]) truncateSync(join(folder.path, name), 600_000_000);
  truncateSync(join(folder.path, "all.bin"), 3_000_000_000);
});
afterAll(() => folder.remove());

describe("files", () => {
  test.each([
    ["view text.json", "the profile text.json"],
    ["export text.json --format folded", "the result text.json"],
    ["disasm app.js text.json", "the result text.json"],
    ["app.js --fuel-model text.json", "the cost table text.json"],
    ["lineless.wasm --source text.js", "the source text.js"],
    ["monitor text.json app.js", "the script text.json"],
    ["app.js -i all.bin", "the input all.bin"],
    ["app.js --plugin all.bin", "the plugin all.bin"],
    ["all.bin", "the program all.bin"],
  ])("%s", async (line, what) => {
    const { code, stdout, stderr } = await javyProf(folder.path, line.split(" "));
    const [bytes, most] = what.endsWith("all.bin")
      ? ["3,000,000,000", "2,147,483,647"]
      : ["600,000,000", "5\\d\\d,\\d+,\\d+"];
    expect(stderr).toMatch(
      new RegExp(
        `^javy-prof: cannot read ${what}: it is too large\\n  it has ${bytes} bytes; at most ${most} can be read\\n$`,
      ),
    );
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("modules", () => {
  test.each([
    ["locals.wasm", "local count too large"],
    ["body.wasm", "size \\d+ > maximum function size 7654321"],
  ])("%s is more than V8 takes once it counts", async (file, limit) => {
    const { code, stderr } = await javyProf(folder.path, [file, "--frames", "wasm"]);
    expect(stderr).toMatch(
      new RegExp(
        `^javy-prof: ${file}: with counters in it, a function of the module is more than V8 takes\\n  V8: ${limit}\\n  it takes 50,000 locals and 7,654,321 bytes a function: .*\\n$`,
      ),
    );
    expect(code).toBe(4);
  });

  test("a name of megabytes is cut, at a character, wherever it is written", async () => {
    const { code } = await javyProf(folder.path, [
      "name.wasm",
      "--frames",
      "wasm",
      "--format",
      "json,speedscope",
      "--quiet",
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(readFileSync(join(folder.path, "name.fuel.json"), "utf8")) as Result;
    expect(result.functions.map(({ name }) => name)).toContain(`${"é".repeat(8192)}…`);
    expect(statSync(join(folder.path, "name.speedscope.json")).size).toBeLessThan(100_000);
  });
});

test("fuel that a number cannot hold: the run is stopped before, its profile adds up", async () => {
  const line = ["nops.wasm", "--frames", "wasm", "--fuel-model", "nops.json", "--json"];
  const { code, stdout } = await javyProf(folder.path, line);
  const result = JSON.parse(stdout) as Result;
  expect([code, result.run.exit.kind]).toEqual([1, "fuel"]);
  expect(result.run.exit.message).toBe("more than 4,503,599,627,370,496 fuel");
  expect(result.fuel.total).toBeGreaterThan(2 ** 52);
  expect(Number.isSafeInteger(result.fuel.total)).toBe(true);
  expect(result.fuel.comparable).toBe(false);
  expect(brokenSums(result)).toEqual([]);
  const asked = await javyProf(folder.path, [...line, "--max-fuel", String(Number.MAX_SAFE_INTEGER)]);
  expect(asked.stdout).toBe(stdout);
});

test("more than 2 GiB written at once", () => {
  const command = `'${process.execPath}' '${inRoot("dist/cli.js")}' wide.wasm --frames wasm --out /dev/null`;
  const { stdout, stderr } = spawnSync("bash", ["-c", `${command} --json; ${command} --quiet | wc -c`], {
    ...{ cwd: folder.path, encoding: "utf8", timeout: 60_000, maxBuffer: 2 ** 26 },
  });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/"stdoutBytes":\s*2200000000/);
  expect(stdout).toMatch(/\n2200000000\n$/);
});
