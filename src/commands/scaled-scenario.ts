/** The scenario that `scale` runs: one of the configuration, or one that its flags describe. */
import { basename } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { type Scenario, scenariosOf } from "../index.ts";
import { findScenarios } from "./find-scenarios.ts";
import type { CommandIo } from "./io.ts";
import { runBuild } from "./run-scenarios.ts";

export interface ScenarioChoice {
  readonly input?: string;
  readonly fixture?: string;
  readonly scenario?: string;
  readonly export?: string;
  readonly plugin?: string;
  readonly fuelModel?: string;
  readonly limits?: string;
  readonly schemaPath?: string;
  readonly queryPath?: string;
  readonly config?: string;
  /** False with --no-build. */
  readonly build?: boolean;
}

export interface ScaledScenario {
  readonly scenario: Scenario;
  /** Absolute; its paths are relative to it. */
  readonly folder: string;
}

/** Flags that are keys of a scenario, too. */
const scenarioKeys = ["export", "plugin", "fuelModel", "limits", "schemaPath", "queryPath"] as const;

/** @throws Diagnostic (usage) where the flags do not go together, or say too little. */
export async function scaledScenario(
  entry: string | undefined,
  flags: ScenarioChoice,
  io: CommandIo,
): Promise<ScaledScenario> {
  const { scenario: name, input, fixture } = flags;
  if (name !== undefined) return configured(entry, name, flags, io);
  const example = "javy-prof scale app.js -i cart.json --path cart.lines";
  if (entry === undefined) throw usageError("a program is needed, or --scenario", example);
  if ((input === undefined) === (fixture === undefined))
    throw usageError("an input is needed: --input or --fixture", example);
  const given = scenarioKeys.filter((key) => flags[key] !== undefined);
  const one = {
    ...Object.fromEntries(given.map((key) => [key, flags[key]])),
    ...{ name: basename((input ?? fixture)!), entry },
    ...(input === undefined ? { fixtures: fixture! } : { input }),
  };
  // a name is no pattern here, and is looked for where it is read
  const [scenario] = scenariosOf({ scenarios: [one] }, "the command line", (patterns) => patterns);
  return { scenario: scenario!, folder: io.cwd };
}

async function configured(
  entry: string | undefined,
  name: string,
  flags: ScenarioChoice,
  io: CommandIo,
): Promise<ScaledScenario> {
  if (
    entry !== undefined ||
    (["input", "fixture", ...scenarioKeys] as const).some((key) => flags[key] !== undefined)
  )
    throw usageError("--scenario has a program and an input of its own", "leave out one of them");
  const { scenarios, config, folder } = await findScenarios(
    [name],
    { ...(flags.config === undefined ? {} : { config: flags.config }) },
    io,
  );
  const [scenario, ...others] = scenarios;
  if (others.length > 0)
    throw usageError(
      `--scenario takes one, and ${JSON.stringify(name)} means ${scenarios.length}`,
      `there are: ${scenarios.map((one) => one.name).join(", ")}`,
    );
  if (flags.build !== false) await runBuild(config, folder, io);
  return { scenario: scenario!, folder };
}
