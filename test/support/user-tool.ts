/**
 * Stands in for a *user's tool* where it fails or only says what it was given: a Node script named javy. What javy
 * makes is tested with a real one, fixtures/javy/host, where the variable JAVY_PROF_TEST_JAVY names it.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const realJavy = process.env["JAVY_PROF_TEST_JAVY"];

/** Writes an executable script and returns its path. */
export function script(folder: string, path: string, body: string, interpreter = process.execPath): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!${interpreter}\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** One that says its version, and runs `build` with `argv`, `out` (the path behind -o), `fs` for anything else. */
export function tool(folder: string, path: string, build = "", version = "javy 9.1.0"): string {
  return script(
    folder,
    path,
    `const fs = require("node:fs");
const argv = process.argv.slice(2);
const out = argv[argv.indexOf("-o") + 1];
if (argv[0] === "--version") console.log(${JSON.stringify(version)});
else { ${build} }`,
  );
}
