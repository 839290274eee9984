/**
 * The library's face, and the only one: `import { open, profile } from "javy-prof"`. The commands and the benchmark
 * are its first users and use nothing behind it.
 *
 *   const program = await open("app.js");
 *   const { result, speedscope } = await profile(program, { input: new TextEncoder().encode("{}") });
 *
 * Every error that has a reason outside of this package is a Diagnostic: its kind, a message, details, and where.
 */
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
export { diffResults } from "./ci/diff-results.ts";
export { diffScenarios } from "./ci/diff-scenarios.ts";
export { type Fit, fitOf, type Sample, valueAt } from "./ci/fit.ts";
export { isFailing, type JudgeOptions, judge as check, type ScenarioRun } from "./ci/judge.ts";
export { type Measured, type MeasuredFunction, type MeasuredLine, measure } from "./ci/measured.ts";
export { parseCheck } from "./ci/read-check.ts";
export type { LargestSize, ScaleDocument, ScaleFit, SizeRun } from "./ci/scale-document.ts";
export { doublingSizes, hasFailed, largestSize, type RunSize } from "./ci/scale-search.ts";
export { chosen, type Scenario, type ScenarioInput, scenariosOf, sharded } from "./ci/scenario.ts";
export { parseSnapshot, printSnapshot, type Snapshot } from "./ci/snapshot.ts";
export { noTolerance, type Tolerance, toleranceOf } from "./ci/tolerance.ts";
export { defaultModelName } from "./fuel/measured.ts";
export type { CostModel } from "./fuel/models.ts";
export { modelFromTable, modelNamed } from "./fuel/models.ts";
export { type ResizableJson, resizableJson } from "./host/resized-json.ts";
export {
  extensionFile,
  type FunctionExtension,
  type FunctionTarget,
  functionExtensions,
} from "./host/shopify/extension.ts";
export { type Fixture, parseFixture } from "./host/shopify/fixture.ts";
export { checkScale } from "./host/shopify/limits.ts";
export { parseRunLog, type RunLog } from "./host/shopify/run-log.ts";
export type { NamedText } from "./host/shopify/scale.ts";
export { commandExport } from "./javy/startup-exports.ts";
export type { RunWorld } from "./javy/user-javy.ts";
export { disassemble, inspect, installation } from "./library/inspect.ts";
export { parseLimitsFile } from "./library/limits.ts";
export {
  type Instrumented,
  type InstrumentOptions,
  instrument,
  type Monitoring,
  type MonitorOptions,
  matchScript,
  monitor,
} from "./library/monitor.ts";
export { open } from "./library/open.ts";
export { instructionsOf } from "./library/probes.ts";
export { type Execution, execute, type Profile, profile } from "./library/profile.ts";
export type { ProfileOptions } from "./library/requested.ts";
export { matchesOf } from "./library/rules.ts";
export { scaleFactor } from "./library/scale.ts";
export { libraryNames, libraryScript, monitorNamed, summaryOf } from "./monitor/library-scripts.ts";
export type { Report, ReportMap, ReportRow, ReportValue, RowPlace } from "./monitor/report.ts";
export { ScriptError } from "./monitor/source.ts";
export type { Instruction } from "./probe/callbacks/places.ts";
export {
  type At,
  type Attachable,
  attachable,
  type Caller,
  type CountProbe,
  countProbe,
  type Frame,
  type FrameProbe,
  frameProbe,
  type OperandProbe,
  operandProbe,
  type Places,
  type Probe,
  type Reads,
  type Where,
} from "./probe/callbacks/probe.ts";
export type { Frames, RequestOptions } from "./profiler/request.ts";
export { isShopifyFunction } from "./profiler/run-plan.ts";
export type { Disassembly } from "./program/disassembly.ts";
export type { Given } from "./program/given.ts";
export type { FunctionFacts, ModuleFacts } from "./program/inspect.ts";
export type { Installation, Tried } from "./program/installation.ts";
export type { OpenOptions } from "./program/open.ts";
export type { Program } from "./program/program.ts";
export { lacksShopifyPlugin } from "./program/shopify-cli.ts";
export type { JavyChoice } from "./program/user-build.ts";
export type { Limits } from "./result/limits.ts";
export { MergedRuns } from "./result/merge-results.ts";
export { looksLikeResult, parseResult } from "./result/read-result.ts";
export type * from "./result/result.ts";
export type { Warning, WarningCode, WrittenWarning } from "./result/warnings.ts";
export { violates } from "./result/warnings.ts";
export type { Probes } from "./run/probe-control.ts";
export type { Live, SessionFacts } from "./run/session.ts";
