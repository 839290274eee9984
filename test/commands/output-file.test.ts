/** Files are whole or as they were: whatever fails, wherever links lead, whoever else writes there. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { writeOutput, writeWhole } from "../../src/commands/output-file.ts";
import { removeUnfinished } from "../../src/commands/unwritten.ts";
import { folderWith } from "../support/javy-prof.ts";

let folder: ReturnType<typeof folderWith>;
beforeEach(() => {
  folder = folderWith({ "old.txt": "old" });
});
afterEach(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const read = (name: string) => fs.readFileSync(at(name), "utf8");
const names = () => fs.readdirSync(folder.path).sort();

/** A piece, and then what is thrown. */
function* failing(error: unknown): Generator<string> {
  yield "x".repeat(200_000);
  throw error;
}

describe("content", () => {
  test("pieces of text and bytes, however they are cut, are written in their order", async () => {
    const piece = fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array(), fc.constant("é".repeat(70_000)));
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      await writeWhole(at("new.txt"), pieces);
      expect(
        fs.readFileSync(at("new.txt")).equals(Buffer.concat(pieces.map((one) => Buffer.from(one as string)))),
      ).toBe(true);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test("pieces are made as they are written: not one of them is asked for where the file cannot be", async () => {
    let asked = 0;
    const counting = (function* () {
      asked++;
      yield "x";
    })();
    await expect(writeWhole(at("missing/new.txt"), counting)).rejects.toMatchObject({ code: "ENOENT" });
    expect(asked).toBe(0);
  });

  test("a name as long as names can be", async () => {
    await writeWhole(at("n".repeat(255)), ["new"]);
    expect(read("n".repeat(255))).toBe("new");
  });
});

describe("an error leaves the old file whole and nothing beside it", () => {
  test("a writer that throws: its error, as it is", async () => {
    const bug = new TypeError("a bug");
    await expect(writeOutput("old.txt", failing(bug), folder.path)).rejects.toBe(bug);
    expect([names(), read("old.txt")]).toEqual([["old.txt"], "old"]);
  });

  test("a system that refuses: a usage error with the name as it was given", async () => {
    const full = Object.assign(new Error("no space left on device, write /secret"), { code: "ENOSPC" });
    const error: unknown = await writeOutput("old.txt", failing(full), folder.path).catch((one) => one);
    expect(error).toBeInstanceOf(Diagnostic);
    expect(error).toMatchObject({
      kind: "usage",
      message: "cannot write old.txt: the disk is full (ENOSPC)",
    });
    expect([names(), read("old.txt")]).toEqual([["old.txt"], "old"]);
  });

  test("a place that becomes a folder while the file is written", async () => {
    const turning = (function* () {
      yield "x".repeat(200_000);
      fs.mkdirSync(at("new.txt"));
      yield "y";
    })();
    await expect(writeWhole(at("new.txt"), turning)).rejects.toMatchObject({ code: "EISDIR" });
    expect(names()).toEqual(["new.txt", "old.txt"]);
    expect(fs.readdirSync(at("new.txt"))).toEqual([]);
  });

  test("a process that ends in the middle", async () => {
    const ending = (function* () {
      yield "x".repeat(200_000);
      expect(names()).toHaveLength(2);
      removeUnfinished();
      expect([names(), read("old.txt")]).toEqual([["old.txt"], "old"]);
      yield "y";
    })();
    await expect(writeWhole(at("old.txt"), ending)).rejects.toMatchObject({ code: "ENOENT" });
    expect([names(), read("old.txt")]).toEqual([["old.txt"], "old"]);
  });
});

test("what a killed process left goes after an hour, by its name; nothing else does", async () => {
  const [stale, fresh, folderName] = ["0", "1", "2"].map((digit) => `.javy-prof-${digit.repeat(16)}.tmp`);
  const others = [".javy-prof-0.tmp", `.javy-prof-${"0".repeat(16)}.tmp.js`, "x.tmp"];
  for (const name of [stale!, fresh!, ...others]) fs.writeFileSync(at(name), "left");
  fs.mkdirSync(at(folderName!));
  const old = Date.now() / 1000 - 3700;
  for (const name of [stale!, folderName!, ...others]) fs.utimesSync(at(name), old, old);
  await writeWhole(at("new.txt"), ["new"]);
  expect(names()).toEqual([fresh!, folderName!, ...others, "new.txt", "old.txt"].sort());
});

describe("what was there stays what it was", () => {
  test.each([0o640, 0o755, 0o600, 0o664])("mode %o", async (mode) => {
    fs.chmodSync(at("old.txt"), mode);
    await writeWhole(at("old.txt"), ["new"]);
    expect(read("old.txt")).toBe("new");
    expect(fs.statSync(at("old.txt")).mode & 0o7777).toBe(mode);
  });

  test("a new file has the mode that any new file has", async () => {
    await writeWhole(at("new.txt"), ["new"]);
    fs.writeFileSync(at("plain.txt"), "");
    expect(fs.statSync(at("new.txt")).mode).toBe(fs.statSync(at("plain.txt")).mode);
  });

  test.each([
    ["to a file", "old.txt", "old.txt"],
    ["to one that is not there yet", "new.txt", "new.txt"],
    ["to a link", "second", "old.txt"],
    ["to another folder", "sub/new.txt", "sub/new.txt"],
    ["that climbs out of a linked folder", "linked/../new.txt", "far/new.txt"],
  ])("a symbolic link %s", async (_, target, written) => {
    fs.mkdirSync(at("sub"));
    fs.mkdirSync(at("far/away"), { recursive: true });
    fs.symlinkSync("far/away", at("linked"));
    fs.symlinkSync("old.txt", at("second"));
    fs.symlinkSync(target, at("link.txt"));
    await writeWhole(at("link.txt"), ["through"]);
    expect(fs.readlinkSync(at("link.txt"))).toBe(target);
    expect(read(written)).toBe("through");
    expect(fs.lstatSync(at(written)).isFile()).toBe(true);
  });

  test("a circle of links is an error", async () => {
    fs.symlinkSync("b", at("a"));
    fs.symlinkSync("a", at("b"));
    await expect(writeWhole(at("a"), ["x"])).rejects.toMatchObject({ code: "ELOOP" });
  });

  test("a pipe is written to", async () => {
    await run("mkfifo", [at("fifo")]);
    const reader = run("cat", [at("fifo")]);
    await writeWhole(at("fifo"), ["one ", "two"]);
    expect(await reader).toBe("one two");
    expect(fs.lstatSync(at("fifo")).isFIFO()).toBe(true);
  });

  test("a device is written to", async () => {
    await writeWhole("/dev/null", ["x"]);
    expect(fs.statSync("/dev/null").isCharacterDevice()).toBe(true);
    await expect(writeWhole("/dev/full", ["x"])).rejects.toMatchObject({ code: "ENOSPC" });
  });
});

test("many at once to one place: whoever looks finds one of them, whole", async () => {
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(300_000));
  const pieces = (text: string) =>
    Array.from({ length: 10 }, (_, i) => text.slice(i * 30_000, (i + 1) * 30_000));
  let writing = true;
  const looking = (async () => {
    const seen = new Set<string>();
    while (writing) {
      seen.add(read("old.txt"));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return seen;
  })();
  await Promise.all(contents.map((text) => writeWhole(at("old.txt"), pieces(text))));
  writing = false;
  for (const text of await looking) expect(["old", ...contents].includes(text)).toBe(true);
  expect(contents).toContain(read("old.txt"));
  expect(names()).toEqual(["old.txt"]);
});

/** What the command prints. */
function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", () => resolve(text));
  });
}
