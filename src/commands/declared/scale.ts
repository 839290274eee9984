/** The command line of `scale`. */
import type { Command } from "commander";
import type { Ending } from "../../base/diagnostics.ts";
import { SCALE_FORMATS } from "../../format/choices.ts";
import { collect, fuelModelHelp } from "../flags.ts";
import type { CommandIo } from "../io.ts";
import { ready } from "../ready.ts";
import type { ScaleFlags } from "../scale.ts";

export function registerScale(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  program
    .command("scale")
    .description(
      "run a program over sizes of its input, say what an element costs, and find the most that fit",
    )
    .argument("[entry]", "app.js or app.wasm; with --scenario: none")
    .option("-i, --input <file>", "the JSON whose arrays are repeated or cut")
    .option("--fixture <file>", "the same in a fixture of Shopify's: its payload.input")
    .option("--scenario <name>", "program, input and limits of this scenario of the configuration")
    .option(
      "--path <path>",
      "an array in it: cart.lines, carts[*].lines, . for all of it; repeatable: all get n elements",
      collect,
    )
    .option(
      "--sizes <list>",
      "sizes to run: 10,20,50 or 1..200 or 0..1000/100; default: 1, 2, 4, … until it does not fit, at most 1024",
    )
    .option("--limit <fuel>", "the fuel that is allowed: 11M; default: the platform's")
    .option("--at-least <n>", "exit 1 unless this many fit")
    .option("--no-search", "do not look for the most that fit")
    .option("-e, --export <name>", "export to call; default _start, or the only one there is")
    .option("--plugin <file>", "the Javy plugin to compile with and to run on; default: the embedded one")
    .option("--fuel-model <model>", fuelModelHelp)
    .option("--limits <name>", "shopify, shopify:<scale> or none; default: what the module is for")
    .option(
      "-s, --schema-path <file>",
      "a Shopify function's schema: with -q, the limits are scaled for each input",
    )
    .option("-q, --query-path <file>", "its input query")
    .option(
      "--config <file>",
      "with --scenario: the configuration; default: javy-prof.config.* or package.json, here or above",
    )
    .option("--no-build", "with --scenario: do not run the configuration's build command")
    .option("--format <name>", SCALE_FORMATS.join(", "), "table")
    .option("-o, --out <file>", "where the format goes, beside the table on stdout; default: stdout")
    .option("-j, --json", "one JSON document on stdout")
    .action(async (entry: string | undefined, flags: ScaleFlags) =>
      finish(await (await ready(import("../scale.ts"))).scale(entry, flags, io)),
    );
}
