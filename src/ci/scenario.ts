/**
 * From the configuration to the list of runs: each scenario's files are found by a function that is handed in, each file is
 * one run with a name of its own, and what a scenario leaves out it takes from the configuration. Sorted by name.
 */
import picomatch from "picomatch";
import { compareText } from "../base/compare-text.ts";
import { usageError } from "../base/diagnostics.ts";
import { plural } from "../base/numbers.ts";
import { type Budget, budgetsOf } from "./budget.ts";
import type { Config, ScenarioConfig } from "./config.ts";

/** What the guest reads: a file as it is, `payload.input` of a Shopify fixture or of the log of a run, or nothing. */
export type ScenarioInput =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "fixture"; readonly path: string }
  | { readonly kind: "replay"; readonly path: string }
  | { readonly kind: "nothing" };

export interface Scenario {
  /** Distinct: the snapshot's key. */
  readonly name: string;
  readonly input: ScenarioInput;
  readonly entry: string;
  readonly plugin: string | null;
  readonly source: string | null;
  readonly sourceMap: string | null;
  readonly export: string | null;
  readonly args: readonly string[];
  readonly fuelModel: string | null;
  readonly limits: string | null;
  readonly schemaPath: string | null;
  readonly queryPath: string | null;
  readonly maxFuel: Config["maxFuel"] | null;
  /** Its own budgets, and those of the whole configuration. */
  readonly budgets: readonly Budget[];
}

/** Files that patterns match, `/`-separated and relative to the configuration's folder, each once. */
export type FindFiles = (patterns: readonly string[]) => readonly string[];

/** `file` is what errors call the configuration. @throws Diagnostic (usage). */
export function scenariosOf(config: Config, file: string, find: FindFiles): Scenario[] {
  const wide = budgetsOf(config.budgets, "budgets");
  const scenarios = config.scenarios.flatMap((one, i) => {
    const where = `${file}: scenarios[${i}]${one.name === undefined ? "" : ` (${one.name})`}`;
    const entry = one.entry ?? config.entry;
    if (entry === undefined)
      throw usageError(`${where} has no entry`, 'give it one, or the configuration: "entry": "app.js"');
    const runs = runsOf(one, where, find);
    const own = budgetsOf(one.budgets, `scenarios[${i}].budgets`);
    return runs.map(({ name, input }) => ({
      ...{ name, input, entry, args: one.args ?? [], budgets: [...own, ...wide] },
      plugin: one.plugin ?? config.plugin ?? null,
      source: one.source ?? config.source ?? null,
      sourceMap: one.sourceMap ?? config.sourceMap ?? null,
      export: one.export ?? config.export ?? null,
      fuelModel: one.fuelModel ?? config.fuelModel ?? null,
      // what a log of Shopify's repeats is judged as there
      limits: one.limits ?? config.limits ?? (input.kind === "replay" ? "shopify" : null),
      schemaPath: one.schemaPath ?? config.schemaPath ?? null,
      queryPath: one.queryPath ?? config.queryPath ?? null,
      maxFuel: one.maxFuel ?? config.maxFuel ?? null,
    }));
  });
  refuseDoubles(scenarios, file);
  return scenarios.sort((a, b) => compareText(a.name, b.name));
}

interface Run {
  readonly name: string;
  readonly input: ScenarioInput;
}

/** The keys that name files, and what a guest reads of each. */
const sources = [
  ["input", "file"],
  ["fixtures", "fixture"],
  ["replay", "replay"],
] as const;

function runsOf(one: ScenarioConfig, where: string, find: FindFiles): Run[] {
  const { name } = one;
  const [source, another] = sources.filter(([key]) => one[key] !== undefined);
  if (source && another)
    throw usageError(`${where} has both ${source[0]} and ${another[0]}`, "make two scenarios of it");
  if (source) return filesOf(source[1], listOf(one[source[0]]!), name, where, find);
  if (name === undefined)
    throw usageError(
      `${where} has no name`,
      "without an input, fixtures or logs, there is none to be made of a file's",
    );
  return [{ name, input: { kind: "nothing" } }];
}

/** A scenario of one file has its own name; one of several, `<name>/<the file below the glob's folder>`. */
function filesOf(
  kind: (typeof sources)[number][1],
  patterns: readonly string[],
  name: string | undefined,
  where: string,
  find: FindFiles,
): Run[] {
  const found = find(patterns);
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!"));
  // a pattern that finds nothing is a typing error, even beside others that do
  for (const pattern of wanted)
    if (find([pattern]).length === 0)
      throw usageError(
        `${where}: no file matches ${JSON.stringify(pattern)}`,
        "patterns are relative to the configuration's folder",
      );
  if (found.length === 0) throw usageError(`${where}: all files are excluded`);
  const isOne = wanted.length === 1 && !picomatch.scan(wanted[0]!).isGlob;
  const bases = wanted.map((pattern) => folderOf(pattern));
  return found.map((path) => {
    const below = bases.find((base) => base === "" || path.startsWith(`${base}/`)) ?? "";
    const stem = (below === "" ? path : path.slice(below.length + 1)).replace(/\.[^./]+$/, "");
    const own = name === undefined ? stem : isOne ? name : `${name}/${stem}`;
    return { name: own, input: { kind, path } };
  });
}

/** The folder of a path, or of what stands before a glob's first special character. */
function folderOf(pattern: string): string {
  const { base, isGlob } = picomatch.scan(pattern.replace(/^\.\//, ""));
  return isGlob ? base : base.split("/").slice(0, -1).join("/");
}

function listOf(given: string | readonly string[]): readonly string[] {
  return typeof given === "string" ? [given] : given;
}

function refuseDoubles(scenarios: readonly Scenario[], file: string): void {
  const seen = new Set<string>();
  for (const { name } of scenarios) {
    if (seen.has(name))
      throw usageError(
        `${file}: two scenarios are called ${JSON.stringify(name)}`,
        "give one of them another name",
      );
    seen.add(name);
  }
}

/** The scenarios whose names match one of the patterns (`cart/*`), all where there is none. @throws Diagnostic (usage). */
export function chosen(scenarios: readonly Scenario[], patterns: readonly string[]): readonly Scenario[] {
  if (patterns.length === 0) return scenarios;
  for (const pattern of patterns) {
    const isMatch = picomatch(pattern);
    if (!scenarios.some(({ name }) => isMatch(name)))
      throw usageError(
        `no scenario matches ${JSON.stringify(pattern)}`,
        `there ${scenarios.length === 1 ? "is" : "are"} ${plural(scenarios.length, "scenario")}: ${scenarios.map(({ name }) => name).join(", ")}`,
      );
  }
  const isChosen = picomatch([...patterns]);
  return scenarios.filter(({ name }) => isChosen(name));
}

/** The part of a fan-out that one machine runs: `2/5` is every fifth, from the second. @throws Diagnostic (usage). */
export function sharded(scenarios: readonly Scenario[], shard: string): readonly Scenario[] {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
  if (!part || !of || part > of)
    throw usageError(`--shard takes <part>/<parts>, not ${JSON.stringify(shard)}`, "for example 1/4");
  return scenarios.filter((_, i) => i % of === part - 1);
}
