/** The command line of `disasm`. */
import type { Command } from "commander";
import type { DisasmOptions } from "../disasm.ts";
import { collect, sourceMapHelp } from "../flags.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerDisasm(program: Command, io: CommandIo): void {
  program
    .command("disasm")
    .description(
      "the JavaScript bytecode with its source lines, and with a result the fuel of each instruction",
    )
    .argument("<module>", "a module (.wasm), app.js, or a result (*.fuel.json) that names its module")
    .argument("[result]", "a result of the same module, from javy-prof run --format json")
    .option("--function <name or number>", "only this function (repeatable)", collect)
    .option("--result <file>", "the same as the second argument")
    .option("--source <file>", "the program's source, where the module does not have it")
    .option("--source-map <file>", sourceMapHelp)
    .option("--plugin <file>", "the plugin that a dynamic module imports, or to compile app.js with")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .option("-j, --json", "as JSON on stdout")
    .action(async (path: string, result: string | undefined, options: DisasmOptions) =>
      (await ready(import("../disasm.ts"))).disasm(path, result, options, io),
    );
}
