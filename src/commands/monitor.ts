/** `javy-prof monitor`: run a program under a script, and write what the script reports. The guest owns stdout. */
import { resolve } from "node:path";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { MONITOR_TARGETS, REPORT_FORMATS } from "../format/choices.ts";
import { inertText } from "../format/inert.ts";
import { renderDryRun } from "../format/monitor/dry-run.ts";
import { reportFormats } from "../format/monitor/formats.ts";
import { monitorNotes } from "../format/monitor/notes.ts";
import { type Monitoring, type MonitorOptions, matchScript, monitor, open, type Program } from "../index.ts";
import { javyChoice, parseChoice, parseCount, parseFuel, parseSeconds } from "./flags.ts";
import { chosenModel, costTableOf } from "./fuel-flags.ts";
import { readInput } from "./input.ts";
import type { CommandIo } from "./io.ts";
import type { MonitorFlags } from "./monitor-flags.ts";
import { listMonitors, readLibraries, readScript, refused } from "./monitor-script.ts";
import { refuseLostOutput, writeWhole } from "./output-file.ts";
import { type NamedFile, refuseOverwriting } from "./overwriting.ts";
import { cannotWrite } from "./unwritten.ts";

/** Runs, or says what would be matched, or what monitors there are. @throws Diagnostic (usage). */
export async function monitorCommand(
  script: string | undefined,
  entry: string | undefined,
  args: readonly string[],
  options: MonitorFlags,
  io: CommandIo,
): Promise<Ending> {
  if (options.list) {
    await io.stdout(listMonitors());
    return "ok";
  }
  if (script === undefined || entry === undefined)
    throw usageError("a script and a program are needed", "javy-prof monitor calls app.js");
  if (isProgram(script) && !isProgram(entry))
    throw usageError("the script comes first, then the program", `javy-prof monitor ${entry} ${script}`);
  return run(script, entry, args, options, io);
}

const isProgram = (path: string): boolean => /\.(wasm|[cm]?[jt]s)$/.test(path);

async function run(
  script: string,
  path: string,
  args: readonly string[],
  options: MonitorFlags,
  io: CommandIo,
): Promise<Ending> {
  const format = parseChoice(options.format, "--format", REPORT_FORMATS);
  const target = parseChoice(options.target, "--target", MONITOR_TARGETS);
  if (options.out !== undefined) {
    const report = { what: "the report", file: options.out, flag: "--out" };
    await refuseOverwriting([report], inputs(script, path, options), io.cwd);
  }
  const source = await readScript(script, io);
  const libs = await readLibraries(options.lib ?? [], io);
  const program = await open(path, {
    cwd: io.cwd,
    javy: javyChoice(options, io),
    ...(options.plugin === undefined ? {} : { plugin: options.plugin }),
    ...(options.sourceMap === undefined ? {} : { sourceMap: options.sourceMap }),
  });
  if (options.dryRun)
    return dryRun(program, { script: source, libs: Object.fromEntries(libs), target }, options, io);
  const inherited = io.stdinIsTerminal ? new Uint8Array() : ("inherit" as const);
  const input = options.input === undefined ? inherited : await readInput(options.input, io.cwd, "the input");
  try {
    const monitoring = await monitor(program, {
      ...{
        script: source,
        libs: Object.fromEntries(libs),
        target,
        input,
        args,
        output: "inherit",
        signal: io.interrupted,
      },
      ...(await chosenModel(options, io.cwd)),
      seed: parseCount(options.seed, "--seed"),
      realClock: options.realClock ?? false,
      ...(options.host === undefined ? {} : { host: resolve(io.cwd, options.host) }),
      ...(options.export === undefined ? {} : { export: options.export }),
      ...(options.maxFuel === undefined ? {} : { maxFuel: parseFuel(options.maxFuel, "--max-fuel") }),
      ...(options.timeout === undefined ? {} : { timeoutMs: parseSeconds(options.timeout, "--timeout") }),
    });
    await write(reportFormats[format](monitoring.report, source.file), options.out, io);
    // other formats are read by programs, from stderr too
    if (format === "table" || options.out !== undefined)
      for (const note of monitorNotes(monitoring)) io.stderr(`note: ${note}\n`);
    return ending(monitoring, io);
  } catch (error) {
    return refused(error, io);
  }
}

/** All files that a run reads. */
function inputs(script: string, path: string, options: MonitorFlags): readonly NamedFile[] {
  const { fuelModel, lib = [] } = options;
  return [
    { what: "the script", file: script },
    { what: "the program", file: path },
    { what: "the input", file: options.input },
    { what: "the plugin", file: options.plugin },
    { what: "the source map", file: options.sourceMap },
    { what: "the host", file: options.host },
    { what: "the cost table", file: costTableOf(fuelModel) },
    { what: "the javy", file: options.javy },
    ...lib.map((one) => ({ what: "the library", file: one.replace(/^\w+=/, "") })),
  ];
}

async function dryRun(
  program: Program,
  script: Pick<MonitorOptions, "script" | "libs" | "target">,
  options: MonitorFlags,
  io: CommandIo,
): Promise<Ending> {
  try {
    await write(renderDryRun(await matchScript(program, script)), options.out ?? "-", io);
    return "ok";
  } catch (error) {
    return refused(error, io);
  }
}

async function write(text: string, out: string | undefined, io: CommandIo): Promise<void> {
  if (out === undefined) return io.stderr(text);
  if (out === "-") return io.stdout(text);
  try {
    await writeWhole(resolve(io.cwd, out), text);
  } catch (cause) {
    throw cannotWrite(`the report ${out}`, cause, "give another place with --out");
  }
}

function ending({ exit, failure, scriptFailure, lost }: Monitoring, io: CommandIo): Ending {
  if (scriptFailure) {
    const where = scriptFailure.at === "begin" ? "before the program ran" : "at wasm:end or wasm:report";
    io.stderr(`javy-prof: the script failed ${where}: ${inertText(scriptFailure.message)}\n`);
    if (scriptFailure.at === "begin") return "usage";
  }
  if (exit === "ok" || (exit === "exit" && failure === null)) return scriptFailure ? "usage" : "ok";
  const why = failure === null ? exit : `${exit}: ${failure}`;
  io.stderr(
    `javy-prof: the guest did not come to its end (${inertText(why)}); the report is of what it did until then\n`,
  );
  refuseLostOutput(lost);
  if (exit === "interrupted") return "interrupted";
  return exit === "fuel" || exit === "timeout" ? "check" : "guest";
}
