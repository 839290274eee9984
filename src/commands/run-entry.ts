/** What `run` does between its flags and its report: the program opened, profiled with its inputs; and all files that takes. */
import { resolve } from "node:path";
import { inertText } from "../format/inert.ts";
import { lacksShopifyPlugin, open, type Program } from "../index.ts";
import { interpreterOption, javyChoice, parseLinks } from "./flags.ts";
import { costTableOf, limitsFileOf } from "./fuel-flags.ts";
import type { CommandIo } from "./io.ts";
import type { NamedFile } from "./overwriting.ts";
import { type Profiled, profileInputs } from "./profile-inputs.ts";
import { progressLine } from "./progress-line.ts";
import type { RunFlags } from "./run-flags.ts";
import type { RunInputs } from "./run-inputs.ts";
import type { RunSettings } from "./run-settings.ts";

/** All files that a run reads. */
export function filesRead(path: string, { inputs }: RunInputs, flags: RunFlags): readonly NamedFile[] {
  const { fuelModel } = flags;
  return [
    { what: "the program", file: path },
    ...inputs.map((input) => ({ what: "the input", file: "path" in input ? input.path : undefined })),
    { what: "the plugin", file: flags.plugin },
    ...[...parseLinks(flags.link ?? []).values()].map((file) => ({ what: "a linked module", file })),
    { what: "the source", file: flags.source },
    { what: "the source map", file: flags.sourceMap },
    { what: "the host", file: flags.host },
    { what: "the cost table", file: costTableOf(fuelModel) },
    { what: "the limits", file: limitsFileOf(flags.limits) },
    { what: "the schema", file: flags.schemaPath },
    { what: "the query", file: flags.queryPath },
    { what: "the javy", file: flags.javy },
  ];
}

export function openEntry(path: string, flags: RunFlags, io: CommandIo): Promise<Program> {
  const { plugin, link, source, sourceMap } = flags;
  return open(path, {
    cwd: io.cwd,
    mayBlock: true,
    javy: javyChoice(flags, io),
    ...interpreterOption(flags),
    ...(plugin === undefined ? {} : { plugin }),
    ...(link === undefined ? {} : { link: parseLinks(link) }),
    ...(source === undefined ? {} : { source }),
    ...(sourceMap === undefined ? {} : { sourceMap }),
  });
}

/** What was found on the way to the program, in notes. */
export function sayHow(program: Program, flags: RunFlags, io: CommandIo): void {
  if (program.builtBy !== null && !flags.quiet && !flags.json)
    io.stderr(`built by ${inertText(program.builtBy)}\n`);
  if (program.pluginFrom !== null && !flags.quiet && !flags.json)
    io.stderr(`plugin ${inertText(program.pluginFrom)}\n`);
  if (lacksShopifyPlugin(program) && !flags.quiet)
    io.stderr(
      `note: ${inertText(program.name)} is a Shopify function: ShopifyFunction is a global of the platform's plugin. Give that with --plugin shopify_functions_javy_v3.wasm; @shopify/cli keeps it in its folder bin once it has built a function, and it is found there\n`,
    );
}

/** Profiles with a progress line. `io.interrupted` ends it. */
export function profileEntry(
  program: Program,
  args: readonly string[],
  given: RunInputs,
  settings: RunSettings,
  flags: RunFlags,
  io: CommandIo,
): Promise<Profiled> {
  const host = flags.host === undefined ? {} : { host: resolve(io.cwd, flags.host) };
  const options = { ...settings.profile, ...host, args, ...progressLine(io, flags) };
  return profileInputs(program, given, options, flags, io);
}
