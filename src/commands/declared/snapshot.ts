/** The command line of `snapshot`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import { addScenarioFlags, type ScenarioFlags } from "../scenario-flags.ts";

export function registerSnapshot(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  const command = program
    .command("snapshot")
    .description("run the configuration's scenarios and record what they cost in .fuel-snapshot")
    .argument("[scenarios...]", "names or globs of scenarios; default: all")
    .action(async (patterns: string[], flags: ScenarioFlags) =>
      finish(await (await ready(import("../snapshot.ts"))).snapshot(patterns, flags, io)),
    );
  addScenarioFlags(command);
}
