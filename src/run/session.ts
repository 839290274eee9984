/**
 * One profiled run from a prepared program to a result: instrument, run in the thread, name what was counted.
 * At a hardware trap the fast meter's count is short by what a local held; the guest being deterministic, the run is
 * then repeated silently with every instruction counted at once, and that count is the result's.
 */
import { createHash } from "node:crypto";
import { decodeText } from "../base/bytes.ts";
import { Diagnostic, Exit, internalError, named, unsupported, usageError } from "../base/diagnostics.ts";
import { instantiationFuel } from "../fuel/instantiation.ts";
import type { CostModel } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import { platformWarnings } from "../host/shopify/limits.ts";
import {
  refuseIncomplete,
  type ShopifyGeneration,
  type ShopifyLimits,
  shopifyGeneration,
  shopifyLimits,
} from "../host/shopify/shopify.ts";
import { entryFile, entryPoints } from "../javy/module.ts";
import type { Meter } from "../probe/plan.ts";
import type { NativeFrames } from "../profiler/native-frames.ts";
import {
  enginesOf,
  type InstrumentOptions,
  instrumentApp,
  instrumentEngine,
  instrumentWasm,
  type Located,
  locate,
  nativeFrames,
} from "../profiler/prepare.ts";
import type { App, Plugin } from "../program/app.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { type EngineVersion, engineById, unknownEngine } from "../quickjs/engines/versions.ts";
import { lastTrace } from "../quickjs/stack-trace.ts";
import { buildResult, type RunFacts } from "../result/build-result.ts";
import type { ExitKind, Result, Toolchain, Warning } from "../result/result.ts";
import type { Module } from "../wasm/types.ts";
import { isComparable, messageOf, settingsWarnings } from "./end-notes.ts";
import { Control, type RunJob, type RunOutcome } from "./job.ts";
import { findLines, type GivenSource, type Lines, linesWarnings, payloadWarnings } from "./lines.ts";
import { Patience } from "./patience.ts";
import type { GuestThread } from "./thread.ts";
import { uncountedWarnings } from "./uncounted-notes.ts";

export interface SessionRequest {
  /** The plugin of a dynamic program, null for one that is whole. */
  readonly plugin: Plugin | null;
  /** A plugin to compile the source with, for a program that is whole. */
  readonly compiler?: Plugin | null;
  /** The program's source, for bytecode that was stripped of lines; null: what the module carries. */
  readonly source?: GivenSource | null;
  /** May still be compiling: the plugin is instrumented meanwhile. */
  readonly app: App | Promise<App>;
  /** Name of the program, `/`-separated and relative: shown wherever the bytecode says `function.mjs`. */
  readonly name: string;
  readonly engine: Toolchain["engine"];
  /** Null: `_start`, or the only one that can be called. */
  readonly export: string | null;
  readonly model: CostModel;
  readonly host: HostSettings;
  /** `builtin`: native frames for builtins and for engine work by category; `engine`: for every function of the engine. */
  readonly frames: "js" | "builtin" | "engine" | "wasm";
  /** `auto`: those of the platform that the module is for, if it says so; a number: Shopify's, times that. */
  readonly limits: "auto" | "none" | number;
  /** Calls and returns to keep in order. */
  readonly events: number;
  readonly maxFuel: number | null;
  readonly timeoutMs: number | null;
  readonly dispatchFunction?: number | undefined;
  readonly version: string;
  /** Aborted at Ctrl-C: the guest is stopped and what was counted is kept. */
  readonly interrupted?: AbortSignal;
  /** Called now and then with the fuel so far, in millions. */
  readonly progress?: (millions: number) => void;
}

export interface Session {
  readonly result: Result;
  /** Why the JavaScript could not be told apart by name: the engine is none that is known. */
  readonly refused: Diagnostic | null;
  readonly outcome: RunOutcome;
  /** What was located and made, for --verbose. */
  readonly facts: {
    /** Fuel past which the guest is stopped: as asked, or the platform's. */
    readonly maxFuel: number | null;
    /** Null with frames of WebAssembly only. */
    readonly dispatch: Dispatch | null;
    readonly appBytes: number;
    readonly payloadBytes: number;
    /** Size of the instrumented module that holds the engine. */
    readonly engineBytes: number;
  };
}

const nativesShown = { builtin: "named", engine: "all", wasm: "all" } as const;

/** A request whose program is there, with what was found in it. */
type ReadyRequest = Omit<SessionRequest, "app" | "export" | "limits"> & {
  readonly limits: ShopifyLimits | null;
  readonly app: App;
  readonly export: string;
  /** The module that holds the engine, and its interpreter: null where nobody asks for JavaScript. */
  readonly located: Located | null;
  readonly engines: readonly EngineVersion[];
  readonly native: NativeFrames | null;
  readonly lines: Lines;
};

export async function runSession(thread: GuestThread, pending: SessionRequest): Promise<Session> {
  const compiling = Promise.resolve(pending.app);
  // Where instrumenting fails, nobody waits for the program any more.
  compiling.catch(() => {});
  const { plugin, dispatchFunction } = pending;
  const wantsEngine = pending.frames !== "wasm";
  // While the program is being compiled, its plugin is made ready.
  let located = wantsEngine && plugin ? locate(plugin, dispatchFunction) : null;
  let native = located && framesOf(pending.frames, located);
  const early = located && instrumentEngine(located, instrumentation(pending, "run", native));
  const app = await compiling;
  if (wantsEngine && !plugin) located = named(pending.name, () => locate(app, dispatchFunction));
  const { engines, refused } = located
    ? knownEngines(pending.name, located, app)
    : { engines: [], refused: null };
  const { platform, limits } = platformOf(app, plugin, pending.limits);
  if (!plugin || !wantsEngine) native = framesOf(pending.frames, located ?? plugin ?? app);
  const request: ReadyRequest = {
    ...pending,
    app,
    limits,
    maxFuel: pending.maxFuel ?? limits?.fuel ?? null,
    host: { ...pending.host, platform },
    export: pending.host.userHost ? "" : named(pending.name, () => chooseExport(app.module, pending.export)),
    located,
    engines,
    native: refused && located ? framesOf("engine", located) : native,
    lines: located && !refused ? await findLines(thread, { ...pending, app, engines }) : { kind: "own" },
    // of an engine that nobody knows, its own functions tell what it does
    frames: refused ? "engine" : pending.frames,
  };
  const instrumented = (refused ? null : early) ?? instrument(request, "run");
  const options = instrumentation(request, "run", request.native);
  const running = execute(thread, request, options, instrumented);
  // Found while the guest runs in its own thread.
  running.catch(() => {});
  const doubts = uncountedWarnings(plugin ? [plugin.module, app.module] : [app.module], request.model);
  let outcome = await running;
  if (outcome.end.kind === "trap" && !outcome.end.exact && !request.host.realClock) {
    // An inherited pipe is empty now: the repetition gets what the first run read.
    const stdin = outcome.consumed ?? new Uint8Array();
    const quiet = { ...request, host: { ...request.host, passThrough: false, stdin } };
    const exact = instrumentation(request, "instruction", request.native);
    const repeated = await execute(thread, quiet, exact, instrument(request, "instruction"));
    if (repeated.end.kind === "trap")
      outcome = { ...repeated, stdout: outcome.stdout, stderr: outcome.stderr };
  }
  const facts = {
    maxFuel: request.maxFuel,
    dispatch: located?.dispatch ?? null,
    appBytes: app.bytes.length,
    payloadBytes: app.payload?.length ?? 0,
    engineBytes: instrumented.length,
  };
  const unread = outcome.engine === unknownEngine.id ? unreadable(pending.name, engines) : null;
  return { result: resultOf(request, outcome, doubts), refused: refused ?? unread, outcome, facts };
}

/** The engines that the module may hold; one that is not known is run all the same, and said. */
function knownEngines(name: string, located: Located, app: App) {
  try {
    return { engines: named(name, () => enginesOf(located, app.payload)), refused: null };
  } catch (error) {
    if (!(error instanceof Diagnostic) || error.exit !== Exit.unsupported) throw error;
    return { engines: [unknownEngine], refused: error };
  }
}

function unreadable(name: string, engines: readonly EngineVersion[]): Diagnostic {
  return unsupported(
    `${name}: the engine's memory does not look like that of any QuickJS that is known here`,
    `tried: ${engines.map(({ engine, releases }) => `${engine} ${releases}`).join("; ")}`,
    "functions are shown by address; --frames engine shows the engine's own",
  );
}

/** The platform that a program is for, and its limits. */
function platformOf(
  app: App,
  plugin: Plugin | null,
  limits: SessionRequest["limits"],
): { readonly platform: ShopifyGeneration | null; readonly limits: ShopifyLimits | null } {
  const namespaces = app.module.imports.map(({ module }) => module);
  const found =
    plugin &&
    shopifyGeneration(
      namespaces,
      plugin.module.exports.map(({ name }) => name),
    );
  const platform = found && (found.certain || typeof limits === "number") ? found : null;
  if (plugin && platform) refuseIncomplete(platform, plugin.module);
  if (limits === "none" || (limits === "auto" && !platform)) return { platform, limits: null };
  return { platform, limits: shopifyLimits(limits === "auto" ? 1 : limits) };
}

/** Functions that modules export for their hosts, not to be run as programs. */
const notPrograms = /^(_initialize|initialize[-_]runtime|__wasm_call_ctors|wizer\..*)$/;

/** The export to call. @throws Diagnostic (exit 2) where it does not exist, or cannot be guessed. */
function chooseExport(module: Module, wanted: string | null): string {
  const callable = entryPoints(module).filter((name) => !notPrograms.test(name));
  const list = callable.join(", ") || "no function that takes no arguments";
  if (wanted !== null) {
    if (entryPoints(module).includes(wanted)) return wanted;
    const exported = module.exports.find(({ name }) => name === wanted);
    const problem =
      exported === undefined
        ? `the module has no export "${wanted}"`
        : exported.kind === "func"
          ? `the export "${wanted}" takes arguments`
          : `the export "${wanted}" is a ${exported.kind}, not a function`;
    throw usageError(problem, `it exports ${list}`, "choose one with --export");
  }
  if (callable.includes("_start")) return "_start";
  if (callable.length === 1) return callable[0]!;
  throw usageError("the module has no _start", `it exports ${list}`, "choose one with --export");
}

function framesOf(
  frames: SessionRequest["frames"],
  found: Located | Pick<Located, "module" | "names">,
): NativeFrames | null {
  if (frames === "js") return null;
  if (frames === "builtin" && "dispatch" in found) return nativeFrames(found, "named");
  return nativeFrames(found, "all");
}

function instrumentation(
  { model }: Pick<SessionRequest, "model">,
  mode: Meter["mode"],
  native: NativeFrames | null,
): InstrumentOptions {
  return { model, mode, checks: true, native };
}

/** The module that counts: the plugin, or a program that is whole. */
function instrument(
  { located, native, plugin, app, ...request }: ReadyRequest,
  mode: Meter["mode"],
): Uint8Array {
  const options = instrumentation(request, mode, native);
  return located
    ? instrumentEngine(located, options)
    : instrumentWasm((plugin ?? app).module, native!, options);
}

async function execute(
  thread: GuestThread,
  request: ReadyRequest,
  options: InstrumentOptions,
  instrumented: Uint8Array,
): Promise<RunOutcome> {
  const { plugin, app } = request;
  const { native } = options;
  const control = new SharedArrayBuffer(Control.words * 4);
  const words = new Int32Array(control);
  const stop = () => void Atomics.store(words, Control.stop, 1);
  const job: RunJob = {
    kind: "run",
    plugin: plugin && { module: instrumented, namespace: plugin.namespace },
    app: plugin ? instrumentApp(app.module, options) : instrumented,
    export: request.export,
    profile: {
      payload: app.payload,
      compiled: request.lines.kind === "compiled" ? request.lines.compiled : null,
      engines: request.engines.map(({ id }) => id),
      events: request.events,
      natives: native && { frames: native.frames, shared: native.shared, work: native.work },
      // a host of the user's has made its instance before it is asked to run it
      instantiation: request.host.userHost ? 0n : instantiationFuel(app.module, request.model),
      maxFuel: request.maxFuel === null ? null : BigInt(request.maxFuel),
      timeoutMs: request.timeoutMs,
    },
    // with QuickJS as platforms have it; Go does not start at 0
    host: request.engines.length > 0 ? request.host : { monotonic: 1n, ...request.host },
    control,
  };
  request.interrupted?.addEventListener("abort", stop);
  if (request.interrupted?.aborted) stop();
  const patience = new Patience(request);
  const timer =
    request.progress && setInterval(() => request.progress?.(Atomics.load(words, Control.progress)), 200);
  try {
    return await Promise.race([thread.run(job), patience.ended]);
  } finally {
    patience.stop();
    clearInterval(timer);
    request.interrupted?.removeEventListener("abort", stop);
  }
}

/** `doubts`: why the modules' fuel may not be the engine's own. */
function resultOf(request: ReadyRequest, outcome: RunOutcome, doubts: readonly Warning[]): Result {
  const { recording, end } = outcome;
  if (!recording) throw internalError("a profiled run left no recording");
  const { app, plugin } = request;
  const engine = outcome.engine === null ? (request.engines[0] ?? null) : engineById(outcome.engine);
  const stderr = decodeText(outcome.stderr.head);
  // An engine whose functions have no names reports an uncaught exception as text and a trap.
  const trace = end.kind === "throw" || (end.kind === "trap" && end.exact) ? lastTrace(stderr) : null;
  const facts: RunFacts = {
    version: request.version,
    toolchain: {
      engine: request.engine,
      plugin: plugin && { namespace: plugin.namespace, sha256: plugin.sha256 },
      quickjs: engine?.engine ?? null,
      bytecodeVersion: engine?.version ?? null,
      fuelModel: request.model.name,
    },
    module: {
      name: request.name,
      bytes: app.bytes.length,
      sha256: createHash("sha256").update(app.bytes).digest("hex"),
    },
    run: {
      export: request.export,
      input: outcome.stdin,
      stdout: decodeText(outcome.stdout.head),
      stderr,
      stdoutBytes: outcome.stdout.bytes,
      stderrBytes: outcome.stderr.bytes,
      maxMemoryBytes: outcome.maxMemoryBytes,
    },
    exit: {
      kind: end.kind as ExitKind,
      code: end.kind === "exit" ? end.code : 0,
      message: messageOf(end, trace?.message, request),
    },
    comparable: isComparable(end) && doubts.length === 0,
    // Of functions without lines of their own the engine prints none: ours are better.
    printedStack: request.lines.kind === "own" ? (trace?.frames ?? []) : [],
    warnings: [
      ...settingsWarnings(request.model, request.host),
      ...doubts,
      ...platformNotes(request, outcome),
      ...linesWarnings(request.lines, outcome.carried),
      ...payloadWarnings(app.payload, engine),
    ],
  };
  const fileName = (compiled: string) => (compiled === entryFile ? request.name : compiled);
  const natives = request.frames === "js" ? {} : { natives: nativesShown[request.frames] };
  return buildResult(recording, { engine, fileName, ...natives }, facts);
}

function platformNotes({ app, limits }: ReadyRequest, { platform, end }: RunOutcome): Warning[] {
  if (!platform) return [];
  return platformWarnings(platform, app.bytes.length, limits, end.kind === "ok" ? "ok" : "early");
}
