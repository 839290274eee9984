/**
 * What profiling costs. For a fixed set of programs, in one process and in turn: the program as it is, with its total
 * counted, and profiled with each kind of frames. Ratios are of the time inside the guest, warm, pair by pair, medians.
 * Then: the first profile in a process and the later ones, and from command to written profile.
 * `npm run bench`; needs dist/ (built by it). Figures are ratios because machines differ and are noisy.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute, open, profile } from "../dist/index.js";
import { programs } from "./programs.js";

const rounds = Number(process.env.ROUNDS ?? 9);
const warmup = Number(process.env.WARMUP ?? 4);
const median = (/** @type {readonly number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const geometric = (/** @type {readonly number[]} */ values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/**
 * One way to run a program: the time inside the guest, and what else it tells.
 * @typedef {{ exit: string, milliseconds: number, fuel: bigint | number | null, collectorBytes: number }} Outcome
 * @typedef {(program: import("../dist/index.js").Program, input: Uint8Array) => Promise<Outcome>} Way
 */
/** @type {(frames: import("../dist/index.js").Frames) => Way} */
const profiled = (frames) => async (program, input) => {
  const { result, facts } = await profile(program, { input, frames, limits: "none" });
  return { ...facts, exit: result.run.exit.kind, fuel: result.fuel.total };
};
/** @type {(count: boolean) => Way} */
const executed = (count) => async (program, input) => ({
  ...(await execute(program, { input, count })),
  collectorBytes: 0,
});
/** @type {Record<string, Way>} */
const ways = {
  plain: executed(false),
  "totals only": executed(true),
  profiled: profiled("js"),
  "frames of builtins": profiled("builtin"),
  "frames engine": profiled("engine"),
};
const columns = Object.keys(ways).filter((name) => name !== "plain");

/** @type {(name: string, fuel: string, plain: string, ratios: readonly string[], collector: string) => string} */
const cells = (name, fuel, plain, ratios, collector) =>
  [
    name.padEnd(14),
    fuel.padStart(12),
    plain.padStart(9),
    ...ratios.map((ratio) => ratio.padStart(19)),
    collector.padStart(11),
  ].join(" ");

console.log(`warm ratio to the plain run, median of ${rounds} rounds in turn\n`);
console.log(cells("program", "fuel", "plain ms", columns, "collector"));
/** @type {Record<string, number[]>} */
const all = Object.fromEntries(columns.map((name) => [name, []]));
for (const { name, source, stdin } of programs) {
  const program = await open(new TextEncoder().encode(source), { name: `${name}.js` });
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  /** @type {Outcome} */
  let seen = { exit: "", milliseconds: 0, fuel: 0, collectorBytes: 0 };
  for (let round = -warmup; round < rounds; round++) {
    for (const [way, run] of Object.entries(ways)) {
      const outcome = await run(program, stdin);
      if (outcome.exit !== "ok") throw new Error(`${name}, ${way}: ${outcome.exit}`);
      if (round >= 0) times[way].push(outcome.milliseconds);
      if (way === "profiled") seen = outcome;
    }
  }
  // Pair by pair, so that a machine that slows down slows both.
  const ratios = columns.map((way) => median(times[way].map((time, i) => time / times.plain[i])));
  ratios.forEach((ratio, i) => {
    all[columns[i]].push(ratio);
  });
  console.log(
    cells(
      name,
      (seen.fuel ?? 0).toLocaleString("en-US"),
      median(times.plain).toFixed(1),
      ratios.map((ratio) => ratio.toFixed(2)),
      `${(seen.collectorBytes / 1048576).toFixed(1)} MB`,
    ),
  );
}
console.log(
  cells(
    "geometric mean",
    "",
    "",
    columns.map((way) => geometric(all[way]).toFixed(2)),
    "",
  ),
);

console.log("\nprofiles of one small program in one process");
const hello = 'console.log("hello");';
const small = await open(new TextEncoder().encode(hello), { name: "hello.js" });
const walls = [];
for (let i = 0; i < 20; i++) {
  const started = performance.now();
  await profile(small);
  walls.push(performance.now() - started);
}
console.log(`  first ${walls[0].toFixed(0)} ms, then ${median(walls.slice(1)).toFixed(1)} ms each`);

console.log("\nfrom command to written profile, whole process");
const folder = mkdtempSync(join(tmpdir(), "javy-prof-bench-"));
const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
for (const { name, source, stdin } of [
  { name: "hello", source: hello, stdin: new Uint8Array() },
  ...programs.filter(({ name }) => name === "cart"),
]) {
  writeFileSync(join(folder, `${name}.js`), source);
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    execFileSync(process.execPath, [cli, "run", `${name}.js`, "--quiet"], {
      cwd: folder,
      input: stdin,
      stdio: ["pipe", "pipe", "inherit"],
    });
    return performance.now() - started;
  });
  const bytes = readFileSync(join(folder, `${name}.speedscope.json`)).length;
  console.log(
    `  ${name.padEnd(8)} ${median(times).toFixed(0)} ms, profile of ${(bytes / 1024).toFixed(0)} KB`,
  );
}
rmSync(folder, { recursive: true });
console.log(`\nmemory of this process: ${(process.memoryUsage().rss / 1048576).toFixed(0)} MB`);
