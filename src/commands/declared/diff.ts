/** The command line of `diff`. */
import type { Command } from "commander";
import { DIFF_BREAKDOWNS, DIFF_FORMATS } from "../../format/choices.ts";
import type { DiffFlags } from "../diff.ts";
import { collect } from "../flags.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerDiff(program: Command, io: CommandIo): void {
  program
    .command("diff")
    .description("what changed between two results, two snapshots, or a git ref and the working tree")
    .argument("[base]", "a result (*.fuel.json) or a snapshot; with --base-ref: a scenario")
    .argument("[head...]", "the same of what came after")
    .option(
      "--base-ref <ref>",
      "run the configuration's scenarios with the programs of this git ref, and with those here",
    )
    .option("--format <name>", DIFF_FORMATS.join(", "), "table")
    .option("--by <what>", `tables: ${DIFF_BREAKDOWNS.join(", ")}; repeatable (default: all)`, collect)
    .option("--top <n>", "rows of a table", "10")
    .option(
      "-o, --out <file>",
      "a speedscope file with base, head and change; default for two results: <head>.diff.speedscope.json",
    )
    .option("-j, --json", "one JSON document on stdout, and no file unless --out names one")
    .option(
      "--config <file>",
      "with --base-ref: the configuration; default: javy-prof.config.* or package.json, here or above",
    )
    .option("--no-build", "with --base-ref: do not run the configuration's build command")
    .action(async (base: string | undefined, head: string[], flags: DiffFlags) =>
      (await ready(import("../diff.ts"))).diffCommand(base, head, flags, io),
    );
}
