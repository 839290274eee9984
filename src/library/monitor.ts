/** Monitors: what they match, their runs, and modules that they are written into. */
import { usageError } from "../base/diagnostics.ts";
import type { MonitorTarget } from "../format/choices.ts";
import { csvHeading, csvLead } from "../format/monitor/csv.ts";
import { lostText } from "../format/warning-words.ts";
import { defaultModelName } from "../fuel/measured.ts";
import { modelNamed } from "../fuel/models.ts";
import { commandExport } from "../javy/startup-exports.ts";
import { monitorNamed } from "../monitor/library-scripts.ts";
import type { Matched } from "../monitor/matched.ts";
import type { Report } from "../monitor/report.ts";
import type { Source } from "../monitor/source.ts";
import type { IdleRule } from "../monitor/targets/rewriting.ts";
import type { Probe } from "../probe/callbacks/probe.ts";
import type { Plan } from "../probe/plan.ts";
import type { RequestOptions } from "../profiler/request.ts";
import type { Program } from "../program/program.ts";
import type { Exit, Result } from "../result/result.ts";
import type { RunEnd } from "../run/job.ts";
import { instrumentBare, instrumentFile, instrumentLinked, type MonitorFile } from "../run/monitor-file.ts";
import { instrumentPair } from "../run/monitor-pair.ts";
import { matchProgram, monitorProgram, readMonitor } from "../run/monitor-session.ts";
import type { ScriptFailure } from "../run/monitored-run.ts";
import type { Probes } from "../run/probe-control.ts";
import { withThread } from "../run/threads.ts";
import { isWasm } from "../wasm/decode.ts";
import { withProbes } from "./probes.ts";
import { type ProfileOptions, requested } from "./requested.ts";

/** What a monitor is given besides the program's own options. */
export interface MonitorOptions extends Omit<ProfileOptions, "frames" | "onProblem"> {
  /**
   * Where the script's code is: in the program, or in a module of its own that the program calls. The report is the same.
   * Default: rewrite.
   */
  readonly target?: MonitorTarget;
  /** A Whamm script: its text, the name of a monitor of the library, or a text with the name of its file for messages. */
  readonly script: string | { readonly file: string; readonly text: string };
  /** Libraries that the script uses, by name. */
  readonly libs?: Readonly<Record<string, Uint8Array>>;
}

export interface Monitoring {
  /** How the guest ended; the report is there however it did. */
  readonly exit: Result["run"]["exit"]["kind"];
  /** The trap's message, the exit code or what stopped it in words; null where there is nothing to say. */
  readonly failure: string | null;
  /** The stream that took no more of the guest's output, where that stopped it. */
  readonly lost: Exit["lost"] | null;
  readonly report: Report;
  /**
   * A trap of the script's own: in what it does before the program (`begin`), which then did not run, or at `wasm:end` or
   * `wasm:report` (`end`). Null where there was none.
   */
  readonly scriptFailure: ScriptFailure | null;
  /**
   * Rules of `wasm:` that got no code, by their first event: they match no place of the program (0), or as many as it says
   * and their predicates are false at all of them.
   */
  readonly idle: readonly IdleRule[];
  /** Time inside the guest, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * Runs a program under a monitor and gives what it reports. @throws ScriptError with all problems of the script; Diagnostic
 * where the program cannot be run.
 */
export async function monitor(program: Program, options: MonitorOptions): Promise<Monitoring> {
  const { script, libs = {}, target = "rewrite", ...rest } = options;
  const { request, live } = requested(program, rest);
  const source = { ...scriptSource(script), libraries: new Map(Object.entries(libs)), target };
  const session = await withThread((thread) => monitorProgram(thread, program, request, live, source));
  const { end, report, failure: scriptFailure, rewriting, milliseconds } = session;
  const lost = end.kind === "interrupted" ? (end.lost ?? null) : null;
  return {
    ...{ exit: end.kind, failure: failureOf(end), lost, report, scriptFailure },
    ...{ idle: rewriting.idle, milliseconds },
  };
}

function failureOf(end: RunEnd): string | null {
  if (end.kind === "trap") return end.message;
  if (end.kind === "exit" && end.code !== 0) return `exit code ${end.code}`;
  return end.kind === "interrupted" && end.lost ? lostText(end.lost) : null;
}

/** What a script matches in a program, without running it. @throws ScriptError. */
export async function matchScript(
  program: Program,
  options: Pick<MonitorOptions, "script" | "libs" | "fuelModel" | "target">,
): Promise<Matched> {
  const { script, libs = {}, target = "rewrite", fuelModel } = options;
  const { request } = requested(program, fuelModel === undefined ? {} : { fuelModel });
  return withThread((thread) =>
    matchProgram(
      ...([thread, program] as const),
      { ...scriptSource(script), libraries: new Map(Object.entries(libs)), target },
      request.model ?? modelNamed(defaultModelName),
    ),
  );
}

export interface InstrumentOptions {
  /** A Whamm script: its text, or the name of a monitor of the library. Left out: there are only probes. */
  readonly script?: string;
  /** Probes that are functions or counts, in the order in which they fire at one place, behind the script. */
  readonly probes?: readonly Probe[];
  /** The script's file, for messages and for the file's description of its report. Default: script.mm. */
  readonly file?: string;
  /** Libraries that the script uses, by name. */
  readonly libs?: Readonly<Record<string, Uint8Array>>;
  /** What `fuel` counts. Default: the newest wasmtime's. */
  readonly fuelModel?: RequestOptions["fuelModel"];
  /**
   * Whether maps, strings, printed text and libraries become part of the module, in memories of their own, or come as
   * imports. Default: true, but with rules of `js:`, which need a host that hears of JavaScript. The file then needs an
   * engine with multi-memory where the script has any of these: Node 22 and later, wasmtime, browsers of 2024. Node 20 has
   * none: give false there.
   */
  readonly selfContained?: boolean;
  /**
   * Where the script's code is: in the program, or in a module of its own that the program imports as `javy_prof_monitor`
   * and that knows no program. Default: rewrite.
   */
  readonly target?: MonitorTarget;
  /** Write the report as CSV to WASI's stderr when the function that is exported as `command` (default: _start) ends. */
  readonly reportTo?: "stderr" | "none";
  readonly command?: string;
}

export interface Instrumented {
  readonly bytes: Uint8Array;
  /** The script's own module, to be instantiated first; null where its code is in the program, or has imports of ours. */
  readonly monitor: Uint8Array | null;
  /** What it imports besides what the program does: nothing where it is self-contained and has no probes. For one instance. */
  readonly imports: WebAssembly.Imports;
  /** What its probes came to, and the switch of those that are attachable. */
  readonly probes: Probes;
  /**
   * To be called right behind the instantiation where it is not self-contained: imports that copy need the instance, and
   * rules of `js:` hear nothing before. Of a module with a start function it runs that then, not the instantiation.
   */
  attach(instance: WebAssembly.Instance): void;
  /** Does what the script does at its end, and reads the report: once, when the program has ended, however it did. */
  report(instance: WebAssembly.Instance): Report;
}

/**
 * Writes a script's code and the calls of probes into a module, to be run by whatever runs WebAssembly. @throws
 * ScriptError with all problems of the script; Diagnostic where it cannot be done.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions): Instrumented {
  const { script, probes = [] } = options;
  if (!isWasm(bytes))
    throw usageError(
      "only a WebAssembly module can be instrumented",
      "javy-prof monitor runs JavaScript under a monitor; javy build app.js -o app.wasm makes a module of it",
    );
  if (script === undefined && !options.probes)
    throw usageError("there is nothing to instrument with: neither a script nor probes");
  return withProbes(bytes, probes, (plans) =>
    script === undefined ? instrumentBare(bytes, plans) : withScript(bytes, { ...options, script }, plans),
  );
}

/** `others`: plans besides the script's. */
function withScript(
  bytes: Uint8Array,
  options: InstrumentOptions & { readonly script: string },
  others: readonly Plan[],
): MonitorFile {
  const { script, file, libs = {}, fuelModel = defaultModelName } = options;
  const { reportTo = "none", command = commandExport, target = "rewrite" } = options;
  const given = { ...scriptSource(script, file), libraries: new Map(Object.entries(libs)), target };
  const js = readMonitor(given);
  const { selfContained = js.probes.length === 0 } = options;
  const model = typeof fuelModel === "string" ? modelNamed(fuelModel) : fuelModel;
  if (!selfContained && reportTo !== "none")
    throw usageError("only a self-contained file can write its report itself");
  const showing =
    reportTo === "stderr" ? { descriptor: 2, command, heading: csvHeading, lead: csvLead } : null;
  if (!selfContained) return instrumentLinked(js, given, bytes, model, others);
  return target === "module"
    ? instrumentPair(js, given, bytes, model, showing, others)
    : instrumentFile(js, given, bytes, model, showing, others);
}

/** @throws Diagnostic (usage) where it is a name and no monitor has it. */
function scriptSource(script: MonitorOptions["script"], file = "script.mm"): Source {
  if (typeof script !== "string") return script;
  return /^[\w-]+$/.test(script) ? monitorNamed(script) : { file, text: script };
}
