/**
 * A module and a script → the module with the script's code in it, to be run by somebody else: self-contained, or with
 * the support library and the script's libraries as imports for engines without multi-memory.
 */
import { usageError } from "../base/diagnostics.ts";
import type { JsScript } from "../monitor/js/js-probes.ts";
import { readReport } from "../monitor/read-report.ts";
import type { Report, RowLayout } from "../monitor/report.ts";
import { finishFile, writeReportSection } from "../monitor/report-section.ts";
import { reportRows } from "../monitor/support/report-rows.ts";
import { selfContained } from "../monitor/targets/self-contained.ts";
import { reportingOf, selfReporting } from "../monitor/targets/self-report.ts";
import { type Meter, meterNames, type Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { decodeModule } from "../wasm/decode.ts";
import { entry } from "../wasm/encode.ts";
import {
  instrumentMonitor,
  linkMonitor,
  type MonitorScript,
  planMonitor,
  readMonitor,
} from "./monitor-session.ts";
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

/** A script that needs nobody who knows JavaScript's functions: a file is run by anybody. @throws as reading does. */
export function wasmOnly(script: MonitorScript): JsScript {
  const js = readMonitor(script);
  if (js.probes.length > 0)
    throw usageError(
      "rules of js: need a host that knows the engine's functions, which a file does not have",
      "run the program under the monitor: javy-prof monitor",
    );
  return js;
}

/** `others`: plans besides the script's, behind it. @throws ScriptError, or Diagnostic where it cannot be done. */
export function instrumentFile(
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  showing: Showing | null,
  others: readonly Plan[] = [],
): MonitorFile {
  const module = decodeModule(given);
  const { rewriting, libraries } = planMonitor(wasmOnly(script), script.libraries, module, {
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

/** @throws ScriptError, or Diagnostic where it cannot be done. */
export function instrumentLinked(
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  others: readonly Plan[] = [],
): MonitorFile {
  const instrumented = script.target === "module" ? linkMonitor : instrumentMonitor;
  const { bytes, job, report } = instrumented(
    ...([
      wasmOnly(script),
      script.libraries,
      decodeModule(given),
      { model, defersStart: "where it copies" },
      others,
    ] as const),
  );
  const run = new MonitoredRun(job, () => ({}));
  const begun = new WeakSet<WebAssembly.Instance>();
  const attach = (instance: WebAssembly.Instance) => {
    if (begun.has(instance)) return;
    begun.add(instance);
    run.attach(instance);
    const start = instance.exports[meterNames.start];
    if (typeof start === "function") (start as () => void)();
  };
  return {
    ...{ bytes, monitor: null, imports: run.imports, attach },
    report: (instance) => {
      attach(instance);
      return report(run.finish()!);
    },
  };
}
