/** The command line of `info`. */
import type { Command } from "commander";
import type { InfoOptions } from "../info.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerInfo(program: Command, io: CommandIo): void {
  program
    .command("info")
    .description("what a module is and what was located in it; or what a monitor's rule has in scope")
    .argument("<module>", "any WebAssembly module (.wasm), app.js, or a rule: wasm:opcode:call:before")
    .option("--plugin <file>", "the plugin that a dynamic module imports, or to compile app.js with")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .option("-j, --json", "as JSON on stdout")
    .action(async (path: string, options: InfoOptions) =>
      (await ready(import("../info.ts"))).info(path, options, io),
    );
}
