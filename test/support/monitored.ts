/** Runs a module under a script in this V8, and gives the report's rows by short names. */

import { modelNamed } from "../../src/fuel/models.ts";
import { wasmEvents } from "../../src/monitor/events.ts";
import { readReport } from "../../src/monitor/read-report.ts";
import { type Report, type ReportValue, valueCount } from "../../src/monitor/report.ts";
import { readScript } from "../../src/monitor/script.ts";
import { supportBytes, supportInterface } from "../../src/monitor/support/library.ts";
import { planRewriting, type Rewriting } from "../../src/monitor/targets/rewriting.ts";
import { interfaceOf, StaticCalls } from "../../src/monitor/targets/user-library.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { MonitoredRun } from "../../src/run/monitored-run.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { isValid } from "./binaryen.ts";

export interface MonitoredOptions {
  readonly imports?: WebAssembly.Imports;
  /** Calls the program; what it throws is given back. */
  readonly call?: (exports: Record<string, (...args: unknown[]) => unknown>) => unknown;
  readonly libraries?: ReadonlyMap<string, Uint8Array>;
  /** What `fuel` counts; default: the newest. */
  readonly model?: string;
}

export interface MonitoredResult {
  readonly report: Report;
  readonly rewriting: Rewriting;
  readonly bytes: Uint8Array;
  readonly result: unknown;
  readonly error: unknown;
  /** Values of a variable, in the order of the rows. */
  readonly values: (variable: string) => readonly ReportValue[];
}

export function monitored(bytes: Uint8Array, text: string, options: MonitoredOptions = {}): MonitoredResult {
  const module = decodeModule(bytes);
  const given = options.libraries ?? new Map<string, Uint8Array>();
  const libraries = new Map([...given].map(([name, library]) => [name, interfaceOf(name, library)]));
  libraries.set("whamm_core", supportInterface);
  const script = readScript({ file: "test.mm", text }, { events: wasmEvents(), libraries });
  const statics = new StaticCalls(given);
  const rewriting = planRewriting(script, module, {
    ...{ model: modelNamed(options.model ?? "wasmtime-50"), staticCall: statics.call, keepsPlaces: true },
  });
  const made = rewrite(module, rewriting.plan);
  if (!isValid(made)) throw new Error(`binaryen finds the module of this script not valid: ${text}`);
  const run = new MonitoredRun(
    {
      support: supportBytes(),
      libraries: script.libraries.map((name) => ({ name, module: given.get(name) ?? null })),
      ending: rewriting.ending,
      values: valueCount(rewriting.layout),
    },
    () => ({}),
  );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(made as BufferSource), {
    ...options.imports,
    ...run.imports,
  });
  run.attach(instance);
  let result: unknown;
  let error: unknown;
  try {
    const start = instance.exports["javy_prof.start"];
    if (typeof start === "function") start();
    result = options.call?.(instance.exports as Record<string, (...args: unknown[]) => unknown>);
  } catch (thrown) {
    error = thrown;
  }
  const remains = run.finish()!;
  const report = readReport(rewriting.layout, { value: (n) => remains.values[n]!, support: remains.support });
  const values = (variable: string) =>
    report.rows.filter((row) => row.variable === variable).map(({ value }) => value);
  return { report, rewriting, bytes: made, result, error, values };
}
