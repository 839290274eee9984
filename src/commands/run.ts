/** `javy-prof run`: compile, instrument, run, print the summary, write the profile. The guest owns stdout. */
import { basename, resolve } from "node:path";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { renderDetails } from "../format/details.ts";
import { writeResultJson } from "../format/files/result-json.ts";
import { inertText } from "../format/inert.ts";
import { renderFailure, renderSummary } from "../format/summary/summary.ts";
import { renderWritten } from "../format/summary/written.ts";
import { lacksShopifyPlugin, open, type Part, type Program, type Result, violates } from "../index.ts";
import { interpreterOption, javyChoice } from "./flags.ts";
import { costTableOf } from "./fuel-flags.ts";
import type { CommandIo } from "./io.ts";
import { refuseLostOutput, writeStdout } from "./output-file.ts";
import type { NamedFile } from "./overwriting.ts";
import { checkProfileFiles, profileFiles, type Written, writeProfileFiles } from "./profile-files.ts";
import { type Profiled, profileInputs } from "./profile-inputs.ts";
import { progressLine } from "./progress-line.ts";
import type { RunFlags } from "./run-flags.ts";
import { findInputs, type RunInputs } from "./run-inputs.ts";
import { parseRunFlags, type RunSettings } from "./run-settings.ts";

/** Runs, and says how that ended. */
export async function run(
  path: string,
  args: readonly string[],
  flags: RunFlags,
  io: CommandIo,
): Promise<Ending> {
  const settings = await parseRunFlags(flags, io);
  const given = await findInputs(flags, io);
  if (given.several && flags.events !== undefined)
    throw usageError("--events takes one input: the calls of several have no one order");
  const files = profileFiles(path, settings, flags);
  await checkProfileFiles(files, filesRead(path, given, flags), io.cwd);
  const program = await openEntry(path, flags, io);
  if (program.builtBy !== null && !flags.quiet && !flags.json)
    io.stderr(`built by ${inertText(program.builtBy)}\n`);
  if (program.pluginFrom !== null && !flags.quiet && !flags.json)
    io.stderr(`plugin ${inertText(program.pluginFrom)}\n`);
  if (lacksShopifyPlugin(program) && !flags.quiet)
    io.stderr(
      `note: ${inertText(program.name)} is a Shopify function: ShopifyFunction is a global of the platform's plugin. Give that with --plugin shopify_functions_javy_v3.wasm; @shopify/cli keeps it in its folder bin once it has built a function, and it is found there\n`,
    );
  const host = flags.host === undefined ? {} : { host: resolve(io.cwd, flags.host) };
  const options = { ...settings.profile, ...host, args, ...progressLine(io, flags) };
  const profiled = await profileInputs(program, given, options, flags, io);
  const { result, problem, facts } = profiled;
  await report(profiled, program, given, settings, flags, io);
  // the figures are out by now, whatever happens to the files
  const written = await writeProfileFiles(files, result, flags, io);
  reportFiles(written, program, result, flags, io);
  // a host of the user's has inputs of its own
  const isOurs = flags.host === undefined && !given.inputs.some((input) => "path" in input);
  if (facts.readInput && result.run.input.bytes === 0 && isOurs && !flags.quiet)
    io.stderr(
      "note: the program read its input and there was none: give it with -i, for example -i cart.json\n",
    );
  if (written.error) throw written.error;
  // What was counted is written; that it is not what was asked for decides the exit code.
  if (problem) throw problem;
  refuseLostOutput(result.run.exit.lost);
  const viewable = written.files.find((file) => file.endsWith(".speedscope.json"));
  if (flags.open && viewable) await (await import("./view.ts")).view(viewable, {}, io);
  return endingOf(result);
}

/** All files that a run reads. */
function filesRead(path: string, { inputs }: RunInputs, flags: RunFlags): readonly NamedFile[] {
  const { fuelModel } = flags;
  return [
    { what: "the program", file: path },
    ...inputs.map((input) => ({ what: "the input", file: "path" in input ? input.path : undefined })),
    { what: "the plugin", file: flags.plugin },
    { what: "the source", file: flags.source },
    { what: "the source map", file: flags.sourceMap },
    { what: "the host", file: flags.host },
    { what: "the cost table", file: costTableOf(fuelModel) },
    { what: "the schema", file: flags.schemaPath },
    { what: "the query", file: flags.queryPath },
    { what: "the javy", file: flags.javy },
  ];
}

function openEntry(path: string, flags: RunFlags, io: CommandIo): Promise<Program> {
  const { plugin, source, sourceMap } = flags;
  return open(path, {
    cwd: io.cwd,
    javy: javyChoice(flags, io),
    ...interpreterOption(flags),
    ...(plugin === undefined ? {} : { plugin }),
    ...(source === undefined ? {} : { source }),
    ...(sourceMap === undefined ? {} : { sourceMap }),
  });
}

/** The result document and the summary. */
async function report(
  { result, facts }: Profiled,
  program: Program,
  { inputs: [input] }: RunInputs,
  settings: RunSettings,
  flags: RunFlags,
  io: CommandIo,
): Promise<void> {
  if (flags.json) await writeStdout(writeResultJson(result, { events: flags.events !== undefined }), io);
  const details = flags.verbose ? renderDetails(program, result, facts) : "";
  const { width, colour, unicode, isTerminal: cuts } = io;
  // Why the guest failed is no part of the summary: it is said in any case.
  const summary = isQuiet(flags, io)
    ? renderFailure(result, { width, cuts, colour })
    : renderSummary(result, {
        ...{ ...settings, width, cuts, colour, unicode },
        maxFuel: facts.maxFuel,
        input: input && "path" in input ? basename(input.path) : null,
      });
  const text = details + summary;
  io.stderr((text !== "" && !flags.json && leavesLineOpen(result, facts.heldBack, io) ? "\n" : "") + text);
}

/**
 * Whether the guest's last line has no end where the next text goes; `heldBack`: bytes at the end of stderr that went nowhere.
 * Of output that is kept in part, nobody knows.
 */
function leavesLineOpen(
  { run, runs }: Result,
  heldBack: number,
  { isTerminal, stdoutIsTerminal }: CommandIo,
): boolean {
  // of several nothing was shown
  if (runs) return false;
  const isOpen = (text: string, bytes: number, hidden: number) => {
    if (bytes === hidden) return false;
    const kept = Buffer.from(text);
    return kept.length !== bytes || kept.at(-1 - hidden) !== 0x0a;
  };
  const shared = isTerminal && stdoutIsTerminal;
  return isOpen(run.stderr, run.stderrBytes, heldBack) || (shared && isOpen(run.stdout, run.stdoutBytes, 0));
}

const isQuiet = (flags: RunFlags, io: CommandIo): boolean =>
  (flags.quiet ?? false) || ((flags.json ?? false) && !io.isTerminal);

/** What was written, and what else is to be said of the run. */
function reportFiles(
  { files, notes }: Written,
  program: Program,
  result: Result,
  flags: RunFlags,
  io: CommandIo,
): void {
  if (!isQuiet(flags, io))
    io.stderr(
      renderWritten(files, {
        ...{ colour: io.colour, command: io.command },
        more: flags.by === undefined && result.toolchain.quickjs !== null ? "--by opcode" : null,
      }),
    );
  if (flags.quiet) return;
  for (const note of notes) io.stderr(`note: ${inertText(note)}\n`);
  const used = program.plugin !== null || result.warnings.some(({ code }) => code === "lines-carried");
  if (flags.plugin !== undefined && !used)
    io.stderr("note: --plugin was not needed: the module has its engine in it\n");
}

/** Of several runs what ended worst. */
function endingOf(result: Result): Ending {
  const endings = (result.runs ?? [{ ...result, ...result.run }]).map(endingOfRun);
  return (["interrupted", "guest", "check"] as const).find((one) => endings.includes(one)) ?? "ok";
}

function endingOfRun({
  exit: { kind },
  limits,
  warnings,
}: Pick<Part, "exit" | "limits" | "warnings">): Ending {
  const isOver = (limits?.exceeded.length ?? 0) > 0;
  if (kind === "ok") return isOver || warnings.some(({ code }) => violates(code)) ? "check" : "ok";
  if (kind === "interrupted") return "interrupted";
  return kind === "fuel" || kind === "timeout" ? "check" : "guest";
}
