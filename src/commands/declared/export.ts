/** The command line of `export`. */
import type { Command } from "commander";
import { FORMAT_NAMES } from "../../format/choices.ts";
import type { ExportOptions } from "../export.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerExport(program: Command, io: CommandIo): void {
  program
    .command("export")
    .description("write a result (*.fuel.json) in the format of another tool")
    .argument("<result>", "the result, from javy-prof run --format json")
    .requiredOption("--format <list>", FORMAT_NAMES.join(", "))
    .option("-o, --out <file>", "default <base>.<extension> in the working directory; - is stdout")
    .action(async (result: string, options: ExportOptions) =>
      (await ready(import("../export.ts"))).exportResult(result, options, io),
    );
}
