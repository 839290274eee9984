/**
 * One profiled run, downwards: plan → rewrite → run → result. At a hardware trap the fast meter's count is short by
 * what a local held; the guest being deterministic, the run is then repeated silently with every instruction counted
 * at once, and that count is the result's.
 */
import { decodeText } from "../base/bytes.ts";
import { Diagnostic, internalError } from "../base/diagnostics.ts";
import { instantiationFuel } from "../fuel/instantiation.ts";
import type { HostSettings } from "../host/settings.ts";
import { stdinPiece } from "../host/stdin-pieces.ts";
import type { Meter } from "../probe/plan.ts";
import type { Request } from "../profiler/request.ts";
import { planRun, type RunPlan } from "../profiler/run-plan.ts";
import { linesWarnings, payloadWarnings } from "../program/line-source.ts";
import type { Program } from "../program/program.ts";
import { mapWarnings } from "../program/program-map.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { withDebug } from "../quickjs/carried-debug.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { engineById, unknownEngine } from "../quickjs/engines/versions.ts";
import { lastTrace, messageOf } from "../quickjs/stack-trace.ts";
import { buildResult, type RunFacts } from "../result/build-result.ts";
import { lineTexts } from "../result/line-text.ts";
import type { Result } from "../result/result.ts";
import type { Warning } from "../result/warnings.ts";
import { askedWarnings, exitOf, isComparable, settingsWarnings } from "./end-notes.ts";
import { Control, type ProfileSettings, type RunJob, type RunOutcome } from "./job.ts";
import type { MonitorJob } from "./monitored-run.ts";
import { Patience } from "./patience.ts";
import { countingModules, type PreparedModules, plainModules } from "./prepared.ts";
import { drawProgress } from "./shared-line.ts";
import type { GuestThread } from "./thread.ts";
import { uncountedWarnings } from "./uncounted-notes.ts";

/** What happens while a run is under way. */
export interface Live {
  /** Aborted to stop the guest: what was counted is kept. */
  readonly signal?: AbortSignal;
  /** Called now and then with the fuel so far, in millions. Gives true where it drew a line on the terminal (clearProgress). */
  readonly progress?: (millions: number) => unknown;
  /**
   * For a progress that draws on the terminal which the guest writes to: what takes its line away. Then progress is not called
   * while a line of the guest's is open, and this is written to stderr before the guest's own text, and at its end.
   */
  readonly clearProgress?: string;
}

export interface Session {
  readonly result: Result;
  /** Why the JavaScript could not be told apart by name: the engine is none that is known. */
  readonly refused: Diagnostic | null;
  readonly facts: SessionFacts;
}

/** What was located, made and used. */
export interface SessionFacts {
  /** Fuel past which the guest was to be stopped, as asked; null: nobody asked. */
  readonly maxFuel: number | null;
  /** Null with frames of WebAssembly only. */
  readonly dispatch: Dispatch | null;
  /** Size of the instrumented module that holds the engine. */
  readonly engineBytes: number;
  readonly memoryBytes: number;
  /** Whether the guest asked for its input. */
  readonly readInput: boolean;
  /** Bytes at the end of stderr that were not passed on: the report of an exception that nobody caught, which the result has. */
  readonly heldBack: number;
  /** What the counters took. */
  readonly collectorBytes: number;
  /** Time inside the guest, in milliseconds. */
  readonly milliseconds: number;
}

/** What runs outside of all frames is one root of the tree where it is not phases. */
const roots = {
  ...{ js: undefined, builtin: undefined },
  ...{ work: "(unnamed)", engine: "(app)", wasm: "(app)" },
} as const;

/** Whether a thread holds more after a run than is worth keeping for the next: bytes of memories, functions, opcodes. */
function isLarge({ maxMemoryBytes, collectorBytes, recording }: RunOutcome): boolean {
  if (maxMemoryBytes + collectorBytes > 64_000_000) return true;
  return recording !== null && recording.functions.length + recording.codes.offset.length > 50_000;
}

/** Profiles a program. `version`: of this package. */
export async function profileProgram(
  thread: GuestThread,
  program: Program,
  request: Request,
  live: Live,
  version: string,
): Promise<Session> {
  const plan = await planRun(program, request, thread);
  const modules = counting(program, plan, "run");
  const running = execute(thread, program, request, plan, modules, live);
  running.catch(() => {});
  // found while the guest runs in its own thread
  const doubts = uncountedWarnings(program, plan.model);
  let outcome = await running;
  if (outcome.end.kind === "trap" && !outcome.end.exact && !request.host.realClock) {
    // An inherited pipe is empty now: the repetition gets what the first run read.
    const stdin = outcome.consumed ?? new Uint8Array();
    const quiet: Request = { ...request, host: { ...request.host, passThrough: false, stdin } };
    const exact = counting(program, plan, "instruction");
    const repeated = await execute(thread, program, quiet, plan, exact, live);
    if (repeated.end.kind === "trap")
      outcome = { ...repeated, stdout: outcome.stdout, stderr: outcome.stderr };
  }
  // what the thread holds is not needed any more, and a result takes memory of its own
  if (isLarge(outcome)) await thread.close();
  return {
    result: resultOf(program, request, plan, outcome, doubts, version),
    refused: plan.refused ?? (outcome.engine === unknownEngine.id ? unreadable(program, plan) : null),
    facts: {
      maxFuel: request.bounds.maxFuel,
      dispatch: request.frames === "wasm" ? null : program.engine!.dispatch.value,
      engineBytes: modules.engineBytes,
      memoryBytes: outcome.maxMemoryBytes,
      readInput: outcome.readInput,
      heldBack: outcome.thrown?.report.length ?? 0,
      collectorBytes: outcome.collectorBytes,
      milliseconds: outcome.milliseconds,
    },
  };
}

function unreadable({ name }: Program, { engines }: RunPlan): Diagnostic {
  return new Diagnostic({
    kind: "unsupported",
    message: "the engine's memory does not look like that of any QuickJS that is known here",
    details: [
      `tried: ${engines.map(({ engine, releases }) => `${engine} ${releases}`).join("; ")}`,
      "functions are shown by address; --frames engine shows the engine's own",
    ],
    file: name,
  });
}

function counting(
  program: Program,
  { frames, native, model }: RunPlan,
  mode: Meter["mode"],
): PreparedModules {
  return countingModules(program, frames, { model, mode, checks: true, native });
}

/**
 * Runs a program without profiling it: as it is, or with its total counted, as it must be where it may have to be stopped.
 * What it costs beside a profile, and what the profile costs beside it.
 */
export async function executeProgram(
  thread: GuestThread,
  program: Program,
  request: Request,
  live: Live,
  counts: boolean,
): Promise<RunOutcome> {
  // no frames are made; where there is no engine, none is needed
  const engine = request.frames !== "wasm" && program.engine?.dispatch.problem === null;
  const frames = engine ? "js" : "wasm";
  const plan = await planRun(program, { ...request, frames }, null);
  const { maxFuel, timeoutMs } = request.bounds;
  const isBounded = maxFuel !== null || timeoutMs !== null || live.signal !== undefined;
  if (!counts && !isBounded)
    return execute(thread, program, request, plan, plainModules(program), live, "nothing");
  const options = {
    model: plan.model,
    mode: "run",
    checks: true,
    native: null,
    totalsOnly: true,
  } as const;
  return execute(thread, program, request, plan, countingModules(program, "js", options), live, "total");
}

/** Runs modules that are ready as the plan says. `monitor`: what a monitored one needs of its host. */
export async function execute(
  thread: GuestThread,
  program: Program,
  request: Request,
  plan: RunPlan,
  modules: PreparedModules,
  { signal, progress, clearProgress }: Live,
  counts: "everything" | "total" | "nothing" = "everything",
  monitor?: MonitorJob,
): Promise<RunOutcome> {
  const { native, builtins, bounds, limits, recompiled, engines, model } = plan;
  const control = new SharedArrayBuffer(Control.words * 4);
  const words = new Int32Array(control);
  const stop = () => void Atomics.store(words, Control.stop, 1);
  const profile: ProfileSettings = {
    payload: program.payload,
    map: program.map,
    recompiled,
    engines: engines.map(({ id }) => id),
    bounds,
    limit: limits?.fuel ?? null,
    natives: native && { frames: native.frames, shared: native.shared, work: native.work },
    ...{ builtins, scripts: plan.scripts },
    // a host of the user's has made the instance before it is asked to run it, but of a program on a plugin
    instantiation: request.host.userHost && !program.plugin ? 0n : instantiationFuel(program.module, model),
  };
  const job: RunJob = {
    kind: "run",
    plugin: modules.plugin && { module: modules.plugin, namespace: program.plugin!.namespace },
    linked: modules.linked.map((module, i) => ({ module, namespace: program.linked[i]!.namespace })),
    app: modules.app,
    export: plan.export,
    ...(counts === "nothing" ? {} : { profile: { ...profile, totalsOnly: counts === "total" } }),
    ...(monitor && { monitor }),
    host: hostSettings(request, plan),
    ...(clearProgress === undefined ? {} : { clearProgress }),
    control,
  };
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  const patience = new Patience(words, bounds.timeoutMs, signal);
  const tell = () => progress!(Atomics.load(words, Control.progress));
  const isDrawn = clearProgress !== undefined;
  const timer =
    progress && setInterval(isDrawn ? () => drawProgress(words, () => tell() === true) : tell, 200);
  try {
    return await Promise.race([thread.run(job), patience.ended]);
  } finally {
    patience.stop();
    clearInterval(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function hostSettings({ host, stdin }: Request, { platform, model }: RunPlan): HostSettings {
  return { ...host, platform, stdinPiece: stdinPiece(stdin, model.name) };
}

/** `doubts`: why the modules' fuel may not be the engine's own. */
function resultOf(
  program: Program,
  request: Request,
  plan: RunPlan,
  outcome: RunOutcome,
  doubts: readonly Warning[],
  version: string,
): Result {
  const { recording, end } = outcome;
  if (!recording) throw internalError("a profiled run left no recording");
  const { plugin, linked } = program;
  const engine = outcome.engine === null ? (plan.engines[0] ?? null) : engineById(outcome.engine);
  const stderr = decodeText(outcome.stderr.head);
  const { thrown } = outcome;
  const reported = thrown?.report.length ? decodeText(thrown.report) : stderr;
  // An engine whose functions have no names reports an uncaught exception as text and a trap.
  const trace = thrown || (end.kind === "trap" && end.exact) ? lastTrace(reported) : null;
  const asked = askedWarnings(program, hostSettings(request, plan), outcome);
  const facts: RunFacts = {
    version,
    toolchain: {
      engine: program.engineFrom!,
      plugin: plugin && { namespace: plugin.namespace, sha256: plugin.sha256 },
      ...(linked.length > 0 && {
        linked: linked.map(({ namespace, sha256 }) => ({ namespace, sha256 })),
      }),
      quickjs: engine?.engine ?? null,
      bytecodeVersion: engine?.version ?? null,
      fuelModel: plan.model.name,
    },
    module: { name: program.name, bytes: program.bytes.length, sha256: program.sha256 },
    run: {
      export: plan.export,
      input: outcome.stdin,
      stdout: decodeText(outcome.stdout.head),
      stderr,
      stdoutBytes: outcome.stdout.bytes,
      stderrBytes: outcome.stderr.bytes,
      maxMemoryBytes: outcome.maxMemoryBytes,
    },
    exit: exitOf(end, trace && messageOf(trace, thrown?.class ?? null), plan.bounds),
    comparable: isComparable(end) && doubts.length === 0 && asked.length === 0,
    judged: plan.limits && { limits: plan.limits, used: usedOf(program, outcome) },
    // Of functions without lines of their own the engine prints none: ours are better.
    printedStack: plan.lines.kind === "own" ? (trace?.frames ?? []) : [],
    warnings: [
      ...settingsWarnings(plan.model, request.host),
      ...doubts,
      ...asked,
      ...outputNotes(outcome),
      ...linesWarnings(plan.lines, outcome.carried),
      ...mapWarnings(program),
      ...payloadWarnings(program.payload, engine),
      ...(plan.withoutBuiltins ? [{ code: "builtins-missing" } as const] : []),
    ],
  };
  const root = roots[plan.frames];
  const { budget } = request;
  // a file that was named may be of another version, unless the lines were carried over from it
  const { source, map } = program;
  const isItsOwn = map !== null || source?.from !== "file" || plan.lines.kind === "compiled";
  const textOf = lineTexts(
    (file) => (isItsOwn ? program.sourceOf(file) : undefined),
    map === null ? "bytes" : "units",
  );
  const units = recording.units.map((unit) =>
    "functions" in unit ? unit : withDebug(readUnit(program.payload!, 0, engine!), unit),
  );
  const places = program.places();
  const options = { engine, places, textOf, budget, ...(root && { root }) };
  return buildResult({ ...recording, units }, options, facts);
}

/** What a run came to besides fuel: by the platform's own measure where it has a host of ours, else by its streams. */
function usedOf({ bytes }: Program, outcome: RunOutcome) {
  const { platform, stdin, stdout, stderr, maxMemoryBytes } = outcome;
  return {
    inputBytes: platform?.inputBytes ?? stdin.bytes,
    outputBytes: platform?.outputBytes ?? stdout.bytes,
    logBytes: platform?.logBytes ?? stderr.bytes,
    moduleBytes: bytes.length,
    memoryBytes: maxMemoryBytes,
  };
}

/** A function that ran to its end has an output; one that did not says itself why not. */
function outputNotes({ platform, end }: RunOutcome): Warning[] {
  const problem = platform?.outputError ?? null;
  return end.kind === "ok" && problem !== null ? [{ code: "platform-output", problem }] : [];
}
