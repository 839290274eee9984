/** The command line of `instrument`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import { defaultModelName } from "../../format/choices.ts";
import { collect } from "../flags.ts";
import type { InstrumentFlags } from "../instrument.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";

export function registerInstrument(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  program
    .command("instrument")
    .description("write a module with a monitor's code in it: one file that runs in any engine")
    .argument("<program>", "a WebAssembly module (app.wasm)")
    .requiredOption(
      "--monitor <script>",
      "the monitor: a file (x.mm), or the name of one that monitor --list shows",
    )
    .option("-o, --out <file>", "default <base>.monitored.wasm in the working directory")
    .option("--lib <name=file>", "a library that the script uses; repeatable", collect)
    .option(
      "--target <name>",
      "rewrite: the code is in the file; module: in a second one, <out>.monitor.wasm, that it imports",
      "rewrite",
    )
    .option(
      "--report <where>",
      "none; stderr: the file writes its report itself, as CSV, when the program ends",
      "none",
    )
    .option(
      "-e, --export <name>",
      "with --report: the export with whose end the program ends; default _start",
    )
    .option(
      "--fuel-model <model>",
      "what `fuel` counts: wasmtime-<major>, or a JSON cost table",
      defaultModelName,
    )
    .action(async (path: string, options: InstrumentFlags) =>
      finish(await (await ready(import("../instrument.ts"))).instrument(path, options, io)),
    );
}
