/**
 * Which scenarios `init` puts into a configuration: Shopify's fixtures by the export that they are for, other inputs by the
 * folder that they lie in, or those that were named. Files are read as far as it takes to tell a fixture from an input.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { Diagnostic, usageError } from "../base/diagnostics.ts";
import { plural } from "../base/numbers.ts";
import { type FunctionExtension, type FunctionTarget, parseFixture, type ScenarioConfig } from "../index.ts";

export interface FoundInputs {
  readonly scenarios: readonly ScenarioConfig[];
  /** For people: `3 fixtures`. */
  readonly what: string;
  readonly from: string;
  readonly guesses: readonly string[];
}

/** Folders whose JSON files are inputs, and names of files that are. */
const inputFolder = /(?:^|\/)(?:__fixtures__|carts?|data|examples?|fixtures?|inputs?|payloads?|samples?)$/;
const inputFile = /^(?:cart|example|input|payload|sample)s?\b.*\.json$/;
/** What lies beside inputs and is none. */
const noInput =
  /(?:^|[-_.])(?:config|expected|output|package|package-lock|result|schema|fuel|speedscope|tsconfig)[-_.]/;

interface JsonFile {
  readonly path: string;
  /** The export that the fixture is for, null where it names none; undefined: it is no fixture. */
  readonly export: string | null | undefined;
}

/** `given`: patterns of the user's. @throws Diagnostic (usage) where a Shopify function has none: it cannot run without. */
export function findInputs(
  given: readonly string[],
  shopify: FunctionExtension | null,
  folder: string,
): FoundInputs {
  if (given.length > 0) {
    const files = globSync([...given], { cwd: folder, expandDirectories: false }).sort();
    const isFixture = files.length > 0 && files.every((path) => look(path, folder).export !== undefined);
    const patterns = given.length === 1 ? given[0]! : [...given];
    const scenario = isFixture ? { fixtures: patterns } : { input: patterns };
    const what = plural(files.length, isFixture ? "fixture" : "input");
    return { scenarios: [scenario], what, from: "as given", guesses: [] };
  }
  const files = candidates(folder).map((path) => look(path, folder));
  const fixtures = files.filter((one) => one.export !== undefined);
  if (fixtures.length > 0) return fixtureScenarios(fixtures, shopify);
  if (files.length > 0) return inputScenarios(files.map(({ path }) => path));
  if (shopify)
    throw usageError(
      `${shopify.name} has no inputs here, and a function reads one`,
      "save one in tests/fixtures with: shopify app function replay",
      "or name what there is: javy-prof init -i 'carts/*.json'",
    );
  return {
    scenarios: [{ name: "no input" }],
    ...{ what: "one, without an input", from: "no inputs were found" },
    guesses: ['the program reads nothing; else give it files: "input": "carts/*.json"'],
  };
}

function candidates(folder: string): string[] {
  const ignore = ["**/node_modules/**", "**/.*/**", "dist/**", "build/**", "out/**", "locales/**"];
  return globSync(["*.json", "*/*.json", "*/*/*.json"], { cwd: folder, ignore })
    .filter((path) => {
      const at = path.lastIndexOf("/");
      const [place, name] = [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
      return (at < 0 ? inputFile.test(name) : inputFolder.test(place)) && !noInput.test(`${name}.`);
    })
    .sort();
}

function look(path: string, folder: string): JsonFile {
  try {
    return { path, export: parseFixture(readFileSync(join(folder, path), "utf8"), path).export };
  } catch (error) {
    if (error instanceof Diagnostic) return { path, export: undefined };
    throw error;
  }
}

/** One scenario for all fixtures, or one for each target that has any, with its query. */
function fixtureScenarios(fixtures: readonly JsonFile[], shopify: FunctionExtension | null): FoundInputs {
  const what = plural(fixtures.length, "fixture");
  const folders = foldersOf(fixtures.map(({ path }) => path));
  const from = folders.map((place) => `${place}*.json`).join(", ");
  const targets = shopify?.targets ?? [];
  if (targets.length < 2) return { scenarios: [{ fixtures: globOf(folders) }], what, from, guesses: [] };
  const scenarios = targets.flatMap((target) => {
    const own = fixtures.filter((one) => one.export === target.export).map(({ path }) => path);
    return own.length === 0 ? [] : [targetScenario(target, own)];
  });
  const known = new Set(targets.map((target) => target.export));
  const others = fixtures.filter((one) => !known.has(one.export ?? null)).map(({ path }) => path);
  return {
    scenarios: [...scenarios, ...(others.length === 0 ? [] : [{ name: "others", fixtures: others }])],
    ...{ what, from },
    guesses: [
      "fixtures are listed one by one, as there are several targets: add new ones to their target's scenario",
      ...(others.length === 0 ? [] : [`no target is named in ${others.join(", ")}`]),
    ],
  };
}

function targetScenario({ export: name, query }: FunctionTarget, fixtures: string[]): ScenarioConfig {
  return { name: name ?? "run", fixtures, ...(query === null ? {} : { queryPath: query }) };
}

/** One scenario a folder; those of several have the folder's name. */
function inputScenarios(paths: readonly string[]): FoundInputs {
  const folders = foldersOf(paths);
  const scenarios = folders.map((place): ScenarioConfig => {
    const own = paths.filter((path) => path.lastIndexOf("/") + 1 === place.length && path.startsWith(place));
    const input = place === "" ? (own.length === 1 ? own[0]! : own) : `${place}*.json`;
    const name = place.split("/").at(-2);
    return folders.length > 1 && name !== undefined ? { name, input } : { input };
  });
  return {
    scenarios,
    what: plural(paths.length, "input"),
    from: folders.map((place) => (place === "" ? "here" : `${place}*.json`)).join(", "),
    guesses: [`${plural(paths.length, "file")} of JSON are inputs by where they lie: remove what is none`],
  };
}

/** The folders of files, each once, with a slash at the end; "" is the configuration's. */
function foldersOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/") + 1)))];
}

function globOf(folders: readonly string[]): string | string[] {
  const globs = folders.map((place) => `${place}*.json`);
  return globs.length === 1 ? globs[0]! : globs;
}
