/**
 * The library's face, and the only one: `import { open, profile } from "javy-prof"`. The commands and the benchmark
 * are its first users and use nothing behind it.
 *
 *   const program = await open("app.js");
 *   const { result, speedscope } = await profile(program, { input: new TextEncoder().encode("{}") });
 *
 * Every error that has a reason outside of this package is a Diagnostic: its kind, a message, details, and where.
 */
import { basename } from "node:path";
import { encodeText } from "./base/bytes.ts";
import { type Diagnostic, internalError, usageError } from "./base/diagnostics.ts";
import { version } from "./base/version.ts";
import type { MonitorTarget } from "./format/choices.ts";
import { wholeText } from "./format/files/formats.ts";
import { documentOf } from "./format/files/result-json.ts";
import { writeSpeedscope } from "./format/files/speedscope.ts";
import { csvHeading, csvLead } from "./format/monitor/csv.ts";
import { lostText } from "./format/warning-words.ts";
import { defaultModelName } from "./fuel/measured.ts";
import { modelNamed } from "./fuel/models.ts";
import type { NamedText } from "./host/shopify/scale.ts";
import { commandExport } from "./javy/startup-exports.ts";
import { libraryScript } from "./monitor/library-scripts.ts";
import type { Matched } from "./monitor/matched.ts";
import type { Report } from "./monitor/report.ts";
import { matchesOf as matchesAmong } from "./monitor/rule.ts";
import type { Source } from "./monitor/source.ts";
import { monitorEvents } from "./profiler/js-opcodes.ts";
import { checkRequest, type RequestOptions } from "./profiler/request.ts";
import { type Disassembly, disassembleProgram } from "./program/disassembly.ts";
import type { Given } from "./program/given.ts";
import { inspectProgram, type ModuleFacts } from "./program/inspect.ts";
import { examineInstallation, type Installation } from "./program/installation.ts";
import { type OpenOptions, openProgram } from "./program/open.ts";
import type { Program } from "./program/program.ts";
import { brokenSums } from "./result/invariants.ts";
import type { Exit, Result, ResultDocument } from "./result/result.ts";
import type { RunEnd } from "./run/job.ts";
import { instrumentFile, instrumentLinked } from "./run/monitor-file.ts";
import { instrumentPair } from "./run/monitor-pair.ts";
import { matchProgram, monitorProgram } from "./run/monitor-session.ts";
import { executeProgram, type Live, profileProgram, type SessionFacts } from "./run/session.ts";
import { withThread } from "./run/threads.ts";
import { isWasm } from "./wasm/decode.ts";

export type { DiagnosticFields, DiagnosticKind, Span } from "./base/diagnostics.ts";
export { Diagnostic, headline } from "./base/diagnostics.ts";
export { version } from "./base/version.ts";
export type { CheckDocument, Dearest, Status, Verdict } from "./ci/check-document.ts";
export { type Config, parseConfig, type ScenarioConfig } from "./ci/config.ts";
export {
  type Change,
  type CountedChange,
  type Diff,
  diff,
  type FunctionChange,
  type LineChange,
} from "./ci/diff.ts";
export type { DiffDocument, ScenarioDiff } from "./ci/diff-document.ts";
export { diffScenarios } from "./ci/diff-scenarios.ts";
export { isFailing, type JudgeOptions, judge as check, type ScenarioRun } from "./ci/judge.ts";
export { type Measured, type MeasuredFunction, type MeasuredLine, measure } from "./ci/measured.ts";
export { parseCheck } from "./ci/read-check.ts";
export { chosen, type Scenario, type ScenarioInput, scenariosOf, sharded } from "./ci/scenario.ts";
export { parseSnapshot, printSnapshot, type Snapshot } from "./ci/snapshot.ts";
export { noTolerance, type Tolerance, toleranceOf } from "./ci/tolerance.ts";
export { defaultModelName } from "./fuel/measured.ts";
export type { CostModel } from "./fuel/models.ts";
export { modelFromTable, modelNamed } from "./fuel/models.ts";
export { type Fixture, parseFixture } from "./host/shopify/fixture.ts";
export { checkScale } from "./host/shopify/limits.ts";
export { parseRunLog, type RunLog } from "./host/shopify/run-log.ts";
export type { NamedText } from "./host/shopify/scale.ts";
export { commandExport } from "./javy/startup-exports.ts";
export type { RunWorld } from "./javy/user-javy.ts";
export { libraryNames, libraryScript, summaryOf } from "./monitor/library-scripts.ts";
export type { Report, ReportMap, ReportRow, ReportValue, RowPlace } from "./monitor/report.ts";
export { ScriptError } from "./monitor/source.ts";
export type { Frames, RequestOptions } from "./profiler/request.ts";
export type { Disassembly } from "./program/disassembly.ts";
export type { Given } from "./program/given.ts";
export type { FunctionFacts, ModuleFacts } from "./program/inspect.ts";
export type { Installation, Tried } from "./program/installation.ts";
export type { OpenOptions } from "./program/open.ts";
export type { Program } from "./program/program.ts";
export { lacksShopifyPlugin } from "./program/shopify-cli.ts";
export type { JavyChoice } from "./program/user-build.ts";
export { MergedRuns } from "./result/merge-results.ts";
export { looksLikeResult, parseResult } from "./result/read-result.ts";
export type * from "./result/result.ts";
export type { Warning, WarningCode, WrittenWarning } from "./result/warnings.ts";
export { violates } from "./result/warnings.ts";
export type { Live, SessionFacts } from "./run/session.ts";

/**
 * Opens a program: JavaScript, or a WebAssembly module that holds or needs QuickJS; a path, or bytes. Bytes have the name
 * that `options.name` gives them. A module that cannot be run is opened all the same: `program.refusal()` says why.
 * @throws Diagnostic: usage where a file cannot be read or JavaScript does not compile, unsupported where what was given is
 * neither JavaScript nor a module.
 */
export function open(
  given: string | Uint8Array,
  { name, ...options }: OpenOptions & { readonly name?: string } = {},
): Promise<Program> {
  const what: Given =
    typeof given === "string"
      ? given
      : { name: name ?? (isWasm(given) ? "module.wasm" : "app.js"), bytes: given };
  return withThread((thread) => openProgram(what, options, thread));
}

export interface ProfileOptions extends Omit<RequestOptions, "input">, Live {
  /** The guest's stdin: bytes, a text, or "inherit" for the process's own, read at the guest's first read. Default: empty. */
  readonly input?: Uint8Array | string | "inherit";
  /** A profile that is not what was asked for (an engine that nobody knows, sums that do not hold) is thrown away with
   * an error, or given back with its `problem`. Default: "throw". */
  readonly onProblem?: "throw" | "return";
}

export interface Profile {
  readonly result: Result;
  /** Why this is not what was asked for; null where all is well. */
  readonly problem: Diagnostic | null;
  /** What was located, made and used on the way. */
  readonly facts: SessionFacts;
  /** The result as it is written, with the words for its warnings and for why the run ended. */
  document(): ResultDocument;
  /** The profile as a speedscope file. */
  speedscope(): string;
}

/**
 * Profiles a program, in a thread of this process, and gives its result. It can be called again for the same program.
 * @throws Diagnostic: usage for options that cannot be, unsupported where the program cannot be run; that the guest failed is
 * no error but the result's `run.exit`.
 */
export async function profile(program: Program, options: ProfileOptions = {}): Promise<Profile> {
  const { onProblem = "throw" } = options;
  const { request, live } = requested(program, options);
  const { result, refused, facts } = await withThread((thread) =>
    profileProgram(thread, program, request, live, version),
  );
  const broken = brokenSums(result);
  const problem =
    broken.length > 0 ? internalError("the profile does not add up", ...broken.slice(0, 5)) : refused;
  if (problem && onProblem === "throw") throw problem;
  const speedscope = () => wholeText(writeSpeedscope(result));
  return { result, problem, facts, document: () => documentOf(result), speedscope };
}

function requested(program: Program, options: ProfileOptions) {
  const { input = new Uint8Array(), onProblem: _, signal, progress, ...asked } = options;
  const bytes = typeof input === "string" && input !== "inherit" ? encodeText(input) : input;
  const request = checkRequest({ ...asked, input: bytes as Uint8Array | "inherit" }, basename(program.name));
  const live: Live = { ...(signal ? { signal } : {}), ...(progress ? { progress } : {}) };
  return { request, live };
}

/** What a monitor is given besides the program's own options. */
export interface MonitorOptions extends Omit<ProfileOptions, "frames" | "onProblem" | "host"> {
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
  const { end, report, milliseconds } = await withThread((thread) =>
    monitorProgram(thread, program, request, live, source),
  );
  const lost = end.kind === "interrupted" ? (end.lost ?? null) : null;
  return { exit: end.kind, failure: failureOf(end), lost, report, milliseconds };
}

function failureOf(end: RunEnd): string | null {
  if (end.kind === "trap") return end.message;
  if (end.kind === "exit" && end.code !== 0) return `exit code ${end.code}`;
  return end.kind === "interrupted" && end.lost ? lostText(end.lost) : null;
}

/** The events and modes that a rule means. @throws ScriptError with what is wrong with it. */
export function matchesOf(rule: string) {
  return matchesAmong(rule, monitorEvents());
}

/** What a script matches in a program, without running it. @throws ScriptError. */
export function matchScript(
  program: Program,
  options: Pick<MonitorOptions, "script" | "libs" | "fuelModel" | "target">,
): Matched {
  const { script, libs = {}, target = "rewrite", fuelModel } = options;
  const { request } = requested(program, fuelModel === undefined ? {} : { fuelModel });
  return matchProgram(
    program,
    { ...scriptSource(script), libraries: new Map(Object.entries(libs)), target },
    request.model ?? modelNamed(defaultModelName),
  );
}

export interface InstrumentOptions {
  /** A Whamm script: its text, or the name of a monitor of the library. */
  readonly script: string;
  /** The script's file, for messages and for the file's description of its report. Default: script.mm. */
  readonly file?: string;
  /** Libraries that the script uses, by name. */
  readonly libs?: Readonly<Record<string, Uint8Array>>;
  /** What `fuel` counts. Default: the newest wasmtime's. */
  readonly fuelModel?: RequestOptions["fuelModel"];
  /**
   * Whether maps, strings, printed text and libraries become part of the module, in memories of their own, or come as
   * imports. Default: true. The file then needs an engine with multi-memory where the script has any of these: Node 22
   * and later, wasmtime, browsers of 2024. Node 20 has none: give false there.
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
  /** What it imports besides what the program does: nothing where it is self-contained. For one instance. */
  readonly imports: WebAssembly.Imports;
  /** To be called right behind the instantiation where it is not self-contained: imports that copy need the instance. */
  attach(instance: WebAssembly.Instance): void;
  /** Does what the script does at its end, and reads the report: once, when the program has ended, however it did. */
  report(instance: WebAssembly.Instance): Report;
}

/**
 * Writes a script's code into a module, to be run by whatever runs WebAssembly. @throws ScriptError with all problems of
 * the script; Diagnostic where it cannot be done.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions): Instrumented {
  const { script, file, libs = {}, fuelModel = defaultModelName, selfContained = true } = options;
  const { reportTo = "none", command = commandExport, target = "rewrite" } = options;
  if (!isWasm(bytes))
    throw usageError(
      "only a WebAssembly module can be instrumented",
      "monitor runs JavaScript under a monitor",
    );
  const source = libraryScript(script) ?? { file: file ?? "script.mm", text: script };
  const given = { ...source, libraries: new Map(Object.entries(libs)), target };
  const model = typeof fuelModel === "string" ? modelNamed(fuelModel) : fuelModel;
  if (!selfContained && reportTo !== "none")
    throw usageError("only a self-contained file can write its report itself");
  if (target === "module" && reportTo !== "none")
    throw usageError(
      "a program beside its monitor cannot write the report itself",
      "use the target rewrite, or read the report from the module's exports",
    );
  const showing =
    reportTo === "stderr" ? { descriptor: 2, command, heading: csvHeading, lead: csvLead } : null;
  if (!selfContained) return instrumentLinked(given, bytes, model);
  return target === "module"
    ? instrumentPair(given, bytes, model)
    : instrumentFile(given, bytes, model, showing);
}

function scriptSource(script: MonitorOptions["script"]): Source {
  if (typeof script !== "string") return script;
  return libraryScript(script) ?? { file: "script.mm", text: script };
}

export interface Execution {
  /** How the guest ended. */
  readonly exit: Result["run"]["exit"]["kind"];
  /** Null where it was not counted. */
  readonly fuel: bigint | null;
  /** The guest's output, at most the first megabyte of each stream. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly maxMemoryBytes: number;
  /** Time inside the guest. */
  readonly milliseconds: number;
}

/**
 * Runs a program without a profile: as it is, or (`count`) with its total fuel. For comparisons: what does a profile
 * cost, is the output the same. With `maxFuel`, `timeoutMs` or `signal` its fuel is counted, too, since a program that
 * is as it was cannot be stopped in a loop; it ends as under `profile` then. @throws Diagnostic as `profile` does.
 */
export async function execute(
  program: Program,
  { count = false, ...options }: ProfileOptions & { readonly count?: boolean } = {},
): Promise<Execution> {
  const { request, live } = requested(program, options);
  const { end, fuel, stdout, stderr, maxMemoryBytes, milliseconds } = await withThread((thread) =>
    executeProgram(thread, program, request, live, count),
  );
  return {
    ...{ exit: end.kind, maxMemoryBytes, milliseconds },
    ...{ fuel: count ? fuel : null, stdout: stdout.head, stderr: stderr.head },
  };
}

/**
 * By what Shopify raises a function's limits for an input: the schema's @scaleLimits rates, for what the function's input
 * query asks for. For `limits` of `profile`. @throws Diagnostic (usage) where one of the three cannot be read.
 */
export async function scaleFactor(schema: NamedText, query: NamedText, input: NamedText): Promise<number> {
  return (await import("./host/shopify/scale.ts")).scaleFactor(schema, query, input);
}

/** What there is to know of a program without running it. @throws Diagnostic (unsupported) where its code is not well typed. */
export function inspect(program: Program): ModuleFacts {
  return inspectProgram(program);
}

/**
 * The JavaScript bytecode that a program carries. `name`: what to call its entry file; default: the program's name.
 * @throws Diagnostic (unsupported) where there is none that can be read.
 */
export function disassemble(program: Program, name?: string): Promise<Disassembly> {
  return withThread((thread) => disassembleProgram(program, thread, name));
}

/** Which engine, plugin and javy would be used here, tried out. */
export function installation(options: Parameters<typeof examineInstallation>[0]): Promise<Installation> {
  return withThread((thread) => examineInstallation(options, thread));
}
