/**
 * One monitored run: script and module → instrumented module, run in the guest's thread, report. The module that is
 * monitored is the one that holds the program: a module that is whole, or the plugin that a dynamic one runs on.
 */
import { unsupported } from "../base/diagnostics.ts";
import { wasmEvents } from "../monitor/events.ts";
import type { Matched } from "../monitor/matched.ts";
import { readReport } from "../monitor/read-report.ts";
import { type Report, valueCount } from "../monitor/report.ts";
import { readScript } from "../monitor/script.ts";
import type { Source } from "../monitor/source.ts";
import { supportBytes, supportInterface, supportLibrary } from "../monitor/support/library.ts";
import { planRewriting, type Rewriting, type RewritingOptions } from "../monitor/targets/rewriting.ts";
import { interfaceOf, StaticCalls } from "../monitor/targets/user-library.ts";
import { rewrite } from "../probe/rewrite.ts";
import type { Request } from "../profiler/request.ts";
import { planRun } from "../profiler/run-plan.ts";
import type { Program } from "../program/program.ts";
import type { Module } from "../wasm/types.ts";
import { compiled, compiledInstrumented } from "./instances.ts";
import type { RunEnd } from "./job.ts";
import type { MonitorJob } from "./monitored-run.ts";
import { execute, type Live } from "./session.ts";
import type { GuestThread } from "./thread.ts";

/** A script with the libraries that it may use, by name. */
export interface MonitorScript extends Source {
  readonly libraries: ReadonlyMap<string, Uint8Array>;
}

export interface MonitoredModule {
  readonly bytes: Uint8Array;
  readonly rewriting: Rewriting;
  readonly job: MonitorJob;
}

export interface PlannedMonitor {
  readonly rewriting: Rewriting;
  /** Libraries that the script uses, in its order, the support library left out as null. */
  readonly libraries: readonly { readonly name: string; readonly module: Uint8Array | null }[];
  /** Whether anything needs the support library. */
  readonly usesSupport: boolean;
}

/** Reads a script and plans its code for a module. @throws ScriptError, or Diagnostic where it cannot be done. */
export function planMonitor(
  script: MonitorScript,
  module: Module,
  options: Omit<RewritingOptions, "staticCall">,
): PlannedMonitor {
  const { libraries } = script;
  const interfaces = new Map([...libraries].map(([name, bytes]) => [name, interfaceOf(name, bytes)]));
  if (!interfaces.has(supportLibrary)) interfaces.set(supportLibrary, supportInterface);
  const tree = readScript(script, { events: wasmEvents, libraries: interfaces });
  const statics = new StaticCalls(libraries);
  const rewriting = planRewriting(tree, module, { ...options, staticCall: statics.call });
  return {
    rewriting,
    libraries: tree.libraries.map((name) => ({ name, module: libraries.get(name) ?? null })),
    usesSupport: rewriting.layout.support || tree.libraries.includes(supportLibrary),
  };
}

/** Instruments a module after a script, to be run with a host of ours. @throws as planMonitor does. */
export function instrumentMonitor(
  script: MonitorScript,
  module: Module,
  options: Omit<RewritingOptions, "staticCall">,
): MonitoredModule {
  const { rewriting, libraries, usesSupport } = planMonitor(script, module, options);
  return {
    bytes: rewrite(module, rewriting.plan),
    rewriting,
    job: {
      support: usesSupport ? supportBytes() : null,
      libraries,
      ending: rewriting.ending,
      values: valueCount(rewriting.layout),
    },
  };
}

/** Every place that a script matches in a program. @throws ScriptError. */
export function matchProgram(
  program: Program,
  script: MonitorScript,
  model: RewritingOptions["model"],
): Matched {
  const { module } = program.plugin ?? program;
  const { rewriting } = instrumentMonitor(script, module, { model, keepsPlaces: true });
  return { places: rewriting.places, unmatched: rewriting.unmatched };
}

export interface MonitorSession {
  readonly end: RunEnd;
  readonly report: Report;
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
  const frames = program.engine?.dispatch.problem === null ? "js" : "wasm";
  const plan = await planRun(program, { ...request, frames }, thread);
  const { plugin } = program;
  const checks = plan.bounds.maxFuel !== null || plan.bounds.timeoutMs !== null;
  const { bytes, rewriting, job } = instrumentMonitor(script, (plugin ?? program).module, {
    ...{ model: request.model, resets: plugin !== null, checks },
  });
  const { name } = program;
  const modules = {
    plugin: plugin ? compiledInstrumented(name, bytes) : null,
    app: plugin ? compiled(program.bytes) : compiledInstrumented(name, bytes),
    engineBytes: bytes.length,
  };
  const counts = checks ? "total" : "nothing";
  const outcome = await execute(thread, program, request, plan, modules, live, counts, job);
  if (!outcome.monitor) throw unsupported(`${program.name}: the program could not be instantiated`);
  const { values, support } = outcome.monitor;
  const report = readReport(rewriting.layout, { value: (n) => values[n]!, support });
  return { end: outcome.end, report, rewriting, milliseconds: outcome.milliseconds };
}
