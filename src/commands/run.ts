/** `javy-prof run`: compile, instrument, run, print the summary, write the profile. The guest owns stdout. */
import type { Ending } from "../base/diagnostics.ts";
import { type Part, type Result, violates } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { refuseLostOutput } from "./output-file.ts";
import { checkProfileFiles, profileFiles, writeProfileFiles } from "./profile-files.ts";
import { filesRead, openEntry, profileEntry, sayHow } from "./run-entry.ts";
import type { RunFlags } from "./run-flags.ts";
import { findInputs } from "./run-inputs.ts";
import { report, reportFiles } from "./run-report.ts";
import { parseRunFlags } from "./run-settings.ts";

/** Runs, and says how that ended. */
export async function run(
  path: string,
  args: readonly string[],
  flags: RunFlags,
  io: CommandIo,
): Promise<Ending> {
  const settings = await parseRunFlags(flags, io);
  if (flags.watch) return (await import("./run-watch.ts")).watchRun(path, args, settings, flags, io);
  const given = await findInputs(flags, io);
  const files = profileFiles(path, settings, flags);
  await checkProfileFiles(files, filesRead(path, given, flags), io.cwd);
  const program = await openEntry(path, flags, io);
  sayHow(program, flags, io);
  const profiled = await profileEntry(program, args, given, settings, flags, io);
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
