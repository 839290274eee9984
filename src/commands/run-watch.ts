/**
 * `run --watch`: the summary once, and after each change of a file what changed with it. Nothing is written unless a place or a
 * format is asked for: the profile of a run in between is no one's.
 */
import { dirname, resolve } from "node:path";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { renderChange } from "../format/ci/diffs.ts";
import { shareOfLimit } from "../format/summary/header.ts";
import { renderFailure } from "../format/summary/summary.ts";
import { diffResults, type Program, type Result } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { checkProfileFiles, profileFiles, writeProfileFiles } from "./profile-files.ts";
import type { Profiled } from "./profile-inputs.ts";
import { filesRead, openEntry, profileEntry, sayHow } from "./run-entry.ts";
import type { RunFlags } from "./run-flags.ts";
import { findInputs, type RunInputs, readsStdin } from "./run-inputs.ts";
import { leavesLineOpen, report, reportFiles } from "./run-report.ts";
import type { RunSettings } from "./run-settings.ts";
import { watchLoop } from "./watch-loop.ts";
import { globTrees, isSource, joined, type Trees, treeOf } from "./watched-trees.ts";

export async function watchRun(
  path: string,
  args: readonly string[],
  settings: RunSettings,
  flags: RunFlags,
  io: CommandIo,
): Promise<Ending> {
  if (flags.json || flags.out === "-")
    throw usageError(
      "--watch runs many times: there is no one document for stdout",
      "give a file with --out",
    );
  if (flags.open) throw usageError("--watch and --open do not go together");
  const isAsked = flags.out !== undefined || flags.outDir !== undefined || flags.format !== "speedscope";
  const files = isAsked ? profileFiles(path, settings, flags) : [];
  const piped = await pipedInput(flags, io);
  const globs = globTrees([...(flags.input ?? []), ...(flags.replay ?? [])], io.cwd);
  let before: Result | null = null;
  /** What the entry imported when it was last read. */
  let imports: readonly string[] = [];

  return watchLoop(async ({ io, follow }) => {
    const watching = (given: RunInputs | null, more: Trees) => {
      const named = filesRead(path, given ?? { inputs: [], several: false }, flags);
      const read = named.flatMap(({ file }) => (file === undefined ? [] : [resolve(io.cwd, file)]));
      follow({ files: new Set([...read, ...imports]), trees: joined(globs, more) });
    };
    // until the program is read again nobody knows what it imports
    const anySource = treeOf(dirname(resolve(io.cwd, path)), isSource);
    watching(null, anySource);
    const given = piped ?? (await findInputs(flags, io));
    await checkProfileFiles(files, filesRead(path, given, flags), io.cwd);
    watching(given, anySource);
    const program = await openEntry(path, flags, io);
    imports = program.bundled;
    watching(given, new Map());
    const profiled = await profileEntry(program, args, given, settings, flags, io);
    if (io.interrupted.aborted) return;
    const { result } = profiled;
    if (before === null) {
      sayHow(program, flags, io);
      await report(profiled, program, given, settings, flags, io);
    } else sayChange(before, profiled, io);
    before = result;
    await write(program, result);
    if (profiled.problem) throw profiled.problem;
  }, io);

  async function write(program: Program, result: Result): Promise<void> {
    const written = await writeProfileFiles(files, result, flags, io);
    if (files.length > 0) reportFiles(written, program, result, flags, io);
    if (written.error) throw written.error;
  }
}

/** What is piped in, read once for all runs; null where the input is files. */
async function pipedInput(flags: RunFlags, io: CommandIo): Promise<RunInputs | null> {
  if (!readsStdin(flags, io)) return null;
  return { inputs: [{ kind: "stdin", bytes: await io.readStdin() }], several: false };
}

function sayChange(before: Result, { result: after, facts }: Profiled, io: CommandIo): void {
  const { width, colour, isTerminal: cuts } = io;
  const style = { width, colour, cuts };
  const { limits, fuel } = after;
  const share = limits ? `${shareOfLimit(fuel.total, limits.fuel, limits.preset)}\n` : "";
  const shown = { by: ["function", "line"], top: 5, ...style } as const;
  const text = renderChange(diffResults(before, after), shown) + share + renderFailure(after, style);
  io.stderr((leavesLineOpen(after, facts.heldBack, io) ? "\n" : "") + text);
}
