/**
 * The words by which a user chooses what is shown and in which form, in the order of the help. Names alone, so that the
 * help reads no writer; the tables of what they stand for are typed by them.
 */

/** What `--fuel-model` is where it is not given. */
export { defaultModelName } from "../fuel/measured.ts";

/** The files of a profile: `run --format`, `export --format` (files/formats.ts). */
export const FORMAT_NAMES = ["speedscope", "json", "pprof", "cpuprofile", "folded"] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** The tables of the summary: `run --by` (summary/columns.ts). */
export const BREAKDOWNS = ["function", "line", "opcode", "builtin", "phase"] as const;
export type By = (typeof BREAKDOWNS)[number];

/** How a guest's reads of stdin are cut: `run --stdin` (host/stdin-pieces.ts). */
export { stdinKinds as STDIN_KINDS } from "../host/stdin-pieces.ts";

/** The order of a table: `run --sort`. */
export const SORTS = ["self", "total", "calls", "name"] as const;
export type Sort = (typeof SORTS)[number];

/** Where a monitor's code is: `--target` of `monitor` and `instrument`. */
export const MONITOR_TARGETS = ["rewrite", "module"] as const;
export type MonitorTarget = (typeof MONITOR_TARGETS)[number];

/** The forms of a monitor's report: `monitor --format` (monitor/formats.ts). */
export const REPORT_FORMATS = ["table", "csv", "json", "whamm", "lcov", "dot"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The forms of a check: `check --format` and `report --format` (ci/reports.ts). */
export const CHECK_FORMATS = [
  "table",
  "markdown",
  "json",
  "junit",
  "github",
  "bencher",
  "benchmark",
] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

/** The forms of a diff: `diff --format` (ci/diffs.ts). */
export const DIFF_FORMATS = ["table", "markdown", "json"] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** The forms of what a program costs by size: `scale --format` (ci/scales.ts). */
export const SCALE_FORMATS = ["table", "json", "csv", "svg"] as const;
export type ScaleFormat = (typeof SCALE_FORMATS)[number];

/** The tables of a diff: `diff --by`. */
export const DIFF_BREAKDOWNS = ["function", "line", "opcode", "builtin"] as const;
export type DiffBreakdown = (typeof DIFF_BREAKDOWNS)[number];
