/**
 * Runs scenarios in this process, as many at once as there are processors. A program that several of them share is opened
 * once, and its engine instrumented once; of each result only what a check needs is kept.
 */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import picomatch from "picomatch";
import { headline, usageError } from "../base/diagnostics.ts";
import { countOf } from "../base/numbers.ts";
import { failureOf } from "../format/warning-words.ts";
import {
  type Config,
  Diagnostic,
  measure,
  open,
  type Program,
  profile,
  type Result,
  type Scenario,
  type ScenarioRun,
} from "../index.ts";
import { atOnce } from "./at-once.ts";
import { parseLimits, parseModel, scaledLimits } from "./fuel-flags.ts";
import type { CommandIo } from "./io.ts";
import { errorOf, type GuestInput, readScenarioInput } from "./scenario-input.ts";

export interface RunOptions {
  /** Absolute; the scenarios' programs are relative to it. */
  readonly folder: string;
  /** The same of their inputs and cost tables; default: the programs'. */
  readonly inputFolder?: string;
  readonly config: Config;
  readonly io: CommandIo;
  /** Runs at once; default: as many as there are processors. */
  readonly jobs?: number | undefined;
  /** Called with each result before it is let go. */
  readonly onResult?: (scenario: Scenario, result: Result, program: Program) => void;
}

/** In the order of `scenarios`, whatever ends first. @throws Diagnostic where one cannot be run, with its name. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunOptions,
): Promise<ScenarioRun[]> {
  const programs = new Map<string, Promise<Program>>();
  const runs: ScenarioRun[] = [];
  await atOnce(
    scenarios,
    (scenario) => runScenario(scenario, programs, options),
    (run) => runs.push(run),
    undefined,
    options.jobs,
  );
  return runs;
}

async function runScenario(
  scenario: Scenario,
  programs: Map<string, Promise<Program>>,
  { folder, inputFolder = folder, config, io, onResult }: RunOptions,
): Promise<ScenarioRun> {
  const { name, budgets } = scenario;
  try {
    const program = await shared(programs, scenario, folder);
    const given = await readScenarioInput(scenario.input, inputFolder);
    const result = await profileScenario(scenario, program, given, inputFolder, io);
    onResult?.(scenario, result, program);
    const isIgnored = config.ignore ? picomatch([...config.ignore]) : () => false;
    return { scenario: name, budgets, measured: measure(result, isIgnored), failure: failureOf(result) };
  } catch (error) {
    throw inTermsOfKeys(errorOf(name, error));
  }
}

/** One run with this input, whatever the scenario's own is. @throws Diagnostic, of Ctrl-C too. */
export async function profileScenario(
  scenario: Scenario,
  program: Program,
  { bytes: input, export: own }: Pick<GuestInput, "bytes" | "export">,
  inputFolder: string,
  io: CommandIo,
): Promise<Result> {
  const { args, limits, maxFuel, fuelModel } = scenario;
  const exported = scenario.export ?? own;
  const { result } = await profile(program, {
    ...{ input, args, signal: io.interrupted, limits: await parseLimits(limits ?? undefined, inputFolder) },
    ...(await scaledBy(scenario, input, inputFolder)),
    ...(exported === null ? {} : { export: exported }),
    ...(fuelModel === null ? {} : { fuelModel: await parseModel(fuelModel, inputFolder) }),
    ...(maxFuel === null || maxFuel === undefined ? {} : { maxFuel: fuelOf(maxFuel) }),
  });
  if (result.run.exit.kind === "interrupted") throw interrupted();
  return result;
}

const optionsAreKeys = 'options of run are keys of the configuration: --plugin <file> is "plugin": "<file>"';

/** The limits by the schema's and the query's scale, where the scenario names both. */
export function scaledBy({ limits, schemaPath, queryPath }: Scenario, input: Uint8Array, folder: string) {
  const flags = {
    ...(limits === null ? {} : { limits }),
    ...(schemaPath === null ? {} : { schemaPath }),
    ...(queryPath === null ? {} : { queryPath }),
  };
  return scaledLimits(flags, input, folder);
}

const fuelOf = (given: string | number): number => (typeof given === "number" ? given : countOf(given)!);

/** A program that is opened once for all scenarios with it. */
function shared(
  programs: Map<string, Promise<Program>>,
  scenario: Scenario,
  folder: string,
): Promise<Program> {
  const { entry, plugin, source, sourceMap } = scenario;
  const key = JSON.stringify([entry, plugin, source, sourceMap]);
  const program = programs.get(key) ?? openScenario(scenario, folder);
  programs.set(key, program);
  return program;
}

export function openScenario(
  { entry, plugin, source, sourceMap }: Scenario,
  folder: string,
): Promise<Program> {
  return open(entry, {
    cwd: folder,
    ...(plugin === null ? {} : { plugin }),
    ...(source === null ? {} : { source }),
    ...(sourceMap === null ? {} : { sourceMap }),
  });
}

/** What is said of programs speaks of the options of run: say where they are in a configuration. */
function inTermsOfKeys<T>(error: T): T | Diagnostic {
  if (!(error instanceof Diagnostic) || error.kind === "interrupted") return error;
  const { details } = error;
  const speaksOfOptions = [headline(error), ...details].some((line) => /(?:^|\s)--[a-z]/.test(line));
  return speaksOfOptions ? new Diagnostic({ ...error.fields, details: [...details, optionsAreKeys] }) : error;
}

function interrupted(): Diagnostic {
  return new Diagnostic({ kind: "interrupted", message: "interrupted: nothing was judged or written" });
}

/** Runs the configuration's build command in a shell, in its folder; what it says goes to stderr. @throws Diagnostic (usage). */
export function runBuild({ build }: Config, folder: string, io: CommandIo): Promise<void> {
  if (build === undefined) return Promise.resolve();
  return new Promise((done, failed) => {
    const child = spawn(build, {
      cwd: resolve(folder),
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      signal: io.interrupted,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => io.stderr(String(chunk)));
    const wrong = (why: string) =>
      failed(io.interrupted.aborted ? interrupted() : usageError(`the build command failed: ${why}`, build));
    child.on("error", (error) => wrong(error.message));
    child.on("close", (code, signal) => (code === 0 ? done() : wrong(signal ?? `exit code ${code}`)));
  });
}
