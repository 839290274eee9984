/** What `run` says: the result document on stdout, the summary and what was written on stderr. */
import { basename } from "node:path";
import { renderDetails } from "../format/details.ts";
import { writeResultJson } from "../format/files/result-json.ts";
import { inertText } from "../format/inert.ts";
import { renderFailure, renderSummary } from "../format/summary/summary.ts";
import { renderWritten } from "../format/summary/written.ts";
import type { Program, Result } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { writeStdout } from "./output-file.ts";
import type { Written } from "./profile-files.ts";
import type { Profiled } from "./profile-inputs.ts";
import type { RunFlags } from "./run-flags.ts";
import type { RunInputs } from "./run-inputs.ts";
import type { RunSettings } from "./run-settings.ts";

/** The result document and the summary. */
export async function report(
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
export function leavesLineOpen(
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
export function reportFiles(
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
