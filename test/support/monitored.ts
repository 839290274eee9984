/** Runs a module under a script in this V8, and gives the report's rows by short names. */
import { expect } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import type { Report, ReportValue } from "../../src/monitor/report.ts";
import { supportBytes } from "../../src/monitor/support/library.ts";
import type { Rewriting } from "../../src/monitor/targets/rewriting.ts";
import { instrumentMonitor, linkMonitor, readMonitor } from "../../src/run/monitor-session.ts";
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

/** In the program; and beside it, which must show the same. */
export function monitored(bytes: Uint8Array, text: string, options: MonitoredOptions = {}): MonitoredResult {
  const result = run(bytes, text, options, instrumentMonitor);
  const beside = run(bytes, text, options, linkMonitor);
  const shown = ({ report, result, error }: MonitoredResult) => ({ report, result, error: String(error) });
  expect(shown(beside)).toEqual(shown(result));
  return result;
}

function run(
  bytes: Uint8Array,
  text: string,
  options: MonitoredOptions,
  made: typeof instrumentMonitor,
): MonitoredResult {
  const module = decodeModule(bytes);
  const libraries = options.libraries ?? new Map<string, Uint8Array>();
  const script = readMonitor({ file: "test.mm", text, libraries });
  const model = modelNamed(options.model ?? "wasmtime-50");
  const monitor = made(script, libraries, module, { model, keepsPlaces: true });
  for (const one of [monitor.bytes, ...(monitor.job.beside ? [monitor.job.beside.module] : [])])
    if (!isValid(one)) throw new Error(`binaryen finds the module of this script not valid: ${text}`);
  const running = new MonitoredRun({ ...monitor.job, support: supportBytes() }, () => ({}));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(monitor.bytes as BufferSource), {
    ...options.imports,
    ...running.imports,
  });
  running.attach(instance);
  let result: unknown;
  let error: unknown;
  try {
    const start = instance.exports["javy_prof.start"];
    if (typeof start === "function") start();
    result = options.call?.(instance.exports as Record<string, (...args: unknown[]) => unknown>);
  } catch (thrown) {
    error = thrown;
  }
  const remains = running.finish()!;
  if (remains.failure !== null)
    throw new Error(`the script's ${remains.failure.at}: ${remains.failure.message}`);
  const report = monitor.report(remains);
  const values = (variable: string) =>
    report.rows.filter((row) => row.variable === variable).map(({ value }) => value);
  return { report, rewriting: monitor.rewriting, bytes: monitor.bytes, result, error, values };
}
