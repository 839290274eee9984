/**
 * A check of many scenarios against as many single commands: the sample of fixtures/ci with so many carts, once by `check` and
 * once by a `run` for each. As a program: `node bench/checks.js 100 3` measures a hundred scenarios in three rounds.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figures, timed } from "./commands.js";

const inRoot = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = inRoot("dist/cli.js");

/**
 * The row of one Node.js; `node`: its executable.
 * @param {string} node @param {number} rounds @param {number} scenarios
 * @returns {import("./commands.js").CommandRow}
 */
export function checkRow(node, rounds, scenarios) {
  const folder = mkdtempSync(join(tmpdir(), "javy-prof-bench-"));
  try {
    cpSync(inRoot("fixtures/ci/src"), join(folder, "src"), { recursive: true });
    const carts = writeCarts(folder, scenarios);
    const model = "wasmtime-39";
    const config = { entry: "src/discount.js", fuelModel: model, scenarios: [{ input: "cart-*.json" }] };
    writeFileSync(
      join(folder, "javy-prof.config.mjs"),
      `export default ${JSON.stringify({ ...config, budgets: { total: "9M" } })};\n`,
    );
    const check = [];
    /** Seconds of a processor, of all commands together. @type {number[]} */
    const single = [];
    for (let round = 0; round < rounds; round++) {
      check.push(timed([node, cli, "check"], folder));
      const each = carts.map((cart) =>
        timed([node, cli, "run", config.entry, "-i", cart, "--fuel-model", model, "--quiet"], folder),
      );
      single.push(each.reduce((sum, { cpu }) => sum + cpu, 0));
    }
    return {
      name: `check, ${scenarios} scenarios`,
      cpu: figures(check.map(({ cpu }) => cpu * 1000)),
      wall: figures(check.map(({ wall }) => wall * 1000)),
      ratio: figures(check.map(({ cpu }, i) => cpu / (single[i] ?? Number.NaN))),
      over: `${scenarios} × run`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Carts that differ, of the sample's size. @param {string} folder @param {number} count */
function writeCarts(folder, count) {
  const { lines } = JSON.parse(readFileSync(inRoot("fixtures/ci/carts/small.json"), "utf8"));
  return Array.from({ length: count }, (_, i) => {
    const name = `cart-${i}.json`;
    const own = lines.map((/** @type {{ price: number }} */ line) => ({ ...line, price: line.price + i }));
    writeFileSync(join(folder, name), JSON.stringify({ lines: own }));
    return name;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , scenarios = "20", rounds = "3"] = process.argv;
  const { name, cpu, wall, ratio, over } = checkRow(process.execPath, Number(rounds), Number(scenarios));
  console.log(
    `${name}: ${cpu.median.toFixed(0)} ms of CPU, ${wall.median.toFixed(0)} ms, ${ratio?.median.toFixed(3)} of ${over}`,
  );
}
