/**
 * A module and a script → the module with the script's code in it, to be run by somebody else: self-contained, or with
 * the support library and the script's libraries as imports for engines without multi-memory.
 */
import { unsupported, usageError } from "../base/diagnostics.ts";
import type { JsScript } from "../monitor/js/js-probes.ts";
import { withJsRows } from "../monitor/js/js-report.ts";
import { readReport } from "../monitor/read-report.ts";
import type { Report, RowLayout } from "../monitor/report.ts";
import { finishFile, writeReportSection } from "../monitor/report-section.ts";
import { reportRows } from "../monitor/support/report-rows.ts";
import { selfContained } from "../monitor/targets/self-contained.ts";
import { reportingOf, selfReporting } from "../monitor/targets/self-report.ts";
import type { Meter, Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { unattached } from "../profiler/js-listener.ts";
import { type JsListening, listenTo } from "../profiler/js-listening.ts";
import { Program } from "../program/program.ts";
import { decodeModule } from "../wasm/decode.ts";
import { entry } from "../wasm/encode.ts";
import type { Module } from "../wasm/types.ts";
import { runStart } from "./instances.ts";
import { instrumentMonitor, linkMonitor, type MonitorScript, planMonitor } from "./monitor-session.ts";
import { MonitoredRun } from "./monitored-run.ts";

export interface MonitorFile {
  readonly bytes: Uint8Array;
  /** The script's own module, where it has one that is a file. */
  readonly monitor: Uint8Array | null;
  readonly imports: WebAssembly.Imports;
  attach(instance: WebAssembly.Instance): void;
  report(instance: WebAssembly.Instance): Report;
}

/** How a file writes its report itself. */
export interface Showing {
  readonly descriptor: number;
  /** Export with whose end the program ends. */
  readonly command: string;
  readonly heading: string;
  /** What stands in front of a row's value. */
  readonly lead: (row: RowLayout) => string;
}

/** What needs nobody who knows JavaScript's functions: a file is run by anybody. @throws Diagnostic (usage) where it does. */
export function wasmOnly(js: JsScript): JsScript {
  if (js.probes.length === 0) return js;
  throw usageError(
    "rules of js: need a host that knows the engine's functions, which a file does not have",
    "run the program under the monitor: javy-prof monitor",
    "or in a host of your own in JavaScript: instrument() of the library gives it the imports (docs/library.md)",
  );
}

/** `others`: plans besides the script's, behind it. @throws ScriptError, or Diagnostic where it cannot be done. */
export function instrumentFile(
  js: JsScript,
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  showing: Showing | null,
  others: readonly Plan[] = [],
): MonitorFile {
  const module = decodeModule(given);
  const { rewriting, libraries } = planMonitor(wasmOnly(js), script.libraries, module, {
    ...{ model, defersStart: "never" },
  });
  const { layout, ending } = rewriting;
  const contained = selfContained(rewriting.plan, module, libraries, showing !== null);
  const rows =
    showing &&
    reportRows(layout.custom ? [] : layout.rows, layout.custom ? "" : showing.heading, showing.lead);
  const plan = showing
    ? selfReporting(reportingOf(contained, ending), module, { ...showing, rows: rows! })
    : contained.plan;
  return {
    bytes: withSection(rewrite(module, plan, ...others), writeReportSection(layout, ending, script.file)),
    ...{ monitor: null, imports: {} },
    attach: () => {},
    report: ({ exports }) => readReport(layout, finishFile(exports, layout, ending)),
  };
}

/** The module with those plans only. @throws Diagnostic where its code is damaged. */
export function instrumentBare(given: Uint8Array, plans: readonly Plan[]): MonitorFile {
  return {
    bytes: rewrite(decodeModule(given), ...plans),
    ...{ monitor: null, imports: {} },
    attach: () => {},
    report: () => ({ rows: [], output: "" }),
  };
}

export function withSection(module: Uint8Array, section: Uint8Array): Uint8Array {
  return entry((w) => {
    w.copy(module);
    w.copy(section);
  });
}

/**
 * With what the script needs as imports: its libraries, and who hears of JavaScript for it. @throws Diagnostic where it
 * cannot be done.
 */
export function instrumentLinked(
  js: JsScript,
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  others: readonly Plan[] = [],
): MonitorFile {
  const module = decodeModule(given);
  const heard = js.probes.length > 0 ? listenIn(module, js) : null;
  const instrumented = script.target === "module" ? linkMonitor : instrumentMonitor;
  const { bytes, job, report } = instrumented(
    js,
    script.libraries,
    module,
    { model, counts: heard?.fuel ?? false, defersStart: "where it copies" },
    [...(heard ? [heard.plan] : []), ...others],
  );
  const run = new MonitoredRun({ ...job, ...(heard && { js: heard.job }) }, () => ({}));
  const begun = new WeakSet<WebAssembly.Instance>();
  const attach = (instance: WebAssembly.Instance) => {
    if (begun.has(instance)) return;
    begun.add(instance);
    run.attach(instance);
    if (heard) run.begin();
    runStart(instance);
  };
  return {
    ...{ bytes, monitor: null, imports: run.imports, attach },
    report: (instance) => {
      if (heard && !begun.has(instance)) throw unattached();
      attach(instance);
      const remains = run.finish()!;
      return withJsRows(report(remains), js, remains.jsPlaces);
    },
  };
}

/** What hearing the JavaScript of a module takes, with its engine in it and nothing beside it. */
function listenIn(module: Module, { probes }: JsScript): JsListening {
  const program = Program.of(module, "module");
  const { engine, payload } = program;
  if (!engine)
    throw unsupported(
      "rules of js: need the module that the engine is in, and this one imports it",
      "instrument the plugin that it runs on",
    );
  const engines = engine.engines(payload).value;
  return listenTo(program, probes, { engines, recompiled: { compiled: null, positions: null } });
}
