/**
 * Values of flags: what a user writes for a number, a time, one of a few words, and the one error each when it is something
 * else. The help of every command needs these, so that nothing of the library is read here.
 */
import type { Command } from "commander";
import { usageError } from "../base/diagnostics.ts";
import { countOf } from "../base/numbers.ts";
import { defaultModelName } from "../format/choices.ts";
import type { JavyChoice } from "../index.ts";
import type { CommandIo } from "./io.ts";

/** A count as people write it: `11000000`, `11_000_000`, `11M`, `500k`, `1.5M`. */
export function parseCount(text: string, flag: string, examples = "0, 10, 500"): number {
  const value = countOf(text);
  if (value === undefined)
    throw usageError(`${flag} takes a whole number, not ${JSON.stringify(text)}`, `examples: ${examples}`);
  return value;
}

/** The same of fuel. */
export function parseFuel(text: string, flag: string): number {
  return parseCount(text, flag, "11000000, 11M, 500k");
}

/** A time in seconds, as milliseconds. */
export function parseSeconds(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)s?$/.exec(text.trim());
  const value = match ? Math.round(Number(match[1]) * 1000) : Number.NaN;
  if (!(value > 0))
    throw usageError(`${flag} takes a time in seconds, not ${JSON.stringify(text)}`, "examples: 10, 0.5");
  return value;
}

/** One of a list of words. */
export function parseChoice<T extends string>(text: string, flag: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw usageError(`${flag} takes ${choices.join(", ")}, not ${JSON.stringify(text)}`);
  return found;
}

/** Some of a list of words, each flag with one or several behind commas. */
export function parseChoices<T extends string>(
  given: readonly string[],
  flag: string,
  choices: readonly T[],
): T[] {
  return given.flatMap((list) => list.split(",")).map((text) => parseChoice(text, flag, choices));
}

export const sourceMapHelp =
  "the source map of JavaScript that a bundler wrote, or none; default: what the code names, or <entry>.map";

export const fuelModelHelp = `wasmtime-<major>, or a JSON cost table; default: what the platform of --limits counts by, else ${defaultModelName}`;

/** What `run` and `build` take for a user's own javy. */
export interface JavyFlags {
  readonly javy?: string;
  readonly codegen?: readonly string[];
  readonly javascript?: readonly string[];
}

/** `--link name=file`, by name in the order given. @throws Diagnostic (usage). */
export function parseLinks(given: readonly string[]): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  for (const one of given) {
    const at = one.indexOf("=");
    if (at < 1 || at === one.length - 1)
      throw usageError(
        `--link takes <name>=<file>, not ${JSON.stringify(one)}`,
        "example: --link shopify_function_v2=provider.wasm",
      );
    const name = one.slice(0, at);
    if (links.has(name)) throw usageError(`--link names ${JSON.stringify(name)} twice`);
    links.set(name, one.slice(at + 1));
  }
  return links;
}

/** An option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function addJavyFlags(command: Command): Command {
  return command
    .option("--javy <path>", "compile app.js with this javy; default: the embedded engine")
    .option("-C, --codegen <key=value>", "option for javy's code generation, passed on; repeatable", collect)
    .option("-J, --javascript <key=value>", "option for javy's runtime, passed on; repeatable", collect);
}

/** Whether a javy of the user's is to compile, for the library. */
export function javyChoice({ javy, codegen = [], javascript = [] }: JavyFlags, io: CommandIo): JavyChoice {
  return { path: javy, codegen, javascript, world: io };
}

/** `--dispatch-function`: the function index of the interpreter, for the library. */
export function interpreterOption({ dispatchFunction }: { readonly dispatchFunction?: string }): {
  readonly dispatchFunction?: number;
} {
  if (dispatchFunction === undefined) return {};
  return { dispatchFunction: parseCount(dispatchFunction, "--dispatch-function") };
}
