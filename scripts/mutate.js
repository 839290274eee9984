#!/usr/bin/env node
/**
 * Damages fixture modules and gives each to the real commands: whatever the bytes, the outcome is a result or a
 * refusal with a reason; never a stack trace, exit 5, a crash or a hang.
 *
 *     scripts/mutate.js [--count 300] [--seed 1] [--jobs 2] [--keep <folder>] [--only <number>] [--json]
 *                        [--resume <file>]
 *
 * A mutant is told by (seed, number) alone: `--only 17` makes that one again, `--keep` writes the module of each bug
 * there. `--resume` goes on where the run before ended that kept its place in this file, or begins anew where the code
 * has changed since. Beside the outcomes it says which messages of refusals no mutant met. Commands run inside child processes, each of which takes mutants one by one; a child that dies, grows too
 * large or says nothing for half a minute is a bug of the mutant it had. Needs a built dist/.
 */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutant } from "./mutate/mutants.js";
import { judge } from "./mutate/pipeline.js";
import { progressIn } from "./mutate/progress.js";
import { refusalMessages } from "./mutate/refusals.js";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "300" },
    first: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    keep: { type: "string" },
    resume: { type: "string" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
/** Longer than the longest run: its time limit, the guest's repetition and the patience with both. */
const silenceMs = 90_000;

if (values.child) serve();
else process.exitCode = await oversee();

/**
 * What came of one mutant. `ms` of time, `rss` bytes of memory of its process.
 * @typedef {import("./mutate/pipeline.js").Verdict & { number: number, what: string, ms: number, rss: number }} Found
 */

/** A child: judges the mutants that it is told to. */
function serve() {
  const folder = mkdtempSync(join(tmpdir(), "javy-prof-mutate-"));
  process.on("message", async (/** @type {number} */ number) => {
    const { files, command, what } = mutant(seed, number);
    const started = performance.now();
    const found = await judge(folder, files, command);
    const { rss } = process.memoryUsage();
    process.send?.({ number, what, ...found, ms: Math.round(performance.now() - started), rss });
  });
  process.on("disconnect", () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
}

async function oversee() {
  const progress = values.resume === undefined ? null : progressIn(values.resume, seed);
  const first = Number(values.only ?? progress?.first ?? values.first);
  const unmet = refusalMessages();
  const messages = unmet.size;
  const last = values.only === undefined ? first + Number(values.count) : first + 1;
  const report = {
    mutants: 0,
    /** Those whose serialized program was damaged. */
    bytecode: 0,
    outcomes: /** @type {Record<string, number>} */ ({}),
    reasons: /** @type {Record<string, number>} */ ({}),
    slowest: /** @type {Partial<Found> & { ms: number }} */ ({ ms: 0 }),
    largest: /** @type {Partial<Found> & { rss: number }} */ ({ rss: 0 }),
    bugs: /** @type {Found[]} */ ([]),
  };
  let next = first;
  const note = (/** @type {Found} */ found) => {
    report.mutants += 1;
    if (/ payload/.test(found.what)) report.bytecode += 1;
    report.outcomes[found.outcome] = (report.outcomes[found.outcome] ?? 0) + 1;
    if (found.outcome === "refused") {
      const reason = `${found.ending} ${reasonClass(found.message ?? "")}`;
      report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
      for (const [text, pattern] of unmet) if (pattern.test(found.message ?? "")) unmet.delete(text);
    }
    if (found.ms > report.slowest.ms)
      report.slowest = { number: found.number, what: found.what, ms: found.ms };
    if (found.rss > report.largest.rss)
      report.largest = { number: found.number, what: found.what, rss: found.rss };
    if (found.outcome === "bug") {
      report.bugs.push(found);
      process.stderr.write(`BUG ${found.number} ${found.what}: ${found.message}\n`);
      if (values.keep !== undefined) keep(values.keep, found.number);
    }
    if (values.only !== undefined) process.stderr.write(`${JSON.stringify(found)}\n`);
    // those that other children have are not done yet
    if (report.mutants % 100 === 0) progress?.done(Math.max(first, next - Number(values.jobs)));
    if (report.mutants % 500 === 0)
      process.stderr.write(`${report.mutants} ${JSON.stringify(report.outcomes)}\n`);
  };
  const work = async () => {
    while (next < last) await child(() => (next < last ? next++ : null), note);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  report.reasons = Object.fromEntries(Object.entries(report.reasons).sort((a, b) => b[1] - a[1]));
  progress?.done(last);
  const refusals = { met: messages - unmet.size, of: messages, unmet: [...unmet.keys()] };
  const ran = { sinceChange: last, of: 1_000_000 };
  const all = { ...report, ...(progress ? { ran } : {}), refusals };
  process.stdout.write(`${JSON.stringify(all, null, values.json ? 0 : 2)}\n`);
  return report.bugs.length > 0 ? 1 : 0;
}

/**
 * One child, until there is no more to do or it is lost.
 * @param {() => number | null} take the next mutant's number
 * @param {(found: Found) => void} note
 * @returns {Promise<void>}
 */
function child(take, note) {
  return new Promise((resolve) => {
    const process_ = fork(fileURLToPath(import.meta.url), ["--child", "--seed", values.seed], {
      execArgv: ["--max-old-space-size=2048"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    /** @type {number | null} */
    let number = null;
    let said = "";
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    process_.stderr?.on("data", (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    let served = 0;
    const give = () => {
      clearTimeout(timer);
      // a fresh process now and then, so that memory that is never freed is not taken for a leak of one mutant
      number = served++ < 400 ? take() : null;
      if (number === null) return process_.disconnect();
      const given = number;
      timer = setTimeout(() => {
        note({
          number: given,
          what: mutant(seed, given).what,
          outcome: "bug",
          message: "hangs",
          ms: silenceMs,
          rss: 0,
        });
        number = null;
        process_.kill("SIGKILL");
      }, silenceMs);
      process_.send(number);
    };
    process_.on("message", (found) => {
      note(/** @type {Found} */ (found));
      give();
    });
    process_.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (number !== null) {
        const message = `the process died: ${code ?? signal} ${said}`;
        note({ number, what: mutant(seed, number).what, outcome: "bug", message, ms: 0, rss: 0 });
      }
      resolve();
    });
    give();
  });
}

/**
 * A message without what differs from mutant to mutant.
 * @param {string} message
 */
function reasonClass(message) {
  return message
    .replace(/"[^"]*"/g, '"…"')
    .replace(/0x[0-9a-f]+/g, "0x…")
    .replace(/\d+/g, "n")
    .slice(0, 90);
}

/**
 * @param {string} folder
 * @param {number} number
 */
function keep(folder, number) {
  mkdirSync(folder, { recursive: true });
  const { files } = mutant(seed, number);
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(folder, `${seed}-${number}-${name}`), bytes);
}
