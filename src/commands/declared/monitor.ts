/** The command line of `monitor`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import type { CommandIo } from "../io.ts";
import { addMonitorFlags, type MonitorFlags } from "../monitor-flags.ts";
import { ready } from "../ready.ts";

export function registerMonitor(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  const command = program
    .command("monitor")
    .description("run a program under a Whamm script and write what the script reports")
    .argument("[script]", "the monitor: a file (x.mm), or the name of one that --list shows")
    .argument("[program]", "app.js, or a WebAssembly module (app.wasm)")
    .argument("[args...]", "arguments of the guest, behind --")
    .action(
      async (script: string | undefined, entry: string | undefined, args: string[], options: MonitorFlags) =>
        finish(await (await ready(import("../monitor.ts"))).monitorCommand(script, entry, args, options, io)),
    );
  addMonitorFlags(command);
}
