/**
 * Whole commands against plain Node.js: processor time (user and system, all threads) and wall time of a process from its start
 * to its end, measured by bash's `time`, all commands in turn so that a machine that slows down slows all of them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, dense } from "./programs.js";

const inRoot = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = inRoot("dist/cli.js");
const plain = inRoot("bench/plain.js");

/** Seconds of one run of a command. @typedef {{ cpu: number, wall: number }} Times */
/**
 * What is measured of one command: milliseconds, and over what it is compared with, pair by pair.
 * @typedef {{ median: number, lowest: number }} Figures
 * @typedef {{ name: string, cpu: Figures, wall: Figures, ratio: Figures | null, over: string }} CommandRow
 */

/** The value below which that part of the sorted values lies. @param {readonly number[]} values @param {number} part */
export const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
/** Median and lowest fifth. @param {readonly number[]} values @returns {Figures} */
export const figures = (values) => ({ median: quantile(values, 0.5), lowest: quantile(values, 0.2) });

/** @param {readonly string[]} command @param {string} cwd @returns {Times} */
export function timed(command, cwd) {
  const script = 'TIMEFORMAT="%U %S %R"; exec 3>&2; { time "$@" >/dev/null 2>/dev/null </dev/null; } 2>&3';
  const { stderr, status } = spawnSync("bash", ["-c", script, "bash", ...command], { cwd, encoding: "utf8" });
  const [user, system, wall] = stderr.trim().split(" ").map(Number);
  if (status !== 0 || user === undefined || system === undefined || wall === undefined)
    throw new Error(`${command.join(" ")} ended with ${status}: ${stderr}`);
  return { cpu: user + system, wall };
}

/**
 * The rows of one Node.js, and the peak memory of hello in megabytes. `node`: its executable.
 * @param {string} node @param {number} rounds
 * @returns {{ rows: CommandRow[], peak: number }}
 */
export function commandRows(node, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "javy-prof-bench-"));
  try {
    const build = (/** @type {string} */ name, /** @type {string} */ source) => {
      writeFileSync(join(folder, `${name}.js`), source);
      const args = ["build", `${name}.js`, "--plugin-out", "plugin.wasm"];
      const said = spawnSync(node, [cli, ...args], { cwd: folder, encoding: "utf8" }).stderr;
      return /imports the plugin (\S+)/.exec(said)?.[1] ?? "";
    };
    build("hello", 'console.log("hello");\n');
    copyFileSync(inRoot("fixtures/javy/static.wasm"), join(folder, "static.wasm"));
    const nothing = [node, "-e", "0"];
    const run = (/** @type {string[]} */ ...args) => [node, cli, "run", ...args, "--quiet"];
    const sizes = Object.entries(dense).map(([name, source]) => {
      const file = `dense${parseInt(name, 10)}${name.slice(-1)}`;
      const namespace = build(file, source);
      return {
        name: `run, ${name} fuel`,
        command: run(`${file}.js`),
        base: [node, plain, `${file}.wasm`, "plugin.wasm", namespace],
        over: "plain",
      };
    });
    const namespaceOfBundle = build("bundle", bundle());
    const commands = [
      { name: "node -e 0", command: nothing, base: null, over: "" },
      { name: "--help", command: [node, cli, "--help"], base: nothing, over: "node -e 0" },
      { name: "run hello", command: run("hello.js"), base: nothing, over: "node -e 0" },
      ...sizes,
      {
        name: "run, source of 2 MB",
        command: run("bundle.js"),
        base: [node, plain, "bundle.wasm", "plugin.wasm", namespaceOfBundle],
        over: "plain",
      },
      {
        name: "run, static module of 1.4 MB",
        command: run("static.wasm"),
        base: [node, plain, "static.wasm"],
        over: "plain",
      },
      {
        name: "info, the same module",
        command: [node, cli, "info", "static.wasm"],
        base: nothing,
        over: "node -e 0",
      },
    ];
    const measured = commands.map((one) => ({
      ...one,
      times: /** @type {Times[]} */ ([]),
      bases: /** @type {Times[]} */ ([]),
    }));
    for (let round = 0; round < rounds; round++)
      for (const one of measured) {
        one.times.push(timed(one.command, folder));
        if (one.base) one.bases.push(timed(one.base, folder));
      }
    const rows = measured.map(({ name, times, bases, over }) => ({
      name,
      cpu: figures(times.map(({ cpu }) => cpu * 1000)),
      wall: figures(times.map(({ wall }) => wall * 1000)),
      ratio:
        bases.length > 0 ? figures(times.map(({ cpu }, i) => cpu / (bases[i]?.cpu ?? Number.NaN))) : null,
      over,
    }));
    return { rows, peak: peakOf(node, folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} node @param {string} folder */
function peakOf(node, folder) {
  const peaks = Array.from({ length: 5 }, () => {
    const args = ["--require", inRoot("bench/peak.cjs"), cli, "run", "hello.js", "--quiet"];
    const { output } = spawnSync(node, args, { cwd: folder, stdio: ["ignore", "ignore", "ignore", "pipe"] });
    return Number(String(output[3])) / 1024;
  });
  return quantile(peaks, 0.5);
}

/** The version of a Node.js. @param {string} node */
export const versionOf = (node) => execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
