/** The command line of `run`. */
import type { Command } from "commander";
import { type Ending, usageError } from "../../base/diagnostics.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import { addRunFlags, type RunFlags } from "../run-flags.ts";

export function registerRun(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  const command = program
    .command("run", { isDefault: true })
    .description(
      "run a program, print what its functions cost, write the profile (`javy-prof app.js` is the same)",
    )
    .argument("[entry]", "app.js, or a module that a Javy or another QuickJS made (app.wasm)")
    .argument("[args...]", "arguments of the guest, behind --")
    .action(async (entry: string | undefined, args: string[], flags: RunFlags) => {
      const given = flags.function;
      const path = given ?? entry;
      if (path === undefined) throw usageError("a program is needed", "javy-prof run app.js");
      const rest = given === undefined || entry === undefined ? args : [entry, ...args];
      finish(await (await ready(import("../run.ts"))).run(path, rest, namedHere(flags), io));
    });
  addRunFlags(command);
}

/** function-runner's names for what has another one here. */
function namedHere({ profileOut, ...flags }: RunFlags): RunFlags {
  if (profileOut === undefined) return flags;
  if (flags.out !== undefined)
    throw usageError("--out and --profile-out both say where the profile goes", "give one of them");
  return { ...flags, out: profileOut };
}
