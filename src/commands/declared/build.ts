/** The command line of `build`. */
import type { Command } from "commander";
import type { BuildOptions } from "../build.ts";
import { addJavyFlags } from "../flags.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerBuild(program: Command, io: CommandIo): void {
  const command = program
    .command("build")
    .description("write the dynamic Javy module that `run` would run")
    .argument("<entry>", "app.js")
    .option("-o, --out <file>", "default <base>.wasm in the working directory")
    .option("--plugin <file>", "the Javy plugin to compile with; default: the embedded one")
    .option("--plugin-out <file>", "also write the plugin that the module imports")
    .action(async (entry: string, options: BuildOptions) =>
      (await ready(import("../build.ts"))).build(entry, options, io),
    );
  addJavyFlags(command);
}
