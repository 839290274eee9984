/** The command line of `completion`. */
import type { Command } from "commander";
import { SHELLS } from "../../format/choices.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerCompletion(program: Command, io: CommandIo): void {
  program
    .command("completion")
    .description("write the script that completes commands and options in a shell")
    .argument("<shell>", SHELLS.join(", "))
    .action(async (shell: string) =>
      (await ready(import("../completion.ts"))).completion(shell, program, io),
    );
}
