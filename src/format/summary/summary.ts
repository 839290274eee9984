/**
 * The summary that a run prints on stderr: what ran and its fuel, the tables, why it failed, the warnings, where the
 * profile is and what to do next. 80 columns are enough; nothing a guest chose (names, source, paths, messages) reaches
 * the terminal unescaped.
 */
import { grouped, plural } from "../../base/numbers.ts";
import type { Exit, Result } from "../../result/result.ts";
import { inertText } from "../inert.ts";
import { type Paint, paintWith } from "../paint.ts";
import { exitText, warningText } from "../warning-words.ts";
import { wrapped } from "../wrap.ts";
import { type BreakdownOptions, breakdown, type Table } from "./columns.ts";
import { type HeaderOptions, headerLines } from "./header.ts";
import { runRows } from "./run-rows.ts";
import { stackLines } from "./stack-lines.ts";

export interface SummaryOptions extends BreakdownOptions, HeaderOptions {
  readonly tables: readonly Table[];
  readonly colour: boolean;
}

/** The summary's text, each line ended. */
export function renderSummary(result: Result, options: SummaryOptions): string {
  const paint = paintWith(options.colour);
  const sections = [
    headerLines(result, options, paint),
    runRows(result, options, paint),
    ...options.tables.map((table) => breakdown(table, result, options, paint)),
    limitPassed(result, options, paint),
    ...failures(result, options, paint),
    result.warnings.flatMap((warning) => warningLines(warning, options, paint)),
  ];
  const body = sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${body.join("\n\n")}\n`;
}

/** On a terminal broken at words, which it would break anywhere. */
function warningLines(
  warning: Result["warnings"][number],
  { width, cuts }: SummaryOptions,
  paint: Paint,
): string[] {
  const text = `warning: ${inertText(warningText(warning))} [${inertText(warning.code)}]`;
  const [first = "", ...more] = wrapped(text, "  ", cuts ? width : Number.POSITIVE_INFINITY);
  return [first.slice(2).replace("warning:", paint.yellow("warning:")), ...more];
}

export interface FailureStyle {
  readonly width: number;
  readonly cuts: boolean;
  readonly colour: boolean;
}

/** Why the guest failed and where in its JavaScript, innermost frame first, and where it passed a limit; empty where neither. */
export function renderFailure(result: Result, style: FailureStyle): string {
  const paint = paintWith(style.colour);
  return [...limitPassed(result, style, paint), ...failures(result, style, paint).flat()]
    .map((line) => `${line}\n`)
    .join("");
}

/** Where a limit of fuel was passed that was only judged by. */
function limitPassed(result: Result, style: FailureStyle, paint: Paint): string[] {
  const { limits } = result;
  if (!limits?.passed) return [];
  const what = `the ${inertText(limits.preset)} limit of ${grouped(limits.fuel)} fuel was passed`;
  if (limits.passed.length === 0) return [paint.red(`${what} outside of any function`)];
  return [paint.red(what), ...stackLines(limits.passed, result, style, paint.dim)];
}

/** Of several runs the most failures that are told. */
const mostFailures = 3;

/** Why the guest failed; of several runs each that did, after its input. */
function failures(result: Result, style: FailureStyle, paint: Paint): string[][] {
  const { runs } = result;
  if (runs === undefined) return [failure(result.run.exit, result, style, paint)];
  const failed = runs
    .map(({ name, exit }) => ({ name, lines: failure(exit, result, style, paint) }))
    .filter(({ lines }) => lines.length > 0);
  const told = failed.slice(0, mostFailures);
  const more = failed.length - told.length;
  return [
    ...told.map(({ name, lines: [first, ...rest] }) => [`${inertText(name)}: ${first}`, ...rest]),
    more > 0 ? [`and ${plural(more, "other input")} failed`] : [],
  ];
}

function failure(
  exit: Exit,
  sources: Pick<Result, "files" | "lines">,
  style: FailureStyle,
  paint: Paint,
): string[] {
  const { kind, code, stack } = exit;
  if (kind === "ok" || (kind === "exit" && code === 0)) return [];
  const what = {
    throw: "uncaught exception",
    trap: "the guest trapped",
    exit: `the guest exited with code ${code}`,
    fuel: "stopped at the fuel limit",
    timeout: "stopped at the time limit",
    interrupted: "interrupted",
  }[kind];
  const [first, ...more] = (exitText(exit) ?? "").split(/\r?\n/);
  return [
    paint.red(what) + (first ? `: ${inertText(first)}` : ""),
    ...more.filter((line) => line.trim() !== "").map((line) => `  ${inertText(line)}`),
    ...stackLines(stack, sources, style, paint.dim),
  ];
}
