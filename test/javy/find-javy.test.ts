/** Where javy is looked for, in which order, and what is passed over: above all the script that downloads. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findJavy } from "../../src/javy/find-javy.ts";
import { folderWith } from "../support/javy-prof.ts";
import { script, tool } from "../support/user-tool.ts";

let folder: ReturnType<typeof folderWith>;
beforeEach(() => {
  folder = folderWith({});
});
afterEach(() => folder.remove());

/** Finds from the folder `a/b`, with the folders bin1 and bin2 on PATH. */
function find(wanted?: string, env: Record<string, string> = {}) {
  const cwd = join(folder.path, "a", "b");
  mkdirSync(cwd, { recursive: true });
  const path = ["bin1", "bin2"].map((name) => join(folder.path, name));
  return findJavy(wanted, { cwd, env: { PATH: [".", "", ...path].join(delimiter), ...env } });
}

const at = (path: string) => join(folder.path, path);

test("nothing is there", async () => {
  expect(await find()).toEqual({ javy: null, skipped: [] });
  expect(await find(undefined, { JAVY: "" })).toEqual({ javy: null, skipped: [] });
});

test("--javy, JAVY, PATH, node_modules: the first of them", async () => {
  const found = async (wanted?: string, env?: Record<string, string>) => (await find(wanted, env)).javy;
  const above = tool(folder.path, "node_modules/.bin/javy");
  expect(await found()).toEqual({ path: above, from: "node_modules" });
  const near = tool(folder.path, "a/node_modules/.bin/javy");
  expect(await found()).toEqual({ path: near, from: "node_modules" });
  const second = tool(folder.path, "bin2/javy");
  expect(await found()).toEqual({ path: second, from: "PATH" });
  const first = tool(folder.path, "bin1/javy");
  expect(await found()).toEqual({ path: first, from: "PATH" });
  const mine = tool(folder.path, "a/b/my-javy");
  expect(await found(undefined, { JAVY: "my-javy" })).toEqual({ path: mine, from: "JAVY" });
  expect(await found("../../bin2/javy", { JAVY: "my-javy" })).toEqual({ path: second, from: "--javy" });
});

test("a javy in the folder itself is no command, whatever PATH says", async () => {
  tool(folder.path, "a/b/javy");
  expect((await find()).javy).toBeNull();
});

test("a bare name that is no file is looked up like a command", async () => {
  const path = tool(folder.path, "bin2/javy-9");
  expect((await find("javy-9")).javy).toEqual({ path, from: "--javy" });
});

test("what is no program is passed over, with the reason", async () => {
  mkdirSync(at("bin1/javy"), { recursive: true });
  chmodSync(tool(folder.path, "bin2/javy"), 0o644);
  expect(await find()).toEqual({
    javy: null,
    skipped: ["PATH: it is not a file", "PATH: it is not executable"],
  });
});

test.each([
  ["nowhere/javy", "there is no such file"],
  ["../../bin1", "it is not a file"],
  ["../../bin2/javy", "it is not executable"],
])("%s was asked for: %s", async (wanted, reason) => {
  mkdirSync(at("bin1"));
  chmodSync(tool(folder.path, "bin2/javy"), 0o644);
  const message = `--javy names ${wanted}: ${reason}`;
  await expect(find(wanted)).rejects.toMatchObject({ name: "Diagnostic", kind: "usage", message });
});

describe("the npm package javy-cli, which downloads", () => {
  /** As npm installs it: a link to the package's script. */
  function npm(root: string): string {
    const index = script(folder.path, `${root}/javy-cli/index.js`, 'throw new Error("was started");');
    const described = { name: "javy-cli", version: "3.0.1", bin: { javy: "./index.js" } };
    writeFileSync(join(dirname(index), "package.json"), JSON.stringify(described, null, 2));
    return index;
  }

  const reason = "the npm package javy-cli, which downloads a program at its first run";

  test("in node_modules it is passed over, and the next is found", async () => {
    mkdirSync(at("a/b/node_modules/.bin"), { recursive: true });
    symlinkSync(npm("a/b/node_modules"), at("a/b/node_modules/.bin/javy"));
    expect(await find()).toEqual({ javy: null, skipped: [`node_modules: ${reason}`] });
    const path = tool(folder.path, "a/node_modules/.bin/javy");
    expect(await find()).toEqual({
      javy: { path, from: "node_modules" },
      skipped: [`node_modules: ${reason}`],
    });
  });

  test("installed globally, it is passed over on PATH", async () => {
    mkdirSync(at("bin1"));
    symlinkSync(npm("lib/node_modules"), at("bin1/javy"));
    expect((await find()).skipped).toEqual([`PATH: ${reason}`]);
  });

  test("behind a starter of pnpm", async () => {
    const line = 'exec node "$basedir/../.pnpm/javy-cli@3.0.1/node_modules/javy-cli/index.js" "$@"';
    script(folder.path, "a/node_modules/.bin/javy", line, "/bin/sh");
    expect((await find()).skipped).toEqual([`node_modules: ${reason}`]);
  });

  test("asked for by name it is refused", async () => {
    const wanted = npm("lib/node_modules");
    await expect(find(wanted)).rejects.toMatchObject({ message: `--javy names ${wanted}: ${reason}` });
    await expect(find(undefined, { JAVY: wanted })).rejects.toMatchObject({ kind: "usage" });
  });
});
