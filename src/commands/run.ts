/** `javy-prof run`: compile, instrument, run, print the summary, write the profile. The guest owns stdout. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import { Exit, type ExitCode, internalError, usageError } from "../base/diagnostics.ts";
import { grouped } from "../format/cells.ts";
import { FORMATS, type Format, parseFormats } from "../format/files/formats.ts";
import { writeResultJson } from "../format/files/result-json.ts";
import { inertText } from "../format/inert.ts";
import { BREAKDOWNS, type By, SORTS, type Sort } from "../format/summary/breakdown.ts";
import { renderFailure, renderSummary } from "../format/summary/summary.ts";
import { defaultModelName } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import { violations } from "../host/shopify/limits.ts";
import type { Plugin } from "../program/app.ts";
import { brokenSums } from "../result/invariants.ts";
import type { Result } from "../result/result.ts";
import { runSession, type Session, type SessionRequest } from "../run/session.ts";
import { GuestThread } from "../run/thread.ts";
import type { CommandIo } from "./io.ts";
import {
  addJavyFlags,
  collect,
  type JavyFlags,
  parseChoice,
  parseCount,
  parseLimits,
  parseModel,
  parseSeconds,
} from "./options.ts";
import { makeApp, pluginFor, readEntry, readSource } from "./program.ts";
import { readInput } from "./result-file.ts";
import { userBuild } from "./user-build.ts";
import { version } from "./version.ts";
import { view } from "./view.ts";

export interface RunOptions extends JavyFlags {
  readonly input?: string;
  readonly export?: string;
  readonly plugin?: string;
  readonly source?: string;
  readonly fuelModel: string;
  readonly out?: string;
  readonly format: string;
  readonly by?: readonly string[];
  readonly top: string;
  readonly sort: string;
  readonly min: string;
  readonly limits?: string;
  readonly host?: string;
  readonly maxFuel?: string;
  readonly timeout?: string;
  readonly frames: string;
  readonly events?: boolean;
  readonly realClock?: boolean;
  readonly seed: string;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly dispatchFunction?: string;
}

/** Calls and returns that are kept in order: a million calls, and their returns. */
const keptEvents = 2_000_000;

export function registerRun(program: Command, io: CommandIo, finish: (code: ExitCode) => void): void {
  const command = program
    .command("run", { isDefault: true })
    .description(
      "run a program, print what its functions cost, write the profile (`javy-prof app.js` is the same)",
    )
    .argument("<entry>", "app.js, or a module that a Javy or another QuickJS made (app.wasm)")
    .argument("[args...]", "arguments of the guest, behind --")
    .option("-i, --input <file>", "stdin of the guest; default: piped stdin, else empty")
    .option("-e, --export <name>", "export to call; default _start, or the only one there is")
    .option("--plugin <file>", "the Javy plugin to compile with and to run on; default: the embedded one")
    .option(
      "--source <file>",
      "the JavaScript that a module without lines was built from; default: what it carries",
    )
    .option("--fuel-model <model>", "wasmtime-<major>, or a JSON cost table", defaultModelName)
    .option(
      "-o, --out <file>",
      "profile; default <base>.speedscope.json in the working directory; - is stdout",
    )
    .option("--format <list>", FORMATS.map(({ name }) => name).join(", "), "speedscope")
    .option(
      "--by <what>",
      `table of the summary: ${BREAKDOWNS.join(", ")}; repeatable (default: function)`,
      collect,
    )
    .option("--top <n>", "rows of a table", "20")
    .option("--sort <key>", SORTS.join(", "), "self")
    .option("--min <fuel>", "least own fuel of a row", "0")
    .option("--limits <name>", "shopify, shopify:<scale> or none; default: what the module is for")
    .option("--host <file>", "ES module that gives the module its imports and drives it: docs/hosts.md")
    .option("--max-fuel <n>", "stop the guest past this fuel: 11000000, 11M, 500k")
    .option("--timeout <seconds>", "stop the guest past this time")
    .option(
      "--frames <kind>",
      "js; engine: the engine's functions below the JavaScript that called them; wasm: WebAssembly functions, of any module",
      "js",
    )
    .option("--events", "keep the ordered calls in the result document")
    .option("--real-clock", "give the guest the real time (default: a clock that stands at 0)")
    .option("--seed <n>", "seed of WASI's random_get (Javy's Math.random follows the clock)", "42")
    .option("--open", "view the profile when it is written")
    .option("--no-open", "do not (default)")
    .option("-j, --json", "one JSON document on stdout, the guest's output inside it")
    .option("--quiet", "no summary")
    .option("--verbose", "also say what was located, made and used")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .action(async (entry: string, args: string[], options: RunOptions) =>
      finish(await run(entry, args, options, io)),
    );
  addJavyFlags(command);
}

/** Runs; returns the exit code of PRODUCT.md. */
export async function run(
  path: string,
  args: readonly string[],
  options: RunOptions,
  io: CommandIo,
): Promise<ExitCode> {
  const settings = await parse(options, io);
  await checkOutput(settings, path, options, io);
  const given = await readEntry(path, io.cwd);
  const built = await userBuild(path, given, options, io);
  const entry = built?.entry ?? given;
  if (built && !options.quiet && !options.json) io.stderr(`built by ${inertText(built.by)}\n`);
  const chosen = await pluginFor(entry, built?.plugin ?? options.plugin, io.cwd);
  const { plugin, engine } = chosen;
  const source =
    options.source === undefined
      ? given.kind === "source" && built
        ? given
        : null
      : await readSource(options.source, given, io.cwd);
  const stdin =
    options.input === undefined
      ? io.stdinIsTerminal
        ? new Uint8Array()
        : ("inherit" as const)
      : await readInput(options.input, io.cwd, "the input");
  const thread = new GuestThread();
  let session: Session;
  try {
    const userHost = options.host === undefined ? null : resolve(io.cwd, options.host);
    if (userHost !== null && (entry.kind === "source" || plugin))
      throw usageError(
        "--host runs a module that is whole",
        "JavaScript and dynamic modules have a host of their own",
      );
    const app = makeApp(entry, plugin, thread, userHost !== null);
    const host: HostSettings = {
      stdin,
      passThrough: options.json ? false : options.out === "-" ? "stderr" : true,
      args: [basename(entry.name), ...args],
      realClock: options.realClock ?? false,
      seed: settings.seed,
      userHost,
    };
    const shown = progressLine(io, options);
    session = await runSession(thread, {
      ...{ plugin, app, engine, host, version, source },
      compiler: "compiler" in chosen ? chosen.compiler : null,
      name: entry.name,
      export: options.export ?? null,
      model: settings.model,
      frames: settings.frames,
      limits: settings.limits,
      events: keptEvents,
      maxFuel: settings.maxFuel,
      timeoutMs: settings.timeoutMs,
      dispatchFunction: settings.dispatchFunction,
      interrupted: io.interrupted,
      ...(shown ? { progress: shown.show } : {}),
    });
    shown?.clear();
  } finally {
    await thread.close();
  }
  const { result } = session;
  const wrote = await writeProfiles(result, settings, path, options, io);
  if (options.json) await io.stdout(writeResultJson(result, { events: options.events ?? false }));
  const quiet = options.quiet || (options.json && !io.isTerminal);
  if (options.verbose) io.stderr(details(session, plugin));
  // Why the guest failed is no part of the summary: it is said in any case.
  io.stderr(quiet ? renderFailure(result, io.colour) : summary(session, settings, options, wrote.files, io));
  const unneeded =
    options.plugin !== undefined && !plugin && !result.warnings.some(({ code }) => code === "lines-carried");
  if (unneeded) wrote.notes.push("--plugin was not needed: the module has its engine in it");
  for (const note of wrote.notes) if (!options.quiet) io.stderr(`note: ${inertText(note)}\n`);
  const broken = brokenSums(result);
  if (broken.length > 0) throw internalError("the profile does not add up", ...broken.slice(0, 5));
  if (wrote.error) throw wrote.error;
  // What was counted is written; that it could not be named decides the exit code.
  if (session.refused) throw session.refused;
  const profile = wrote.files.find((file) => file.endsWith(".speedscope.json"));
  if (options.open && profile) await view(profile, {}, io);
  return exitCode(result);
}

/** What was located, made and used, for --verbose. */
function details({ facts, outcome, result }: Session, plugin: Plugin | null): string {
  const { dispatch } = facts;
  const { quickjs, bytecodeVersion } = result.toolchain;
  const lines = [
    ...(plugin ? [`plugin     ${plugin.namespace}, ${grouped(plugin.bytes.length)} bytes`] : []),
    ...(dispatch
      ? [
          `engine     ${quickjs}, bytecode version ${bytecodeVersion}, instrumented ${grouped(facts.engineBytes)} bytes`,
          `dispatch   function ${[dispatch.function, plugin?.names.get(dispatch.function) ?? ""].join(" ").trim()}: ${dispatch.shape}, ${dispatch.targets} distinct targets`,
        ]
      : []),
    `program    ${grouped(facts.appBytes)} bytes, of which bytecode ${grouped(facts.payloadBytes)}`,
    `memory     guest ${grouped(outcome.maxMemoryBytes)} bytes, counters ${grouped(outcome.collectorBytes)} bytes`,
  ];
  return lines.map((line) => `${inertText(line)}\n`).join("");
}

interface Settings {
  readonly model: Awaited<ReturnType<typeof parseModel>>;
  readonly formats: readonly Format[];
  readonly by: readonly By[];
  readonly top: number;
  readonly sort: Sort;
  readonly min: number;
  readonly limits: ReturnType<typeof parseLimits>;
  readonly maxFuel: number | null;
  readonly timeoutMs: number | null;
  readonly frames: SessionRequest["frames"];
  readonly seed: bigint;
  readonly dispatchFunction: number | undefined;
}

async function parse(options: RunOptions, io: CommandIo): Promise<Settings> {
  const formats = parseFormats(options.format);
  if (options.out !== undefined && formats.length > 1)
    throw usageError("--out takes one format", "leave it out to write <base>.<extension> for each");
  if (options.source !== undefined && options.frames === "wasm")
    throw usageError("--source gives lines to JavaScript, --frames wasm shows none");
  if (options.out === "-" && options.json) throw usageError("--out - and --json both want stdout");
  const by: readonly By[] =
    options.by === undefined
      ? ["function"]
      : options.by.flatMap((list) => list.split(",")).map((one) => parseChoice(one, "--by", BREAKDOWNS));
  const frames = parseChoice(options.frames, "--frames", ["js", "engine", "wasm"] as const);
  return {
    model: await parseModel(options.fuelModel, io.cwd),
    formats,
    by,
    top: parseCount(options.top, "--top"),
    sort: parseChoice(options.sort, "--sort", SORTS),
    min: parseCount(options.min, "--min"),
    limits: parseLimits(options.limits),
    maxFuel: options.maxFuel === undefined ? null : parseCount(options.maxFuel, "--max-fuel"),
    timeoutMs: options.timeout === undefined ? null : parseSeconds(options.timeout, "--timeout"),
    // what builtins cost takes frames for them
    frames: frames === "js" && by.includes("builtin") ? "builtin" : frames,
    seed: BigInt(parseCount(options.seed, "--seed")),
    dispatchFunction:
      options.dispatchFunction === undefined
        ? undefined
        : parseCount(options.dispatchFunction, "--dispatch-function"),
  };
}

function targets(
  { formats }: Settings,
  path: string,
  options: Pick<RunOptions, "out">,
): readonly (readonly [Format, string])[] {
  const base = basename(path).replace(/\.(js|mjs|cjs|wasm)$/, "");
  return formats.map((format) => [format, options.out ?? base + format.extension] as const);
}

/** Before anything runs: can the profile be written where it is wanted? A long run should not end in a typing error. */
async function checkOutput(
  settings: Settings,
  path: string,
  options: RunOptions,
  io: CommandIo,
): Promise<void> {
  const place = (file: string) => resolve(io.cwd, file);
  const sources = [path, options.input, options.plugin, options.source]
    .filter((file) => file !== undefined)
    .map(place);
  for (const [, out] of targets(settings, path, options)) {
    if (out === "-") continue;
    if (sources.includes(place(out)))
      throw usageError(`the profile would overwrite ${out}`, "give another place with --out");
    const folder = dirname(place(out));
    const [isFolder, taken] = await Promise.all([isDirectory(folder), isDirectory(place(out))]);
    const writable = isFolder && (await access(folder, constants.W_OK).then(yes, no));
    if (writable && !taken) continue;
    throw usageError(
      `cannot write the profile ${out}: ${taken ? "it is a folder" : isFolder ? "its folder is read-only" : "there is no such folder"}`,
      "give another place with --out",
    );
  }
}

const yes = () => true;
const no = () => false;

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), no);
}

interface Wrote {
  readonly files: readonly string[];
  readonly notes: string[];
  /** Why a file could not be written: said after everything else was. */
  readonly error: Error | null;
}

async function writeProfiles(
  result: Result,
  settings: Settings,
  path: string,
  options: RunOptions,
  io: CommandIo,
): Promise<Wrote> {
  const files: string[] = [];
  const notes: string[] = [];
  let error: Error | null = null;
  for (const [format, out] of targets(settings, path, options)) {
    const content = format.write(result, { events: options.events ?? false });
    const note = format.note(result);
    if (note !== null) notes.push(note);
    if (out === "-") {
      await io.stdout(content);
      continue;
    }
    try {
      await writeFile(resolve(io.cwd, out), content);
      files.push(out);
    } catch (cause) {
      error = usageError(
        `cannot write the profile ${out}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
        "give another place with --out",
      );
    }
  }
  return { files, notes, error };
}

function summary(
  { result, facts }: Session,
  settings: Settings,
  options: RunOptions,
  wrote: readonly string[],
  io: CommandIo,
): string {
  return renderSummary(result, {
    by: settings.by,
    top: settings.top,
    sort: settings.sort,
    min: settings.min,
    width: io.width,
    colour: io.colour,
    input: options.input === undefined ? null : basename(options.input),
    limit: facts.maxFuel,
    wrote,
  });
}

function exitCode(result: Result): ExitCode {
  const { kind } = result.run.exit;
  if (kind === "ok")
    return result.warnings.some(({ code }) => violations.includes(code)) ? Exit.checkFailed : Exit.ok;
  if (kind === "interrupted") return Exit.interrupted;
  return kind === "fuel" || kind === "timeout" ? Exit.checkFailed : Exit.guestFailed;
}

/** A line on the terminal that says how far the guest is, from the first second on. */
function progressLine(
  io: CommandIo,
  options: RunOptions,
): { show: (millions: number) => void; clear: () => void } | null {
  if (!io.isTerminal || options.quiet || options.json) return null;
  const started = Date.now();
  let shown = false;
  return {
    show: (millions) => {
      if (Date.now() - started < 1000) return;
      shown = true;
      io.stderr(`\r${millions.toLocaleString("en-US")} M fuel …`);
    },
    clear: () => {
      if (shown) io.stderr(`\r${" ".repeat(30)}\r`);
    },
  };
}
