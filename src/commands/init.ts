/**
 * `javy-prof init`: writes javy-prof.config.json from what the folder holds, says what it took from where and what it
 * guessed, and loads what it wrote. It runs nothing of the project, unless it is asked for the first snapshot.
 */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { Diagnostic, type Ending, headline, usageError } from "../base/diagnostics.ts";
import { foldersUp } from "../base/folders.ts";
import { plural } from "../base/numbers.ts";
import { type Decision, type Proposal, renderNext, renderProposal } from "../format/ci/proposal-text.ts";
import { inertText } from "../format/inert.ts";
import {
  type Config,
  defaultModelName,
  open,
  parseConfig,
  type Scenario,
  type ScenarioConfig,
} from "../index.ts";
import { scenariosIn } from "./find-scenarios.ts";
import { findInputs } from "./init-inputs.ts";
import { type FoundProgram, findProgram } from "./init-program.ts";
import type { CommandIo } from "./io.ts";
import { configIn, loadConfig } from "./load-config.ts";
import { writeOutput } from "./output-file.ts";
import { scaledBy } from "./run-scenarios.ts";
import { readScenarioInput } from "./scenario-input.ts";

export interface InitFlags {
  readonly input?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly snapshot?: boolean;
}

const configName = "javy-prof.config.json";
/** Where the platform's command line puts the schema of an extension's API. */
const scalingSchema = "schema.graphql";
const schemaPath = "node_modules/javy-prof/dist/config.schema.json";

export async function init(entry: string | undefined, flags: InitFlags, io: CommandIo): Promise<Ending> {
  if (!flags.dryRun) await refuseExisting(flags, io);
  const program = await findProgram(entry, io.cwd);
  const { config, proposal } = await propose(program, flags, io);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const scenarios = scenariosIn({
    config: parseConfig(config, configName),
    file: configName,
    folder: io.cwd,
  });
  if (flags.dryRun) {
    await io.stdout(text);
    io.stderr(renderProposal(proposal, io.colour));
    return "ok";
  }
  await writeOutput(configName, text, io.cwd);
  await loadConfig(configName, io);
  io.stderr(`wrote ${configName}: ${plural(scenarios.length, "scenario")}\n`);
  io.stderr(renderProposal(proposal, io.colour));
  for (const problem of await problemsOf(scenarios, program, io)) io.stderr(`note: ${inertText(problem)}\n`);
  const ending = flags.snapshot ? await (await import("./snapshot.ts")).snapshot([], {}, io) : "ok";
  if (ending === "ok") io.stderr(renderNext(io.command, flags.snapshot ?? false));
  return ending;
}

/** @throws Diagnostic (usage) where there is a configuration already, that is not to be replaced. */
async function refuseExisting({ force }: InitFlags, io: CommandIo): Promise<void> {
  const found = await configIn(io.cwd);
  if (found === null || (force && found === configName)) return;
  throw found === configName
    ? usageError(
        `there is a ${found} here`,
        "to write it anew: --force",
        "to see what it would be: --dry-run",
      )
    : usageError(`there is a configuration here, in ${found}`, "to see what init would write: --dry-run");
}

/** The configuration, and where each part of it comes from. */
async function propose(
  { entry, build, source, shopify, guesses }: FoundProgram,
  { input = [] }: InitFlags,
  io: CommandIo,
): Promise<{ readonly config: Config; readonly proposal: Proposal }> {
  const { scenarios, ...inputs } = findInputs(input, shopify, io.cwd);
  const decisions: Decision[] = [];
  const decided = <T extends string>(key: string, value: T, from: string): T => {
    decisions.push({ key, value, from });
    return value;
  };
  const isScaled = existsSync(join(io.cwd, scalingSchema));
  const [query] = shopify?.targets.map((target) => target.query) ?? [];
  // one query holds for all scenarios; several are the scenarios' own
  const isShared = isScaled && query && !scenarios.some(({ queryPath }) => queryPath);
  const own = ({ queryPath, ...one }: ScenarioConfig): ScenarioConfig =>
    isScaled && queryPath ? { ...one, schemaPath: scalingSchema, queryPath } : one;
  const config: Config = {
    $schema: schemaFrom(io.cwd),
    ...(build && { build: decided("build", build.value, build.from) }),
    entry: decided("entry", entry.value, entry.from),
    ...(source && { source: decided("source", source.value, source.from) }),
    ...(shopify
      ? { limits: decided("limits", "shopify", "with its fuel model; large carts raise them") }
      : { fuelModel: decided("fuelModel", defaultModelName, "pinned: a newer default would not compare") }),
    ...(isShared
      ? {
          schemaPath: decided("schemaPath", scalingSchema, "its @scaleLimits raise the limits"),
          queryPath: decided("queryPath", query, "the target's input_query"),
        }
      : {}),
    scenarios: scenarios.map(own),
  };
  decided("scenarios", inputs.what, inputs.from);
  return { config, proposal: { decisions, guesses: [...guesses, ...inputs.guesses] } };
}

/** The schema in the package that is installed here or above, else where it will be. */
function schemaFrom(folder: string): string {
  const place = foldersUp(folder).find((one) => existsSync(join(one, schemaPath))) ?? folder;
  const path = relative(folder, join(place, schemaPath)).split("\\").join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** What would hinder the scenarios from running, as far as that shows without running them. */
async function problemsOf(
  scenarios: readonly Scenario[],
  { entry, build }: FoundProgram,
  io: CommandIo,
): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async (what: string, act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
      problems.push([what + headline(error), ...error.details.slice(0, 1)].join(": "));
    }
  };
  if (build !== null && !existsSync(join(io.cwd, entry.value)))
    problems.push(`${entry.value} is not built yet: snapshot and check run ${build.value}`);
  else
    await attempt("", async () => {
      const refusal = (await open(entry.value, { cwd: io.cwd })).refusal();
      if (refusal) throw refusal;
    });
  for (const scenario of scenarios)
    await attempt(`${scenario.name}: `, async () => {
      const { bytes: input } = await readScenarioInput(scenario.input, io.cwd);
      await scaledBy(scenario, input, io.cwd);
    });
  const schema = schemaFrom(io.cwd);
  if (!existsSync(join(io.cwd, schema)))
    problems.push(`editors know the keys once javy-prof is installed here: npm install --save-dev javy-prof`);
  return [...new Set(problems)];
}
