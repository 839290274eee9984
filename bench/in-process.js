/**
 * What profiling costs inside one process. For a fixed set of programs, in turn: the program as it is, with its total
 * counted, and profiled with each kind of frames. Ratios are of the time inside the guest, warm, of the lowest fifths.
 * Then: the first profile of a small program and the later ones. Prints its figures as JSON; run.js starts it with each
 * Node.js that is measured.
 */
import { execute, open, profile } from "../dist/index.js";
import { figures, quantile } from "./commands.js";
import { programs } from "./programs.js";

const rounds = Number(process.argv[2] ?? 9);
const warmup = 4;
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

/** @type {Record<string, number[]>} */
const ratios = Object.fromEntries(columns.map((name) => [name, []]));
for (const { name, source, stdin } of programs) {
  const program = await open(new TextEncoder().encode(source), { name: `${name}.js` });
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = -warmup; round < rounds; round++) {
    for (const [way, run] of Object.entries(ways)) {
      const outcome = await run(program, stdin);
      if (outcome.exit !== "ok") throw new Error(`${name}, ${way}: ${outcome.exit}`);
      if (round >= 0) times[way]?.push(outcome.milliseconds);
    }
  }
  // The lowest fifths: what a busy machine adds to some runs does not show in them.
  const lowest = (/** @type {string} */ way) => quantile(times[way] ?? [], 0.2);
  for (const way of columns) ratios[way]?.push(lowest(way) / lowest("plain"));
}

const small = await open(new TextEncoder().encode('console.log("hello");'), { name: "hello.js" });
const cpus = [];
for (let i = 0; i < 20; i++) {
  const started = process.cpuUsage();
  await profile(small);
  const { user, system } = process.cpuUsage(started);
  cpus.push((user + system) / 1000);
}

console.log(
  JSON.stringify({
    programs: programs.map(({ name }) => name),
    ratios,
    means: Object.fromEntries(columns.map((way) => [way, geometric(ratios[way] ?? [])])),
    first: cpus[0],
    later: figures(cpus.slice(1)),
  }),
);
