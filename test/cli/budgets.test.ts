/**
 * Budgets of what makes commands fast, in counts that are the same on every machine: times are what `npm run bench`
 * is for. A budget is the count of today and a little room; who needs more says in the commit what it gives.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const folder = folderWith({ "hello.js": 'console.log("hello");\n' });
afterAll(folder.remove);

/** The package's own files that a command's process and its threads execute, as V8 lists them for coverage. */
async function filesLoaded(args: readonly string[], code: number): Promise<string[]> {
  const { path: coverage, remove } = folderWith({});
  try {
    const ended = await javyProf(folder.path, args, { env: { NODE_V8_COVERAGE: coverage } });
    expect([ended.code, ended.stderr]).toEqual([code, expect.any(String)]);
    const reports = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), "utf8"));
    const urls = reports.flatMap((text) =>
      (JSON.parse(text) as { readonly result: readonly { readonly url: string }[] }).result.map(
        ({ url }) => url,
      ),
    );
    return [...new Set(urls)].filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
  } finally {
    remove();
  }
}

const bytesOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + statSync(file).size, 0);

describe("files that a command reads", () => {
  test.each([
    { args: ["--help"], code: 0 },
    { args: ["--version"], code: 0 },
    { args: ["run", "--help"], code: 0 },
    { args: ["help", "monitor"], code: 0 },
    { args: ["hello.js", "--no-such-flag"], code: 2 },
  ])("to say what there is: $args", async ({ args, code }) => {
    const files = await filesLoaded(args, code);
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThanOrEqual(6);
    expect(bytesOf(files)).toBeLessThanOrEqual(65_536);
  });

  test("to run a program: no module of the library, and nothing twice", async () => {
    const files = await filesLoaded(["run", "hello.js", "--quiet"], 0);
    expect(files.length).toBeGreaterThan(6);
    expect(files.length).toBeLessThanOrEqual(20);
    expect(bytesOf(files)).toBeLessThanOrEqual(640_000);
  });
});
