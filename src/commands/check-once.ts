/** One check: runs the configuration's scenarios, judges budgets, limits and the snapshot, and reports. */
import { type Ending, usageError } from "../base/diagnostics.ts";
import { CHECK_FORMATS, type CheckFormat } from "../format/choices.ts";
import {
  isFailing,
  check as judge,
  noTolerance,
  type Program,
  type ScenarioRun,
  type Snapshot,
  toleranceOf,
  type Verdict,
} from "../index.ts";
import { type ChosenScenarios, findScenarios } from "./find-scenarios.ts";
import { parseChoice } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { giveReport } from "./report-output.ts";
import { runBuild, runScenarios } from "./run-scenarios.ts";
import { jobsOf, type ScenarioFlags } from "./scenario-flags.ts";
import { readSnapshot, snapshotName, updated, writeSnapshot } from "./snapshot-file.ts";

export interface CheckFlags extends ScenarioFlags {
  readonly tolerance?: string;
  readonly exact?: boolean;
  readonly update?: boolean;
  readonly format?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** What a check says while it is under way, to whoever watches. */
export interface CheckHeard {
  /** The build begins. */
  readonly found: (chosen: ChosenScenarios) => void;
  /** The build, if there is one, has ended. */
  readonly built: () => void;
  readonly opened: (program: Program) => void;
}

export interface Checked {
  readonly ending: Ending;
  readonly runs: readonly ScenarioRun[];
  readonly chosen: ChosenScenarios;
}

/** @throws Diagnostic (usage, interrupted). */
export async function checkOnce(
  patterns: readonly string[],
  flags: CheckFlags,
  io: CommandIo,
  heard?: CheckHeard,
): Promise<Checked> {
  const format = formatOf(flags);
  const jobs = jobsOf(flags);
  const chosen = await findScenarios(patterns, flags, io);
  heard?.found(chosen);
  const { config, folder, scenarios, all } = chosen;
  const tolerance = toleranceFrom(flags, chosen);
  const before = await readSnapshot(chosen);
  if (flags.build !== false) await runBuild(config, folder, io);
  heard?.built();
  const onResult = (_: unknown, __: unknown, program: Program) => heard?.opened(program);
  const runs = await runScenarios(scenarios, { folder, config, io, jobs, onResult });
  const exact = flags.exact ?? false;
  const verdicts = judge(runs, before, { tolerance, exact, all, recording: flags.update ?? false });
  await giveReport(verdicts, { format, out: flags.out, exact, folder }, io);
  if (flags.update) await update(before, runs, chosen, io);
  else if (format !== "json" && format !== "github") advise(verdicts, exact, chosen, io);
  return { ending: endingOf(verdicts, exact, flags.update ?? false), runs, chosen };
}

export function formatOf({ json, format }: CheckFlags): CheckFormat {
  if (json && format !== undefined)
    throw usageError("--json is a format of its own", "leave out one of them");
  return json ? "json" : parseChoice(format ?? "table", "--format", CHECK_FORMATS);
}

function toleranceFrom({ tolerance, exact }: CheckFlags, { config }: ChosenScenarios) {
  if (exact && tolerance !== undefined) throw usageError("--exact has no tolerance", "leave out one of them");
  if (exact) return noTolerance;
  const parsed = toleranceOf(tolerance ?? config.tolerance ?? 0);
  if (!parsed)
    throw usageError(
      `--tolerance takes 0.5%, +500, or both, not ${JSON.stringify(tolerance)}`,
      'for example: "0.5% +500"',
    );
  return parsed;
}

/** What ran well is recorded; what the configuration no longer has goes. */
function update(
  before: Snapshot,
  runs: readonly ScenarioRun[],
  chosen: ChosenScenarios,
  io: CommandIo,
): Promise<void> {
  const well = runs.filter(({ failure }) => failure === null);
  const known = new Set(runs.map(({ scenario }) => scenario));
  return writeSnapshot(
    before,
    updated(before, well, (name) => !chosen.all || known.has(name)),
    chosen,
    io,
  );
}

/** What to do next, where there is something. */
function advise(verdicts: readonly Verdict[], exact: boolean, chosen: ChosenScenarios, io: CommandIo): void {
  const name = snapshotName(chosen);
  const has = (...statuses: readonly Verdict["status"][]) =>
    verdicts.some(({ status }) => statuses.includes(status));
  if (has("regressed", "not-comparable"))
    io.stderr(`if that is as it should be: javy-prof check --update, and commit ${name}\n`);
  else if (has("improved", "new", "removed") && !exact)
    io.stderr(`record it: javy-prof check --update, and commit ${name}\n`);
}

/** `accepted`: what differs from the snapshot was written into it. */
function endingOf(verdicts: readonly Verdict[], exact: boolean, accepted: boolean): Ending {
  if (verdicts.some(({ status }) => status === "failed")) return "guest";
  if (accepted) return verdicts.some(({ status }) => status === "over-budget") ? "check" : "ok";
  return verdicts.some(({ status }) => isFailing(status, exact)) ? "check" : "ok";
}
