/**
 * `javy-prof scale`: runs a program over sizes of its input (arrays repeated or cut), fits what an element costs, and finds the
 * most elements that fit into the limit by running them and one more.
 */
import { basename } from "node:path";
import { decodeText, encodeText } from "../base/bytes.ts";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { version } from "../base/version.ts";
import { SCALE_FORMATS, type ScaleFormat } from "../format/choices.ts";
import { writeScale } from "../format/ci/scales.ts";
import { inertText } from "../format/inert.ts";
import { failureOf } from "../format/warning-words.ts";
import {
  doublingSizes,
  type Fit,
  fitOf,
  type LargestSize,
  largestSize,
  measure,
  type Result,
  type RunSize,
  resizableJson,
  type ScaleDocument,
  type ScaleFit,
  type SizeRun,
} from "../index.ts";
import { parseChoice, parseCount, parseFuel } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { writeOutput } from "./output-file.ts";
import { refuseOverwriting } from "./overwriting.ts";
import { openScenario, profileScenario } from "./run-scenarios.ts";
import { type ScaledScenario, type ScenarioChoice, scaledScenario } from "./scaled-scenario.ts";
import { readScenarioInput } from "./scenario-input.ts";
import { parseSizes } from "./sizes.ts";

export interface ScaleFlags extends ScenarioChoice {
  readonly path?: readonly string[];
  readonly sizes?: string;
  readonly limit?: string;
  readonly atLeast?: string;
  /** False with --no-search. */
  readonly search?: boolean;
  readonly format: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** The most elements that are tried: past that it is the tool that is measured. */
const mostElements = 1_000_000;
/** Of the sizes that nobody named. */
const mostDoubled = 1024;

export async function scale(entry: string | undefined, flags: ScaleFlags, io: CommandIo): Promise<Ending> {
  const format = formatOf(flags);
  const { path: paths = [], search = true } = flags;
  const sizes = flags.sizes === undefined ? null : parseSizes(flags.sizes, mostElements);
  const atLeast = flags.atLeast === undefined ? null : parseCount(flags.atLeast, "--at-least");
  if (atLeast !== null && !search)
    throw usageError("--at-least takes the search that --no-search leaves out");
  const chosen = await scaledScenario(entry, flags, io);
  if (flags.out !== undefined) await refuseReading(flags.out, chosen, io);
  const { seen, lengths, run } = await prepared(chosen, paths, flags, io);
  const runs = sizes ? await inTurn(sizes, run) : await doublingSizes(run, mostDoubled);
  if (runs.every(({ failure }) => failure !== null))
    throw usageError(`no size ran well: at n = ${runs[0]!.n} ${runs[0]!.failure}`);
  const fit = fitOf(runs.filter(({ failure }) => failure === null));
  const isLimited = runs.some(({ limit }) => limit !== null);
  const largest = search && isLimited ? await largestSize(runs, fit, run, mostElements) : null;
  if (atLeast !== null && !largest)
    throw usageError(
      "--at-least takes a limit, and none is known",
      "give it: --limit 11M, or --limits shopify",
    );
  const report: ScaleDocument = {
    ...{ schemaVersion: 1, kind: "scale", tool: { name: "javy-prof", version } },
    scenario: chosen.scenario.name,
    paths: paths.map((path, i) => ({ path, length: lengths[i]! })),
    ...{ toolchain: seen.toolchain!, sizes: runs, fit: fit && written(fit), largest },
  };
  await give(report, format, flags, io);
  return endingOf(largest, atLeast, io);
}

function formatOf({ json, format }: ScaleFlags): ScaleFormat {
  if (json && format !== "table") throw usageError("--json is a format of its own", "leave out one of them");
  return json ? "json" : parseChoice(format, "--format", SCALE_FORMATS);
}

/** What runs a size, and what is known of the program once it has run. */
async function prepared(
  { scenario, folder }: ScaledScenario,
  paths: readonly string[],
  { limit }: ScaleFlags,
  io: CommandIo,
) {
  const own = limit === undefined ? null : parseFuel(limit, "--limit");
  const given = await readScenarioInput(scenario.input, folder);
  const name = scenario.input.kind === "nothing" ? scenario.name : scenario.input.path;
  const json = resizableJson(decodeText(given.bytes), name, paths);
  const program = await openScenario(scenario, folder);
  // as far as runs go past a platform's limit
  const bounded = own === null ? scenario : { ...scenario, maxFuel: 10 * own };
  const seen: { toolchain?: ScaleDocument["toolchain"] } = {};
  const run: RunSize = async (n) => {
    const bytes = encodeText(json.withElements(n));
    const result = await profileScenario(bounded, program, { ...given, bytes }, folder, io);
    seen.toolchain ??= measure(result).toolchain;
    return sizeRun(n, bytes.length, result, own);
  };
  return { seen, lengths: json.lengths, run };
}

/** `own`: the limit of the user's, in the place of the platform's. */
function sizeRun(n: number, inputBytes: number, result: Result, own: number | null): SizeRun {
  const { limits, fuel } = result;
  // how large the module is does not depend on n
  const judged = (limits?.exceeded ?? []).filter((one) => one !== "moduleBytes");
  const others = judged.filter((one) => one !== "fuel");
  const exceeded = own === null ? judged : [...(fuel.total > own ? ["fuel"] : []), ...others];
  const limit = own ?? limits?.fuel ?? null;
  return { n, inputBytes, fuel: fuel.total, limit, exceeded, failure: failureOf(result) };
}

async function inTurn(sizes: readonly number[], run: RunSize): Promise<SizeRun[]> {
  const runs: SizeRun[] = [];
  for (const n of sizes) runs.push(await run(n));
  return runs;
}

function written({ polynomial, error, unseen, other }: Fit): ScaleFit {
  const { numerators, denominator } = polynomial;
  return {
    coefficients: numerators.map((one) => Number(one) / Number(denominator)),
    exact: { numerators: numerators.map(String), denominator: String(denominator) },
    ...{ error, unseen, other },
  };
}

async function refuseReading(
  out: string,
  { scenario, folder }: ScaledScenario,
  io: CommandIo,
): Promise<void> {
  if (folder !== io.cwd) return;
  const input = scenario.input.kind === "nothing" ? undefined : scenario.input.path;
  const read = [
    { what: "the program", file: scenario.entry },
    { what: "the input", file: input },
  ];
  await refuseOverwriting([{ what: "the report", file: out, flag: "--out" }], read, io.cwd);
}

async function give(
  report: ScaleDocument,
  format: ScaleFormat,
  { out }: ScaleFlags,
  io: CommandIo,
): Promise<void> {
  const { width, unicode } = io;
  const isFile = out !== undefined && out !== "-";
  const options = { width, unicode, colour: io.colour };
  const text = writeScale(format, report, { ...options, colour: io.colour && !isFile });
  if (!isFile) return io.stdout(text);
  await writeOutput(out, text, io.cwd);
  await io.stdout(writeScale("table", report, options));
  io.stderr(`wrote ${inertText(basename(out))}\n`);
}

function endingOf(largest: LargestSize | null, atLeast: number | null, io: CommandIo): Ending {
  if (atLeast === null || largest === null) return "ok";
  const most = largest.fits?.n ?? -1;
  if (most >= atLeast) return "ok";
  io.stderr(`${grouped(Math.max(most, 0))} fit, and at least ${grouped(atLeast)} have to\n`);
  return "check";
}
