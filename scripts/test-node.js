#!/usr/bin/env node
/**
 * Runs the suite under another Node.js, which npm itself gets from the registry's packages of Node's own binaries:
 *
 *     npm run test:node -- 24 [vitest's arguments, such as --project unit]
 *
 * The version is a major one or an exact one. It is kept below node_modules/.cache, which `npm ci` empties. That Node.js
 * comes first on PATH, so that what the tests start runs under it too.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [version, ...args] = process.argv.slice(2);
if (version === undefined || !/^\d+(\.\d+\.\d+)?$/.test(version))
  throw new Error("usage: npm run test:node -- <version> [arguments of vitest]");

const node = installed(version);
const path = `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}`;
const said = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
console.log(`Node.js ${said}, ${node}`);
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const { status } = spawnSync(node, [vitest, "run", ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: path },
});
process.exitCode = status ?? 1;

/**
 * The path of that Node.js, installed if it is not there yet or not the newest of its major version.
 * @param {string} version
 */
function installed(version) {
  const system = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${system}-${process.arch}`;
  const folder = join(root, "node_modules", ".cache", "test-node", version);
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", [...args, `${name}@${version}`], {
    stdio: "inherit",
    // npm is a script of the shell on Windows.
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm cannot install ${name}@${version}`);
  return join(...[folder, "node_modules", name, "bin"], process.platform === "win32" ? "node.exe" : "node");
}
