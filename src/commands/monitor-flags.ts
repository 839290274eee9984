/** The flags of `monitor`. */
import type { Command } from "commander";
import { REPORT_FORMATS } from "../format/choices.ts";
import { addJavyFlags, collect, fuelModelHelp, type JavyFlags, sourceMapHelp } from "./flags.ts";

export interface MonitorFlags extends JavyFlags {
  readonly input?: string;
  readonly export?: string;
  readonly plugin?: string;
  readonly sourceMap?: string;
  readonly host?: string;
  readonly lib?: readonly string[];
  readonly target: string;
  readonly format: string;
  readonly out?: string;
  readonly fuelModel?: string;
  readonly maxFuel?: string;
  readonly timeout?: string;
  readonly realClock?: boolean;
  readonly seed: string;
  readonly dryRun?: boolean;
  readonly list?: boolean;
}

const targetHelp =
  "where the script's code is: rewrite, in the program; module, in a module of its own that the program calls";

export function addMonitorFlags(command: Command): Command {
  command
    .option("-i, --input <file>", "stdin of the guest; default: piped stdin, else empty")
    .option("-e, --export <name>", "export to call; default _start, or the only one there is")
    .option("--plugin <file>", "the Javy plugin to compile with and to run on; default: the embedded one")
    .option("--source-map <file>", sourceMapHelp)
    .option("--lib <name=file>", "a library that the script uses; repeatable", collect)
    .option("--target <name>", targetHelp, "rewrite")
    .option("--format <name>", REPORT_FORMATS.join(", "), "table")
    .option("-o, --out <file>", "where the report goes; default: stderr")
    .option("--host <file>", "ES module that gives the module its imports and drives it: docs/hosts.md")
    .option("--fuel-model <model>", `what \`fuel\` counts: ${fuelModelHelp}`)
    .option("--max-fuel <n>", "stop the guest past this fuel: 11000000, 11M, 500k")
    .option("--timeout <seconds>", "stop the guest past this time")
    .option("--real-clock", "give the guest the real time (default: a clock that stands still)")
    .option("--seed <n>", "seed of WASI's random_get", "42")
    .option("--dry-run", "say what the script matches, and what is left of its predicates; run nothing")
    .option("--list", "the monitors of the library, and what each reports");
  return addJavyFlags(command);
}
