/** `javy-prof snapshot`: runs the configuration's scenarios and records what they cost in `.fuel-snapshot`. */
import { Diagnostic, type Ending } from "../base/diagnostics.ts";
import { grouped, plural } from "../base/numbers.ts";
import { inertText } from "../format/inert.ts";
import { findScenarios, scenariosIn } from "./find-scenarios.ts";
import type { CommandIo } from "./io.ts";
import { runBuild, runScenarios } from "./run-scenarios.ts";
import { jobsOf, type ScenarioFlags } from "./scenario-flags.ts";
import { readSnapshot, updated, writeSnapshot } from "./snapshot-file.ts";

export async function snapshot(
  patterns: readonly string[],
  flags: ScenarioFlags,
  io: CommandIo,
): Promise<Ending> {
  const jobs = jobsOf(flags);
  const chosen = await findScenarios(patterns, flags, io);
  const { config, folder, scenarios, all } = chosen;
  const before = await readSnapshot(chosen).catch((error: unknown) => {
    // what cannot be read is written anew, with all that is to be in it
    if (all && error instanceof Diagnostic) return new Map<string, never>();
    throw error;
  });
  if (flags.build !== false) await runBuild(config, folder, io);
  const runs = await runScenarios(scenarios, { folder, config, io, jobs });
  const failed = runs.filter(({ failure }) => failure !== null);
  for (const { scenario, failure } of failed)
    io.stderr(`${inertText(`${scenario}: the guest failed: ${failure}`)}\n`);
  if (failed.length > 0) {
    io.stderr("the snapshot stays as it was: it is to hold what a run costs that works\n");
    return "guest";
  }
  for (const { scenario, measured } of runs)
    io.stderr(`${grouped(measured.total).padStart(17)}  ${inertText(scenario)}\n`);
  io.stderr(`${plural(runs.length, "scenario")}\n`);
  const names = new Set(scenariosIn(chosen).map(({ name }) => name));
  await writeSnapshot(
    before,
    updated(before, runs, (name) => names.has(name)),
    chosen,
    io,
  );
  return "ok";
}
