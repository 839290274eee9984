/**
 * What profiling costs: whole commands against plain Node.js (commands.js), and the time inside guests (in-process.js).
 *
 *   npm run bench                               on the Node.js at hand
 *   npm run bench -- --node <path> --node …     on others
 *   npm run bench -- --write                    also writes the tables of docs/performance.md anew
 *
 * Figures are medians and the lowest fifth; ROUNDS says of how many runs (default 9), SCENARIOS how many the check has
 * (default 20). Needs dist/ (the command builds it)
 * and bash, whose `time` knows the processor time of a process.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkRow } from "./checks.js";
import { commandRows, versionOf } from "./commands.js";

const { values } = parseArgs({
  options: { node: { type: "string", multiple: true }, write: { type: "boolean" } },
});
const rounds = Number(process.env["ROUNDS"] ?? 9);
const scenarios = Number(process.env["SCENARIOS"] ?? 20);
const inProcess = fileURLToPath(new URL("in-process.js", import.meta.url));

/** @typedef {{ ratios: Record<string, number[]>, means: Record<string, number>, programs: string[], first: number, later: import("./commands.js").Figures }} InProcess */

/** The tables of one Node.js, as Markdown. @param {string} node */
function tables(node) {
  const { rows, peak } = commandRows(node, rounds);
  rows.push(checkRow(node, rounds, scenarios));
  const text = execFileSync(node, [inProcess, String(rounds)], { encoding: "utf8" });
  /** @type {InProcess} */
  const inside = JSON.parse(text);
  const pair = (/** @type {import("./commands.js").Figures} */ { median, lowest }, digits = 0) =>
    `${median.toFixed(digits)} / ${lowest.toFixed(digits)}`;
  return [
    `### Node.js ${versionOf(node)}`,
    "",
    "| command | CPU ms | wall ms | CPU ratio | over |",
    "| --- | ---: | ---: | ---: | --- |",
    ...rows.map(
      ({ name, cpu, wall, ratio, over }) =>
        `| ${name} | ${pair(cpu)} | ${pair(wall)} | ${ratio ? pair(ratio, 2) : ""} | ${over} |`,
    ),
    "",
    `Peak memory of \`run hello\`: ${peak.toFixed(0)} MB. Profiles of hello in one process: the first ${inside.first.toFixed(0)} ms of CPU, each later one ${pair(inside.later)}.`,
    "",
    `| inside the guest, over plain | ${inside.programs.join(" | ")} | geometric mean |`,
    `| --- | ${inside.programs.map(() => "---:").join(" | ")} | ---: |`,
    ...Object.entries(inside.ratios).map(
      ([way, ratios]) =>
        `| ${way} | ${ratios.map((ratio) => ratio.toFixed(2)).join(" | ")} | ${inside.means[way]?.toFixed(2)} |`,
    ),
    "",
  ];
}

const [first] = cpus();
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${first?.model.trim()}, load average before it ${loadavg()[0]?.toFixed(1)}, ${rounds} rounds; each pair of figures is the median and the lowest fifth.`;
const lines = [machine, "", ...(values.node ?? [process.execPath]).flatMap(tables)];
console.log(lines.join("\n"));
if (values.write) {
  const page = new URL("../docs/performance.md", import.meta.url);
  const text = readFileSync(page, "utf8");
  const [begin, end] = ["<!-- measured -->\n", "<!-- /measured -->"].map((mark) => text.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new Error("docs/performance.md has no place for the tables");
  const before = text.slice(0, begin + "<!-- measured -->\n".length);
  writeFileSync(page, `${before}${lines.join("\n")}${text.slice(end)}`);
}
