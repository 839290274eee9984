/** The command line of `init`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import { collect } from "../flags.ts";
import type { InitFlags } from "../init.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerInit(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  program
    .command("init")
    .description(
      "write a configuration from what is found here: a Shopify extension, package.json, modules, inputs",
    )
    .argument("[entry]", "the program, where it is not to be found: app.js, app.wasm")
    .option(
      "-i, --input <glob>",
      "files that are inputs or fixtures, where they are not to be found; repeatable",
      collect,
    )
    .option("--force", "replace a javy-prof.config.json that is there")
    .option("--dry-run", "print what would be written, and write nothing")
    .option("--snapshot", "then run the scenarios and record what they cost")
    .action(async (entry: string | undefined, flags: InitFlags) =>
      finish(await (await ready(import("../init.ts"))).init(entry, flags, io)),
    );
}
