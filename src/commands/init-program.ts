/**
 * Which program `init` puts into a configuration, and why: the one that was named, a Shopify function of its extension's
 * toml, a module that was built, or a source. Files are read, modules are looked at, nothing is run.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { usageError } from "../base/diagnostics.ts";
import { foldersUp } from "../base/folders.ts";
import { extensionFile, type FunctionExtension, functionExtensions, inspect, open } from "../index.ts";

/** A part of a configuration, and where it comes from. */
export interface Found<T> {
  readonly value: T;
  readonly from: string;
}

export interface FoundProgram {
  readonly entry: Found<string>;
  readonly build: Found<string> | null;
  /** The JavaScript that a module was made of, with lines that it may not have. */
  readonly source: Found<string> | null;
  /** The function whose fixtures and queries the scenarios are for; null where it is none of Shopify's. */
  readonly shopify: FunctionExtension | null;
  readonly guesses: readonly string[];
}

/** What package.json says that matters here. */
interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  /** The files that it names as its program, in the order in which they count. */
  readonly mains: readonly Found<string>[];
}

/** `entry`: as the user named it, or what is to be found. `folder` is absolute. @throws Diagnostic (usage) where there is none. */
export async function findProgram(entry: string | undefined, folder: string): Promise<FoundProgram> {
  const project = readPackage(folder);
  if (entry !== undefined) {
    const build = entry.endsWith(".wasm") ? buildOf(project, folder) : null;
    return { entry: { value: entry, from: "as given" }, build, source: null, shopify: null, guesses: [] };
  }
  return (
    shopifyFunction(project, folder) ??
    (await builtModule(project, folder)) ??
    sourceEntry(project, folder) ??
    refuse(folder)
  );
}

function shopifyFunction(project: Package, folder: string): FoundProgram | null {
  const path = join(folder, extensionFile);
  if (!existsSync(path)) return null;
  const [first, ...others] = functionExtensions(readFileSync(path, "utf8"));
  if (!first) throw usageError(`${extensionFile} has no function in it`, "name the program: init app.js");
  const own = first.build && { value: first.build, from: `${extensionFile}: build.command` };
  const build = own || buildOf(project, folder);
  const also = others.map(({ name }) => name).join(", ");
  return {
    entry: { value: first.module, from: `${extensionFile}: build.path` },
    build: build ?? { value: "npx shopify app function build", from: "what builds Shopify's functions" },
    source: bundleOf(first.module, project, folder),
    shopify: first,
    guesses: also === "" ? [] : [`the scenarios are for ${first.name}; ${extensionFile} has ${also}, too`],
  };
}

/** A module with QuickJS in it, or one that a script of package.json writes. */
async function builtModule(project: Package, folder: string): Promise<FoundProgram | null> {
  const build = buildOf(project, folder);
  const named = Object.values(project.scripts).flatMap(
    (script) => /(?:-o|--output|--out)[ =]"?([\w./-]+\.wasm)/.exec(script)?.[1] ?? [],
  );
  const places = ["*.wasm", "{dist,build,out,bin,target}/**/*.wasm"];
  const lying = globSync(places, { cwd: folder, ignore: ["**/node_modules/**"] }).sort();
  const runnable: string[] = [];
  for (const path of new Set([...named.filter((one) => lying.includes(one)), ...lying]))
    if (await holdsProgram(path, folder)) runnable.push(path);
  const [first, ...others] = runnable;
  if (first !== undefined)
    return {
      entry: { value: first, from: "a module with QuickJS in it" },
      ...{ build, source: bundleOf(first, project, folder), shopify: null },
      guesses: others.length === 0 ? [] : [`the program is ${first}; there is ${others.join(", ")}, too`],
    };
  if (named[0] === undefined || build === null) return null;
  const from = "what a script of package.json writes";
  const source = bundleOf(named[0], project, folder);
  return { entry: { value: named[0], from }, build, source, shopify: null, guesses: [] };
}

/** The bundle beside a module, of the same name: there, or written by a script of package.json. */
function bundleOf(module: string, { scripts }: Package, folder: string): Found<string> | null {
  const value = module.replace(/\.wasm$/, ".js");
  const from = "what the module is made of: its source map leads to your files";
  const isWritten = Object.values(scripts).some((script) => script.includes(value));
  return value !== module && (isWritten || existsSync(join(folder, value))) ? { value, from } : null;
}

async function holdsProgram(path: string, folder: string): Promise<boolean> {
  try {
    const { kind } = inspect(await open(path, { cwd: folder }));
    return kind === "static" || kind === "dynamic" || kind === "quickjs";
  } catch {
    // what cannot be read as a module is none to propose
    return false;
  }
}

const stems = ["index", "main", "app", "function", "run"];
const endings = ["ts", "mts", "tsx", "js", "mjs", "jsx"];
const sources = ["src/", ""].flatMap((place) =>
  stems.flatMap((stem) => endings.map((ending) => `${place}${stem}.${ending}`)),
);

/** A source is taken before what a build makes of it: it has the lines that people know. */
function sourceEntry(project: Package, folder: string): FoundProgram | null {
  const isThere = (path: string) => existsSync(join(folder, path));
  const [mains, built] = [
    project.mains.filter(({ value }) => !isBuilt(value)),
    project.mains.filter(({ value }) => isBuilt(value)),
  ];
  const only = ["src/", ""].map((place) => onlySource(place, folder)).filter((path) => path !== null);
  const usual = [...sources.filter(isThere), ...only].map((value) => ({
    value,
    from: "where programs usually begin",
  }));
  const [first, ...others] = distinct([...mains.filter(({ value }) => isThere(value)), ...usual]);
  if (first) {
    const also = others.map(({ value }) => value).join(", ");
    const guesses = also === "" ? [] : [`the program begins in ${first.value}, and not in ${also}`];
    return { entry: first, build: null, source: null, shopify: null, guesses };
  }
  const build = buildOf(project, folder);
  const entry = built.find(({ value }) => build !== null || isThere(value));
  return entry === undefined ? null : { entry, build, source: null, shopify: null, guesses: [] };
}

/** The one source of a folder that has one: neither a test nor a configuration of a tool. */
function onlySource(place: string, folder: string): string | null {
  const found = globSync([`${place}*.{${endings.join(",")}}`], { cwd: folder });
  const programs = found.filter((path) => !/\.(?:config|test|spec|d)\.\w+$/.test(path));
  return programs.length === 1 ? programs[0]! : null;
}

const isBuilt = (path: string): boolean => /^(?:dist|build|out|lib)\//.test(path);

function distinct(found: readonly Found<string>[]): Found<string>[] {
  const seen = new Set<string>();
  return found.filter(({ value }) => !seen.has(value) && seen.add(value));
}

function refuse(folder: string): never {
  const below = globSync([`extensions/*/${extensionFile}`], { cwd: folder }).sort();
  if (below.length > 0)
    throw usageError(
      "this is the folder of an app, and functions are in its extensions",
      ...below.map((path) => `cd ${path.slice(0, -extensionFile.length - 1)} && javy-prof init`),
    );
  throw usageError(
    "there is no program here that a configuration could name",
    `looked for ${extensionFile}, modules (*.wasm), package.json, and ${stems.map((stem) => `src/${stem}.ts`).join(", ")}`,
    "name it: javy-prof init app.js",
  );
}

/** The script that builds, by the package manager that the lockfile is of. */
function buildOf({ scripts }: Package, folder: string): Found<string> | null {
  if (scripts["build"] === undefined) return null;
  const managers: Readonly<Record<string, string>> = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
  };
  const lock = foldersUp(folder).flatMap((one) =>
    Object.keys(managers).filter((name) => existsSync(join(one, name))),
  )[0];
  const manager = lock === undefined ? "npm" : managers[lock]!;
  return { value: `${manager} run build`, from: "package.json: scripts.build" };
}

function readPackage(folder: string): Package {
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) ?? {};
  } catch {
    return { scripts: {}, mains: [] };
  }
  const scripts = Object.entries(parsed["scripts"] ?? {}).filter(([, text]) => typeof text === "string");
  const { source, main, module, bin } = parsed;
  const bins = typeof bin === "object" && bin !== null ? Object.values(bin) : [bin];
  const mains = [["source", source], ["main", main], ["module", module], ...bins.map((one) => ["bin", one])];
  return {
    scripts: Object.fromEntries(scripts),
    mains: mains.flatMap(([key, path]) =>
      typeof path === "string" && /\.(?:[cm]?[jt]s|[jt]sx)$/.test(path)
        ? [{ value: path.replace(/^\.\//, ""), from: `package.json: ${key}` }]
        : [],
    ),
  };
}
