/** The command line of `view`. */
import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import type { ViewOptions } from "../view.ts";

export function registerView(program: Command, io: CommandIo): void {
  program
    .command("view")
    .description("show a profile in speedscope, served from this machine")
    .argument("[file]", "profile or result; default: the newest *.speedscope.json in the working directory")
    .option("--once", "end after the profile was fetched")
    .option("--no-open", "print the URL, don't open the browser")
    .option("--port <n>", "port on 127.0.0.1; default: any that is free")
    .action(async (file: string | undefined, options: ViewOptions) =>
      (await ready(import("../view.ts"))).view(file, options, io),
    );
}
