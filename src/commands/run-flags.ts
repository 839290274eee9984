/** The flags of `run`: what a user may write. What it means is said in run-settings.ts. */
import type { Command } from "commander";
import { BREAKDOWNS, FORMAT_NAMES, SORTS, STDIN_KINDS } from "../format/choices.ts";
import { addJavyFlags, collect, fuelModelHelp, type JavyFlags, parseChoice, sourceMapHelp } from "./flags.ts";

export interface RunFlags extends JavyFlags {
  readonly input?: readonly string[];
  readonly replay?: readonly string[];
  readonly stdin: string;
  readonly export?: string;
  readonly plugin?: string;
  readonly link?: readonly string[];
  readonly source?: string;
  readonly sourceMap?: string;
  readonly fuelModel?: string;
  readonly out?: string;
  readonly outDir?: string;
  readonly format: string;
  readonly by?: readonly string[];
  readonly top?: string;
  readonly sort: string;
  readonly min: string;
  readonly limits?: string;
  readonly schemaPath?: string;
  readonly queryPath?: string;
  /** The program, as function-runner names it. */
  readonly function?: string;
  /** The same of --out. */
  readonly profileOut?: string;
  readonly host?: string;
  readonly maxFuel?: string;
  readonly timeout?: string;
  readonly frames: string;
  /** True for the flag alone. */
  readonly events?: true | "all";
  readonly realClock?: boolean;
  readonly seed: string;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly watch?: boolean;
  readonly dispatchFunction?: string;
}

/** Rows of the tables that nobody asked for, and of those that somebody did: the first fit a screen. */
export const usualRows = { function: 10, line: 5, asked: 20 };

export function addRunFlags(command: Command): Command {
  command
    .option("-f, --function <file>", "the program, as function-runner names it: the same as <entry>")
    .option(
      "-i, --input <file>",
      "stdin of the guest, - for this command's; repeatable, or a glob in quotes: a run each; default: piped stdin, else empty",
      collect,
    )
    .option(
      "--replay <log>",
      "the log of a Shopify function's run (.shopify/logs/*.json): its input and export, its fuel beside ours; repeatable, or a glob in quotes",
      collect,
    )
    .option(
      "--stdin <kind>",
      `how reads of it are cut: ${STDIN_KINDS.join(", ")}; memory: not at all, the others as wasmtime does`,
      "memory",
    )
    .option("-e, --export <name>", "export to call; default _start, or the only one there is")
    .option("--plugin <file>", "the Javy plugin to compile with and to run on; default: the embedded one")
    .option(
      "--link <name=file>",
      "a module that the program imports from as <name>: counted with it; repeatable, each may import from those before",
      collect,
    )
    .option(
      "--source <file>",
      "the JavaScript that a module without lines was built from; default: what it carries",
    )
    .option("--source-map <file>", sourceMapHelp)
    .option("--fuel-model <model>", fuelModelHelp)
    .option(
      "-o, --out <file>",
      "profile; default <base>.speedscope.json in the working directory; - is stdout",
    )
    .option("--out-dir <folder>", "where the files go under their default names; made if it is not there")
    .option("--format <list>", FORMAT_NAMES.join(", "), "speedscope")
    .option(
      "--by <what>",
      `table of the summary: ${BREAKDOWNS.join(", ")}; repeatable; default: functions, and the dearest lines`,
      collect,
    )
    .option(
      "--top <n>",
      `rows of a table, 0: all; default: ${usualRows.function} functions, ${usualRows.line} lines; ${usualRows.asked} with --by`,
    )
    .option("--sort <key>", SORTS.join(", "), "self")
    .option("--min <fuel>", "least own fuel of a row", "0")
    .option(
      "--limits <name>",
      "what to judge the run by: shopify, shopify:<scale>, none, or a JSON file of limits; default: what the module is for",
    )
    .option(
      "-s, --schema-path <file>",
      "a Shopify function's schema: with -q, the limits are scaled for the input",
    )
    .option("-q, --query-path <file>", "its input query")
    .option("-p, --profile", "taken from function-runner's command line: a profile is always written")
    .option("--profile-out <file>", "the profile, as function-runner names it: the same as --out")
    .option("--profile-frequency <n>", "taken from function-runner's command line: nothing is sampled here")
    .option("--host <file>", "ES module that gives the module its imports and drives it: docs/hosts.md")
    .option("--max-fuel <n>", "stop the guest past this fuel: 11000000, 11M, 500k")
    .option("--timeout <seconds>", "stop the guest past this time")
    .option(
      "--frames <kind>",
      "builtin: JavaScript functions and the builtins they call; js: JavaScript alone; work: the engine's work by category, too; engine: every function of the engine; wasm: WebAssembly functions, of any module",
      "builtin",
    )
    .option(
      "--events [all]",
      "keep the ordered calls in the result document; all: any number of them, and every call path, whatever the size",
      (value) => parseChoice(value, "--events", ["all"] as const),
    )
    .option("--real-clock", "give the guest the real time (default: a clock that stands still)")
    .option("--seed <n>", "seed of WASI's random_get (Javy's Math.random follows the clock)", "42")
    .option("--open", "view the profile when it is written")
    .option("--no-open", "do not (default)")
    .option("-j, --json", "one JSON document on stdout, the guest's output inside it")
    .option(
      "-w, --watch",
      "run again when a file changes, and print what that changed; profiles are written with -o, --out-dir or --format alone; q or Ctrl-C ends it",
    )
    .option("--quiet", "no summary")
    .option("--verbose", "also say what was located, made and used")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found");
  return addJavyFlags(command);
}
