/**
 * `javy-prof completion <shell>`: the script that completes commands, options and their values in a shell. It is made of
 * the commands as they are declared; which words an option takes stands here, and is held against its help.
 */
import type { Command, Option } from "commander";
import {
  BREAKDOWNS,
  CHECK_FORMATS,
  DIFF_BREAKDOWNS,
  DIFF_FORMATS,
  FORMAT_NAMES,
  REPORT_FORMATS,
  SCALE_FORMATS,
  SHELLS,
  SORTS,
  STDIN_KINDS,
} from "../format/choices.ts";
import { scripts } from "../format/completion.ts";
import type { CompletedCommand, CompletedOption } from "../format/completion-tree.ts";
import { libraryNames } from "../index.ts";
import { parseChoice } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { FRAMES } from "./run-settings.ts";

/** What options take that are chosen from a list, by command and option. */
const words: Readonly<Record<string, readonly string[]>> = {
  "run --stdin": STDIN_KINDS,
  "run --format": FORMAT_NAMES,
  "run --by": BREAKDOWNS,
  "run --sort": SORTS,
  "run --frames": FRAMES,
  "run --limits": ["shopify", "none"],
  "export --format": FORMAT_NAMES,
  "monitor --format": REPORT_FORMATS,
  "instrument --report": ["none", "stderr"],
  "check --format": CHECK_FORMATS,
  "report --format": CHECK_FORMATS,
  "scale --format": SCALE_FORMATS,
  "scale --limits": ["shopify", "none"],
  "diff --format": DIFF_FORMATS,
  "diff --by": DIFF_BREAKDOWNS,
};

/** Options that are completed, of which `completion` itself and the tests know the tree. */
export function completedCommands(program: Command): CompletedCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options
      .filter(({ hidden }) => !hidden)
      .map((option) => completed(command.name(), option)),
    // what is no file is typed: the names of scenarios, of rules
    arguments: argumentWords[command.name()] ?? [],
  }));
}

/** What the first argument of a command can be, beside a file. */
const argumentWords: Readonly<Record<string, readonly string[]>> = {
  completion: SHELLS,
  monitor: libraryNames(),
};

function completed(command: string, { short, long, flags, description }: Option): CompletedOption {
  const choices = words[`${command} ${long}`] ?? (/--monitor\b/.test(flags) ? libraryNames() : []);
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    // `[all]` need not be given: nothing is waited for
    takes: !/<.*>/.test(flags) ? "nothing" : choices.length > 0 ? choices : "file",
  };
}

/** @throws Diagnostic (usage) for a shell that is none of these. */
export async function completion(shell: string, program: Command, io: CommandIo): Promise<void> {
  await io.stdout(scripts[parseChoice(shell, "completion", SHELLS)](completedCommands(program)));
}
