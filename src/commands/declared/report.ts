/** The command line of `report`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import { CHECK_FORMATS } from "../../format/choices.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import type { ReportFlags } from "../report.ts";

export function registerReport(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  program
    .command("report")
    .description("write checks (check --json) and results (*.fuel.json) as one report")
    .argument("<files...>", "what check --json printed, parts of it, or results")
    .option("--format <name>", CHECK_FORMATS.join(", "), "table")
    .option("-o, --out <file>", "default stdout")
    .action(async (files: string[], flags: ReportFlags) =>
      finish(await (await ready(import("../report.ts"))).report(files, flags, io)),
    );
}
