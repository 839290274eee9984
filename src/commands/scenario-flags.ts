/** What every command that runs the configuration's scenarios takes. */
import type { Command } from "commander";
import { usageError } from "../base/diagnostics.ts";
import { parseCount } from "./flags.ts";

export interface ScenarioFlags {
  readonly config?: string;
  readonly shard?: string;
  readonly jobs?: string;
  /** False with --no-build. */
  readonly build?: boolean;
}

export function addScenarioFlags(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "the configuration; default: javy-prof.config.* or package.json, here or above",
    )
    .option("--shard <part/parts>", "run one part of the scenarios: 1/4")
    .option("--jobs <n>", "runs at once; default: as many as there are processors")
    .option("--no-build", "do not run the configuration's build command");
}

/** `--jobs`; undefined where it is not given. @throws Diagnostic (usage). */
export function jobsOf({ jobs }: ScenarioFlags): number | undefined {
  if (jobs === undefined) return undefined;
  const count = parseCount(jobs, "--jobs", "1, 4");
  if (count === 0) throw usageError("--jobs takes at least 1");
  return count;
}
