/** `javy-prof monitor`: run a program under a script, and write what the script reports. The guest owns stdout. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { inertText } from "../format/inert.ts";
import { writeMonitorCsv } from "../format/monitor/csv.ts";
import { writeDot } from "../format/monitor/dot.ts";
import { renderDryRun } from "../format/monitor/dry-run.ts";
import { writeLcov } from "../format/monitor/lcov.ts";
import { writeMonitorJson } from "../format/monitor/report-json.ts";
import { renderMonitorTable } from "../format/monitor/table.ts";
import { writeMonitorWhamm } from "../format/monitor/whamm.ts";
import { problemLines } from "../format/script-problems.ts";
import {
  defaultModelName,
  libraryNames,
  libraryScript,
  type Monitoring,
  type MonitorOptions,
  matchScript,
  monitor,
  open,
  type Program,
  type Report,
  ScriptError,
  summaryOf,
} from "../index.ts";
import {
  addJavyFlags,
  collect,
  isCostTable,
  type JavyFlags,
  javyChoice,
  parseChoice,
  parseCount,
  parseModel,
  parseSeconds,
} from "./flags.ts";
import { readInput, readText } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { cannotWrite, refuseLostOutput, writeWhole } from "./output-file.ts";
import { type NamedFile, refuseOverwriting } from "./overwriting.ts";

export interface MonitorFlags extends JavyFlags {
  readonly input?: string;
  readonly export?: string;
  readonly plugin?: string;
  readonly lib?: readonly string[];
  readonly format: string;
  readonly out?: string;
  readonly fuelModel: string;
  readonly maxFuel?: string;
  readonly timeout?: string;
  readonly realClock?: boolean;
  readonly seed: string;
  readonly dryRun?: boolean;
  readonly list?: boolean;
}

const formats: Readonly<Record<string, (report: Report, script: string) => string>> = {
  table: renderMonitorTable,
  csv: writeMonitorCsv,
  json: writeMonitorJson,
  whamm: writeMonitorWhamm,
  lcov: writeLcov,
  dot: writeDot,
};

export function registerMonitor(program: Command, io: CommandIo, finish: (ending: Ending) => void): void {
  const command = program
    .command("monitor")
    .description("run a program under a Whamm script and write what the script reports")
    .argument("[script]", "the monitor: a file (x.mm), or the name of one that --list shows")
    .argument("[program]", "app.js, or a WebAssembly module (app.wasm)")
    .argument("[args...]", "arguments of the guest, behind --")
    .option("-i, --input <file>", "stdin of the guest; default: piped stdin, else empty")
    .option("-e, --export <name>", "export to call; default _start, or the only one there is")
    .option("--plugin <file>", "the Javy plugin to compile with and to run on; default: the embedded one")
    .option("--lib <name=file>", "a library that the script uses; repeatable", collect)
    .option("--format <name>", Object.keys(formats).join(", "), "table")
    .option("-o, --out <file>", "where the report goes; default: stderr")
    .option(
      "--fuel-model <model>",
      "what `fuel` counts: wasmtime-<major>, or a JSON cost table",
      defaultModelName,
    )
    .option("--max-fuel <n>", "stop the guest past this fuel: 11000000, 11M, 500k")
    .option("--timeout <seconds>", "stop the guest past this time")
    .option("--real-clock", "give the guest the real time (default: a clock that stands at 0)")
    .option("--seed <n>", "seed of WASI's random_get", "42")
    .option("--dry-run", "say what the script matches, and what is left of its predicates; run nothing")
    .option("--list", "the monitors of the library, and what each reports")
    .action(
      async (
        script: string | undefined,
        entry: string | undefined,
        args: string[],
        options: MonitorFlags,
      ) => {
        if (options.list) return void (await io.stdout(listMonitors()));
        if (script === undefined || entry === undefined)
          throw usageError("a script and a program are needed", "javy-prof monitor calls app.js");
        finish(await run(script, entry, args, options, io));
      },
    );
  addJavyFlags(command);
}

async function run(
  script: string,
  path: string,
  args: readonly string[],
  options: MonitorFlags,
  io: CommandIo,
): Promise<Ending> {
  const format = parseChoice(options.format, "--format", Object.keys(formats));
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
  });
  if (options.dryRun) return dryRun(program, { script: source, libs: Object.fromEntries(libs) }, options, io);
  const inherited = io.stdinIsTerminal ? new Uint8Array() : ("inherit" as const);
  const input = options.input === undefined ? inherited : await readInput(options.input, io.cwd, "the input");
  try {
    const monitoring = await monitor(program, {
      ...{
        script: source,
        libs: Object.fromEntries(libs),
        input,
        args,
        output: "inherit",
        signal: io.interrupted,
      },
      fuelModel: await parseModel(options.fuelModel, io.cwd),
      seed: parseCount(options.seed, "--seed"),
      realClock: options.realClock ?? false,
      ...(options.export === undefined ? {} : { export: options.export }),
      ...(options.maxFuel === undefined ? {} : { maxFuel: parseCount(options.maxFuel, "--max-fuel") }),
      ...(options.timeout === undefined ? {} : { timeoutMs: parseSeconds(options.timeout, "--timeout") }),
    });
    await write(formats[format]!(monitoring.report, source.file), options.out, io);
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
    { what: "the cost table", file: isCostTable(fuelModel) ? fuelModel : undefined },
    { what: "the javy", file: options.javy },
    ...lib.map((one) => ({ what: "the library", file: one.replace(/^\w+=/, "") })),
  ];
}

/** Says the problems of a script; throws what is none. */
export function refused(error: unknown, io: CommandIo): Ending {
  if (!(error instanceof ScriptError)) throw error;
  for (const line of problemLines(error)) io.stderr(`${line}\n`);
  return "usage";
}

async function dryRun(
  program: Program,
  script: Pick<MonitorOptions, "script" | "libs">,
  options: MonitorFlags,
  io: CommandIo,
): Promise<Ending> {
  try {
    await write(renderDryRun(matchScript(program, script)), options.out ?? "-", io);
    return "ok";
  } catch (error) {
    return refused(error, io);
  }
}

/** A file, or where there is none of that name, a monitor of the library. */
export async function readScript(path: string, io: CommandIo): Promise<{ file: string; text: string }> {
  const named = /^[\w-]+$/.test(path) && !existsSync(resolve(io.cwd, path));
  if (!named) return { file: path, text: await readText(path, io.cwd, "the script") };
  const found = libraryScript(path);
  if (found) return found;
  throw usageError(
    `there is no file and no monitor named ${path}`,
    `monitors are ${libraryNames().join(", ")}`,
  );
}

/** The library, a line a monitor. */
function listMonitors(): string {
  const names = libraryNames();
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${summaryOf(libraryScript(name)!)}\n`).join("");
}

export async function readLibraries(
  given: readonly string[],
  io: CommandIo,
): Promise<Map<string, Uint8Array>> {
  const libraries = new Map<string, Uint8Array>();
  for (const one of given) {
    const [, name, path] = /^(\w+)=(.+)$/.exec(one) ?? [];
    if (!name || !path) throw usageError(`--lib ${one}: write --lib name=path.wasm`);
    libraries.set(name, await readInput(path, io.cwd, `the library ${name}`));
  }
  return libraries;
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

function ending({ exit, failure, lost }: Monitoring, io: CommandIo): Ending {
  if (exit === "ok" || (exit === "exit" && failure === null)) return "ok";
  const why = failure === null ? exit : `${exit}: ${failure}`;
  io.stderr(
    `javy-prof: the guest did not come to its end (${inertText(why)}); the report is of what it did until then\n`,
  );
  refuseLostOutput(lost);
  if (exit === "interrupted") return "interrupted";
  return exit === "fuel" || exit === "timeout" ? "check" : "guest";
}
