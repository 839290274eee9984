/** `javy-prof instrument app.wasm --monitor x.mm -o out.wasm`: the module with a monitor's code in it, as one file or beside it. */
import { basename } from "node:path";
import type { Ending } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { MONITOR_TARGETS } from "../format/choices.ts";
import { inertText } from "../format/inert.ts";
import { instrument as instrumentModule } from "../index.ts";
import { parseChoice } from "./flags.ts";
import { parseModel } from "./fuel-flags.ts";
import { readInput } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { readLibraries, readScript, refused } from "./monitor-script.ts";
import { writeOutput } from "./output-file.ts";

export interface InstrumentFlags {
  readonly monitor: string;
  readonly out?: string;
  readonly lib?: readonly string[];
  readonly report: string;
  readonly target: string;
  readonly export?: string;
  readonly fuelModel: string;
}

export async function instrument(path: string, options: InstrumentFlags, io: CommandIo): Promise<Ending> {
  const reportTo = parseChoice(options.report, "--report", ["none", "stderr"]) as "none" | "stderr";
  const target = parseChoice(options.target, "--target", MONITOR_TARGETS);
  const { file, text: script } = await readScript(options.monitor, io);
  const libs = Object.fromEntries(await readLibraries(options.lib ?? [], io));
  const given = await readInput(path, io.cwd, "the program");
  const out = options.out ?? `${basename(path).replace(/\.wasm$/, "")}.monitored.wasm`;
  try {
    const { bytes, monitor } = instrumentModule(given, {
      ...{ script, file, libs, reportTo, target, fuelModel: await parseModel(options.fuelModel, io.cwd) },
      selfContained: true,
      ...(options.export === undefined ? {} : { command: options.export }),
    });
    const beside = `${out.replace(/\.wasm$/, "")}.monitor.wasm`;
    for (const [name, content] of [[out, bytes] as const, ...(monitor ? [[beside, monitor] as const] : [])]) {
      await writeOutput(name, content, io.cwd);
      io.stderr(`wrote ${inertText(name)}: ${grouped(content.length)} bytes\n`);
    }
    return "ok";
  } catch (error) {
    return refused(error, io);
  }
}
