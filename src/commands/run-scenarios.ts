/**
 * Runs scenarios in this process, as many at once as there are processors. A program that several of them share is opened
 * once, and its engine instrumented once; of each result only what a check needs is kept.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import picomatch from "picomatch";
import { encodeText } from "../base/bytes.ts";
import { headline, usageError } from "../base/diagnostics.ts";
import { countOf } from "../base/numbers.ts";
import { failureOf } from "../format/warning-words.ts";
import {
  type Config,
  Diagnostic,
  measure,
  open,
  type Program,
  parseFixture,
  profile,
  type Result,
  type Scenario,
  type ScenarioRun,
} from "../index.ts";
import { parseLimits, parseModel, scaledLimits } from "./fuel-flags.ts";
import { readInput, readText } from "./input.ts";
import type { CommandIo } from "./io.ts";

export interface RunOptions {
  /** Absolute; the scenarios' programs are relative to it. */
  readonly folder: string;
  /** The same of their inputs and cost tables; default: the programs'. */
  readonly inputFolder?: string;
  readonly config: Config;
  readonly io: CommandIo;
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
  let next = 0;
  const work = async () => {
    try {
      for (let i = next++; i < scenarios.length; i = next++)
        runs[i] = await runScenario(scenarios[i]!, programs, options);
    } catch (error) {
      // the others need not begin
      next = scenarios.length;
      throw error;
    }
  };
  const workers = Math.min(scenarios.length, availableParallelism());
  await Promise.all(Array.from({ length: workers }, work));
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
    const { input, exported } = await scenarioInput(scenario, inputFolder);
    const { args, limits, maxFuel, fuelModel } = scenario;
    const { result } = await profile(program, {
      ...{ input, args, signal: io.interrupted, limits: parseLimits(limits ?? undefined) },
      ...(await scaledBy(scenario, input, inputFolder)),
      ...(exported === null ? {} : { export: exported }),
      ...(fuelModel === null ? {} : { fuelModel: await parseModel(fuelModel, inputFolder) }),
      ...(maxFuel === null || maxFuel === undefined ? {} : { maxFuel: fuelOf(maxFuel) }),
    });
    if (result.run.exit.kind === "interrupted") throw interrupted();
    onResult?.(scenario, result, program);
    const isIgnored = config.ignore ? picomatch([...config.ignore]) : () => false;
    return { scenario: name, budgets, measured: measure(result, isIgnored), failure: failureOf(result) };
  } catch (error) {
    if (!(error instanceof Diagnostic) || error.kind === "interrupted") throw error;
    const { details } = error;
    // what is said of programs speaks of the options of run
    const speaksOfOptions = [headline(error), ...details].some((line) => /(?:^|\s)--[a-z]/.test(line));
    throw new Diagnostic({
      ...error.fields,
      message: `${name}: ${headline(error)}`,
      details: speaksOfOptions ? [...details, optionsAreKeys] : details,
      file: null,
      span: null,
      offset: null,
    });
  }
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
  { entry, plugin, source, sourceMap }: Scenario,
  folder: string,
): Promise<Program> {
  const key = JSON.stringify([entry, plugin, source, sourceMap]);
  const known = programs.get(key);
  if (known) return known;
  const program = open(entry, {
    cwd: folder,
    ...(plugin === null ? {} : { plugin }),
    ...(source === null ? {} : { source }),
    ...(sourceMap === null ? {} : { sourceMap }),
  });
  programs.set(key, program);
  return program;
}

/** What the guest reads, and the export that is called; null: the module's own. @throws Diagnostic (usage). */
export async function scenarioInput(
  { input, export: wanted }: Scenario,
  folder: string,
): Promise<{ readonly input: Uint8Array; readonly exported: string | null }> {
  switch (input.kind) {
    case "nothing":
      return { input: new Uint8Array(), exported: wanted };
    case "file":
      return { input: await readInput(input.path, folder, "the input"), exported: wanted };
    case "fixture": {
      const fixture = parseFixture(await readText(input.path, folder, "the fixture"), input.path);
      return { input: encodeText(fixture.input), exported: wanted ?? fixture.export };
    }
  }
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
