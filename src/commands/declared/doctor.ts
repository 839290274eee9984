/** The command line of `doctor`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import type { DoctorOptions } from "../doctor.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerDoctor(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  program
    .command("doctor")
    .description("which engine, plugin and viewer would be used, and what would be refused")
    .option("--plugin <file>", "look at this plugin instead of the embedded one")
    .option("--javy <path>", "look at this javy instead of the one that would be found")
    .option("-j, --json", "as JSON on stdout")
    .action(async (options: DoctorOptions) =>
      finish(await (await ready(import("../doctor.ts"))).doctor(options, io)),
    );
}
