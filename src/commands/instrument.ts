/** `javy-prof instrument app.wasm --monitor x.mm -o out.wasm`: the module with a monitor's code in it, as one file. */
import { basename } from "node:path";
import type { Command } from "commander";
import type { Ending } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { inertText } from "../format/inert.ts";
import { defaultModelName, instrument as instrumentModule } from "../index.ts";
import { collect, parseChoice, parseModel } from "./flags.ts";
import { readInput } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { readLibraries, readScript, refused } from "./monitor-script.ts";
import { writeOutput } from "./output-file.ts";

interface InstrumentFlags {
  readonly monitor: string;
  readonly out?: string;
  readonly lib?: readonly string[];
  readonly report: string;
  readonly export?: string;
  readonly fuelModel: string;
}

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
    .action(async (path: string, options: InstrumentFlags) => finish(await instrument(path, options, io)));
}

async function instrument(path: string, options: InstrumentFlags, io: CommandIo): Promise<Ending> {
  const reportTo = parseChoice(options.report, "--report", ["none", "stderr"]) as "none" | "stderr";
  const { file, text: script } = await readScript(options.monitor, io);
  const libs = Object.fromEntries(await readLibraries(options.lib ?? [], io));
  const given = await readInput(path, io.cwd, "the program");
  const out = options.out ?? `${basename(path).replace(/\.wasm$/, "")}.monitored.wasm`;
  try {
    const { bytes } = instrumentModule(given, {
      ...{ script, file, libs, reportTo, fuelModel: await parseModel(options.fuelModel, io.cwd) },
      ...(options.export === undefined ? {} : { command: options.export }),
    });
    await writeOutput(out, bytes, io.cwd);
    io.stderr(`wrote ${inertText(out)}: ${grouped(bytes.length)} bytes\n`);
    return "ok";
  } catch (error) {
    return refused(error, io);
  }
}
