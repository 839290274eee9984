/** The scenarios of the configuration that a command is to run: files found, chosen by name and by shard. */
import { globSync } from "tinyglobby";
import { chosen, type Scenario, scenariosOf, sharded } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { type LoadedConfig, loadConfig } from "./load-config.ts";
import type { ScenarioFlags } from "./scenario-flags.ts";

export interface ChosenScenarios extends LoadedConfig {
  readonly scenarios: readonly Scenario[];
  /** Whether these are all of the configuration's. */
  readonly all: boolean;
}

/** @throws Diagnostic (usage). */
export async function findScenarios(
  patterns: readonly string[],
  flags: ScenarioFlags,
  io: CommandIo,
): Promise<ChosenScenarios> {
  const loaded = await loadConfig(flags.config, io);
  const every = scenariosIn(loaded);
  const named = chosen(every, patterns);
  const scenarios = flags.shard === undefined ? named : sharded(named, flags.shard);
  return { ...loaded, scenarios, all: scenarios.length === every.length };
}

/** All scenarios of a configuration. */
export function scenariosIn({ config, file, folder }: LoadedConfig): Scenario[] {
  return scenariosOf(config, file, (patterns) =>
    globSync([...patterns], { cwd: folder, dot: true, expandDirectories: false }).sort(),
  );
}
