/** The command line of `check`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import { CHECK_FORMATS } from "../../format/choices.ts";
import type { CheckFlags } from "../check-once.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import { addScenarioFlags } from "../scenario-flags.ts";

export function registerCheck(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  const command = program
    .command("check")
    .description("run the configuration's scenarios and judge budgets, limits and the snapshot")
    .argument("[scenarios...]", "names or globs of scenarios; default: all")
    .option(
      "--tolerance <t>",
      "how much dearer a run may be: 0.5%, +500, or both; default: the configuration's, or 0",
    )
    .option("--exact", "every figure has to be the snapshot's, cheaper ones too")
    .option("--update", "write what changed into the snapshot; budgets and limits still decide")
    .option("--format <name>", `${CHECK_FORMATS.join(", ")} (default: table)`)
    .option("-o, --out <file>", "where the format goes, beside the table on stdout; default: stdout")
    .option("-j, --json", "one JSON document on stdout")
    .option(
      "-w, --watch",
      "check again when a file changes, and print what that changed; q or Ctrl-C ends it",
    )
    .action(async (patterns: string[], flags: CheckFlags) =>
      finish(await (await ready(import("../check.ts"))).check(patterns, flags, io)),
    );
  addScenarioFlags(command);
}
