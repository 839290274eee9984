/**
 * The summary that a run prints on stderr: what ran and its fuel, the phases, the tables,
 * why it failed, the warnings, where the profile is and what to do next. 80 columns are enough; nothing a
 * guest chose (names, paths, messages) reaches the terminal unescaped.
 */

import { grouped, percent } from "../../base/numbers.ts";
import type { Result } from "../../result/result.ts";
import { cellWidth, cut } from "../cells.ts";
import type { By } from "../choices.ts";
import { inertText } from "../inert.ts";
import { type Paint, paintWith } from "../paint.ts";
import { exitText, warningText } from "../warning-words.ts";
import { type BreakdownOptions, breakdown } from "./columns.ts";
import { stackLines } from "./stack-lines.ts";

export interface SummaryOptions extends BreakdownOptions {
  readonly by: readonly By[];
  readonly colour: boolean;
  /** File name of the input, null where the guest had none. */
  readonly input: string | null;
  /** Fuel past which the guest was to be stopped, null without that; what the run is judged by is in its result. */
  readonly limit: number | null;
  /** Files that are written already, as the user would type them. */
  readonly wrote: readonly string[];
}

/** The summary's text, each line ended. */
export function renderSummary(result: Result, options: SummaryOptions): string {
  const paint = paintWith(options.colour);
  const sections = [
    [...header(result, options, paint), ...phases(result, options.width)],
    ...options.by.map((by) => breakdown(by, result, options, paint)),
    limitPassed(result, paint),
    failure(result, paint),
    result.warnings.map(
      (warning) =>
        `${paint.yellow("warning:")} ${inertText(warningText(warning))} [${inertText(warning.code)}]`,
    ),
  ];
  const body = sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${body.join("\n\n")}\n${renderWritten(options.wrote, options.colour)}`;
}

/** Which files were written, and what to do next; empty where there are none. */
export function renderWritten(files: readonly string[], colour: boolean): string {
  const line = written(files, paintWith(colour));
  return line === "" ? "" : `${line}\n`;
}

/** Why the guest failed and where in its JavaScript, innermost frame first, and where it passed a limit; empty where neither. */
export function renderFailure(result: Result, colour: boolean): string {
  const paint = paintWith(colour);
  return [...limitPassed(result, paint), ...failure(result, paint)].map((line) => `${line}\n`).join("");
}

function header(result: Result, options: SummaryOptions, paint: Paint): string[] {
  const { total, comparable } = result.fuel;
  const most = result.limits?.fuel ?? options.limit;
  const isOver = result.limits?.exceeded.includes("fuel") ?? false;
  const limit = most === null ? "" : `   ${shareText(total, most, isOver)}`;
  const fuel = `${grouped(total)} fuel`;
  const model = `   ${inertText(result.toolchain.fuelModel)}`;
  const rest = `${model}${limit}`;
  const room = Math.max(16, options.width - cellWidth(fuel) - cellWidth(rest) - 2);
  const names = [result.module.name, options.input].filter((name) => name !== null).map(inertText);
  const who = cut(names.join("   "), room, "end");
  const gap = " ".repeat(Math.max(2, options.width - cellWidth(who) - cellWidth(fuel) - cellWidth(rest)));
  const line = `${who}${gap}${paint.bold(fuel)}${model}${isOver ? paint.red(limit) : limit}`;
  if (comparable) return [line];
  const doubted = result.warnings.some(({ code }) => code === "fuel-uncounted" || code === "time-or-random");
  const why = doubted ? "as the warnings say" : "for a run that was stopped";
  return [line, `  the instructions executed; the engine's own count can differ ${why}`];
}

/** `78.9% of 11,000,000`; of a limit that the run was judged by, also how far it was passed. */
function shareText(total: number, limit: number, isOver: boolean): string {
  const share = `${percent(total, limit)}% of ${grouped(limit)}`;
  return isOver ? `${share}, ${grouped(total - limit)} over` : share;
}

/** Where a limit of fuel was passed that was only judged by. */
function limitPassed({ limits, files }: Result, paint: Paint): string[] {
  if (!limits?.passed) return [];
  const what = `the ${limits.preset} limit of ${grouped(limits.fuel)} fuel was passed`;
  if (limits.passed.length === 0) return [paint.red(`${what} outside of any function`)];
  return [paint.red(what), ...stackLines(limits.passed, files)];
}

/** Nothing for a module without an engine: phases are those of JavaScript. */
function phases({ phases, fuel, toolchain }: Result, width: number): string[] {
  if (toolchain.quickjs === null) return [];
  const parts = (["startup", "js", "jobs", "exit"] as const).map((phase) => {
    const share = phases[phase] === 0 ? "" : ` (${percent(phases[phase], fuel.total)}%)`;
    return `${phase === "js" ? "your JS" : phase} ${grouped(phases[phase])}${share}`;
  });
  const lines = [""];
  for (const part of parts) {
    if (lines.at(-1) !== "" && cellWidth(`${lines.at(-1)}  ${part}`) > width) lines.push("");
    lines[lines.length - 1] += `  ${part}`;
  }
  return lines;
}

function failure(result: Result, paint: Paint): string[] {
  const { kind, code, stack } = result.run.exit;
  if (kind === "ok" || (kind === "exit" && code === 0)) return [];
  const what = {
    throw: "uncaught exception",
    trap: "the guest trapped",
    exit: `the guest exited with code ${code}`,
    fuel: "stopped at the fuel limit",
    timeout: "stopped at the time limit",
    interrupted: "interrupted",
  }[kind];
  const [first, ...more] = (exitText(result.run.exit) ?? "").split(/\r?\n/);
  return [
    paint.red(what) + (first ? `: ${inertText(first)}` : ""),
    ...more.filter((line) => line.trim() !== "").map((line) => `  ${inertText(line)}`),
    ...stackLines(stack, result.files),
  ];
}

function written(files: readonly string[], paint: Paint): string {
  if (files.length === 0) return "";
  const line = `wrote ${files.map(inertText).join(", ")}`;
  const profile = files.find((file) => /\.(speedscope|fuel)\.json$/.test(file));
  return profile === undefined
    ? line
    : `${line}      next: ${paint.cyan(`javy-prof view ${shellWord(profile)}`)}`;
}

/** `word` as a shell takes it for one argument. */
function shellWord(word: string): string {
  const inert = inertText(word);
  return /^[\w@%+=:,./-]+$/.test(inert) ? inert : `'${inert.replaceAll("'", "'\\''")}'`;
}
