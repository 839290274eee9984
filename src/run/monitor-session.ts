/**
 * One monitored run: script and module → instrumented module, run in the guest's thread, report. The module that is
 * monitored is the one that holds the program: a module that is whole, or the plugin that a dynamic one runs on.
 */
import { Diagnostic, named, unsupported } from "../base/diagnostics.ts";
import { costKey } from "../fuel/models.ts";
import type { Compiler } from "../javy/compile.ts";
import { type JsScript, jsProbesOf } from "../monitor/js/js-probes.ts";
import { withJsRows } from "../monitor/js/js-report.ts";
import type { Matched } from "../monitor/matched.ts";
import { readJoinedReport } from "../monitor/module/joined-report.ts";
import {
  emptyModule,
  linkToProgram,
  planMonitorModule,
  probeExports,
} from "../monitor/module/monitor-module.ts";
import { readReport } from "../monitor/read-report.ts";
import { type Report, valueCount } from "../monitor/report.ts";
import { readScript } from "../monitor/script.ts";
import type { Source } from "../monitor/source.ts";
import { supportBytes, supportInterface, supportLibrary } from "../monitor/support/library.ts";
import { planRewriting, type Rewriting, type RewritingOptions } from "../monitor/targets/rewriting.ts";
import { askForSupport, type UsedLibrary, usedLibraries } from "../monitor/targets/self-contained.ts";
import { interfaceOf, StaticCalls } from "../monitor/targets/user-library.ts";
import { planPauses } from "../probe/pauses.ts";
import type { Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { instrumentApp } from "../profiler/instrument.ts";
import { listenTo } from "../profiler/js-listening.ts";
import { jsMatches } from "../profiler/js-matches.ts";
import { monitorEvents } from "../profiler/js-opcodes.ts";
import type { Request } from "../profiler/request.ts";
import { planRun, type RunPlan } from "../profiler/run-plan.ts";
import { withLines } from "../program/disassembly.ts";
import type { Program } from "../program/program.ts";
import type { Module } from "../wasm/types.ts";
import { compiled, compiledInstrumented } from "./instances.ts";
import type { RunEnd } from "./job.ts";
import type { MonitorJob, MonitorRemains, ScriptFailure } from "./monitored-run.ts";
import type { PreparedModules } from "./prepared.ts";
import { execute, type Live } from "./session.ts";
import type { GuestThread } from "./thread.ts";

/** A script with the libraries that it may use, by name. */
export interface MonitorScript extends Source {
  readonly libraries: ReadonlyMap<string, Uint8Array>;
  /** Where its code is: in the program (default), or in a module of its own that the program calls. */
  readonly target?: "rewrite" | "module";
}

export interface MonitoredModule {
  readonly bytes: Uint8Array;
  readonly rewriting: Rewriting;
  readonly job: MonitorJob;
  /** The report, from what is left of a run. */
  readonly report: (remains: MonitorRemains) => Report;
}

/** A script as it is understood, its probes at JavaScript apart. @throws ScriptError. */
export function readMonitor(script: MonitorScript): JsScript {
  const interfaces = new Map(
    [...script.libraries].map(([name, bytes]) => [
      name,
      named(`the library ${name}`, () => interfaceOf(name, bytes)),
    ]),
  );
  if (!interfaces.has(supportLibrary)) interfaces.set(supportLibrary, supportInterface);
  return jsProbesOf(readScript(script, { events: monitorEvents(), libraries: interfaces }));
}

export interface PlannedMonitor {
  readonly rewriting: Rewriting;
  /** Libraries that the script uses, in its order. */
  readonly libraries: readonly UsedLibrary[];
  /** Whether anything needs the support library. */
  readonly usesSupport: boolean;
}

/** Plans a script's code for a module. `given`: the libraries by name. @throws Diagnostic where it cannot be done. */
export function planMonitor(
  { script, exported }: JsScript,
  given: MonitorScript["libraries"],
  module: Module,
  options: Omit<RewritingOptions, "staticCall">,
): PlannedMonitor {
  const statics = new StaticCalls(given);
  const rewriting = planRewriting(script, module, {
    ...{ ...options, staticCall: statics.call, exported },
  });
  const libraries = usedLibraries(script, given);
  return { rewriting, libraries, usesSupport: rewriting.layout.support || askForSupport(libraries) };
}

/**
 * Instruments a module after a script, to be run with a host of ours. `others`: plans besides the script's, for the
 * same module. @throws as planMonitor does.
 */
export function instrumentMonitor(
  js: JsScript,
  given: MonitorScript["libraries"],
  module: Module,
  options: Omit<RewritingOptions, "staticCall">,
  others: readonly Plan[] = [],
): MonitoredModule {
  const { rewriting, libraries, usesSupport } = planMonitor(js, given, module, options);
  return {
    bytes: rewrite(module, rewriting.plan, ...others),
    rewriting,
    job: {
      support: usesSupport ? supportBytes() : null,
      libraries,
      ending: rewriting.ending,
      values: valueCount(rewriting.layout),
    },
    report: ({ values, support }) => readReport(rewriting.layout, { value: (n) => values[n]!, support }),
  };
}

/** The same with the script in a module of its own, beside the program. */
export function linkMonitor(
  js: JsScript,
  given: MonitorScript["libraries"],
  module: Module,
  options: Omit<RewritingOptions, "staticCall">,
  others: readonly Plan[] = [],
): MonitoredModule {
  const made = planMonitorModule(js, given, options);
  const bytes = rewrite(emptyModule, made.plan);
  const { rewriting, layout } = linkToProgram(made, bytes, module, options);
  const { libraries } = made;
  return {
    bytes: rewrite(module, rewriting.plan, ...others),
    rewriting,
    job: {
      support: made.usesSupport || rewriting.layout.support ? supportBytes() : null,
      ...{ libraries, ending: rewriting.ending, values: valueCount(rewriting.layout) },
      beside: { module: bytes, ending: made.ending, values: valueCount(layout.module) },
    },
    report: ({ values, besideValues, support }) => readJoinedReport(layout, besideValues, values, support),
  };
}

/** Every place that a script matches in a program. `compiler`: for lines of JavaScript. @throws ScriptError. */
export async function matchProgram(
  compiler: Compiler,
  program: Program,
  script: MonitorScript,
  model: RewritingOptions["model"],
): Promise<Matched> {
  const { module } = program.plugin ?? program;
  const js = readMonitor(script);
  const { rewriting } = planMonitor(js, script.libraries, module, { model, keepsPlaces: true });
  const exports =
    script.target === "module" ? probeExports(planMonitorModule(js, script.libraries, { model })) : [];
  const held = js.probes.length > 0 ? (await withLines(program, compiler)).held : [];
  const inJs = jsMatches(program, held, js.probes);
  const matched = new Set(inJs.map(({ place }) => place.rule));
  const first = new Map(js.probes.toReversed().map(({ rule, event }) => [rule, event]));
  const unmatched = rewriting.idle.filter(({ places }) => places === 0).map(({ event }) => event);
  const without = [...first].filter(([rule]) => !matched.has(rule)).map(([, event]) => event);
  return {
    places: [...rewriting.places, ...inJs],
    unmatched: [...unmatched, ...without.reverse()],
    exports,
  };
}

export interface MonitorSession {
  readonly end: RunEnd;
  readonly report: Report;
  readonly failure: ScriptFailure | null;
  readonly rewriting: Rewriting;
  /** Time inside the guest, in milliseconds. */
  readonly milliseconds: number;
}

export async function monitorProgram(
  thread: GuestThread,
  program: Program,
  request: Request,
  live: Live,
  script: MonitorScript,
): Promise<MonitorSession> {
  if (program.linked.length > 0)
    throw unsupported(`${program.name}: a monitor sees one module, and others are linked to this one`);
  const js = readMonitor(script);
  const listening = js.probes.length > 0;
  if (listening) refuseWithoutEngine(program);
  const frames = listening || program.engine?.dispatch.problem === null ? "js" : "wasm";
  // probes of WebAssembly have no lines of JavaScript
  const plan = await planRun(program, { ...request, frames }, listening ? thread : null);
  if (listening && plan.refused) throw plan.refused;
  const { rewriting, report, modules, meters, job } = prepared(
    program,
    js,
    script,
    plan,
    live.signal !== undefined,
  );
  const counts = meters ? "total" : "nothing";
  const outcome = await execute(thread, program, request, plan, modules, live, counts, job);
  const { end, milliseconds, monitor: remains } = outcome;
  if (!remains) throw unsupported(`${program.name}: the program could not be instantiated`);
  const { jsPlaces, failure } = remains;
  return { end, report: withJsRows(report(remains), js, jsPlaces), failure, rewriting, milliseconds };
}

/** @throws Diagnostic that says what is missing, without the options of profiles. */
function refuseWithoutEngine({ name, engine }: Program): void {
  const problem = engine?.dispatch.problem;
  if (!problem) return;
  const details = problem.details.filter((line) => !line.includes(" --"));
  const message = `rules of js: need QuickJS, rules of wasm: do not; ${problem.message}`;
  throw new Diagnostic({ ...problem.fields, file: name, message, details });
}

interface PreparedMonitor extends Pick<MonitoredModule, "rewriting" | "job" | "report"> {
  readonly modules: PreparedModules;
  /** The modules count fuel. */
  readonly meters: boolean;
}

/** How many scripts are kept ready with a program. */
const mostKept = 8;
const kept = new WeakMap<Program, Map<string, PreparedMonitor>>();

/**
 * A program made ready for a script: rewritten and compiled once for both, but for scripts with libraries. `stops`: it
 * can be stopped by its signal.
 */
function prepared(
  program: Program,
  js: JsScript,
  script: MonitorScript,
  plan: RunPlan,
  stops: boolean,
): PreparedMonitor {
  const checks = plan.bounds.maxFuel !== null || plan.bounds.timeoutMs !== null;
  const ready = kept.get(program) ?? new Map<string, PreparedMonitor>();
  kept.set(program, ready);
  const key = `${script.target} ${checks} ${stops} ${costKey(plan.model)} ${script.text}`;
  const known = script.libraries.size === 0 ? ready.get(key) : undefined;
  if (known) return known;
  const made = prepare(program, js, script, plan, checks, stops);
  if (ready.size >= mostKept) ready.delete(ready.keys().next().value!);
  if (script.libraries.size === 0) ready.set(key, made);
  return made;
}

function prepare(
  program: Program,
  js: JsScript,
  { libraries, target }: MonitorScript,
  plan: RunPlan,
  checks: boolean,
  stops: boolean,
): PreparedMonitor {
  const { plugin } = program;
  const { module } = plugin ?? program;
  // A meter that looks at its limit asks the host already.
  const pauses = stops && !checks ? [planPauses(module)] : [];
  const heard = js.probes.length > 0 ? listenTo(program, js.probes, plan) : null;
  const instrumented = target === "module" ? linkMonitor : instrumentMonitor;
  const { bytes, rewriting, job, report } = instrumented(
    js,
    libraries,
    module,
    { model: plan.model, resets: plugin !== null, checks, counts: heard?.fuel ?? false },
    [...(heard ? [heard.plan] : []), ...pauses],
  );
  const meters = rewriting.plan.meter !== undefined;
  const metered = { model: plan.model, mode: "run", checks, native: null } as const;
  // what the app of a dynamic program consumes is the program's too
  const app = plugin && meters ? instrumentApp(program.module, metered) : program.bytes;
  const { name } = program;
  const modules: PreparedModules = {
    plugin: plugin ? compiledInstrumented(name, bytes) : null,
    app: plugin ? compiled(app) : compiledInstrumented(name, bytes),
    linked: [],
    engineBytes: bytes.length,
  };
  return { rewriting, report, job: { ...job, ...(heard && { js: heard.job }) }, modules, meters };
}
