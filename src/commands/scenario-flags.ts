/** What every command that runs the configuration's scenarios takes. */
import type { Command } from "commander";

export interface ScenarioFlags {
  readonly config?: string;
  readonly shard?: string;
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
    .option("--no-build", "do not run the configuration's build command");
}
