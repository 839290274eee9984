/**
 * The first lines of the summary: what ran and what it cost, and where there is a limit, how much of it that is, as a
 * bar across the width. Names of files lose folders before anything else is cut.
 */
import { grouped, percent, plural } from "../../base/numbers.ts";
import type { LimitsInfo, Result } from "../../result/result.ts";
import { cellWidth, cut } from "../cells.ts";
import { changeText } from "../ci/change-words.ts";
import { inertText } from "../inert.ts";
import type { Paint } from "../paint.ts";
import { cutFolders } from "./aligned-table.ts";

export interface HeaderOptions {
  /** File name of the input, null where the guest had none. */
  readonly input: string | null;
  /** Fuel past which the guest was to be stopped, null without that; what the run is judged by is in its result. */
  readonly maxFuel: number | null;
  /** Columns that the header fills. */
  readonly width: number;
  /** Whether what does not fit is cut. */
  readonly cuts: boolean;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** Cells of a bar at most: longer ones say no more. */
const longestBar = 60;

export function headerLines(result: Result, options: HeaderOptions, paint: Paint): string[] {
  const { fuel, limits } = result;
  const lines = [titleLine(result, options, paint)];
  if (limits) {
    lines.push(limitLine(fuel.total, limits.fuel, limits.preset, options, paint));
    lines.push(...amountLines(limits, options, paint));
  } else if (options.maxFuel !== null && !result.runs)
    lines.push(limitLine(fuel.total, options.maxFuel, null, options, paint));
  lines.push(...platformLines(result, paint));
  if (fuel.comparable) return lines;
  const doubted = result.warnings.some(({ code }) => code === "fuel-uncounted" || code === "time-or-random");
  const why = doubted ? "as the warnings say" : "for a run that was stopped";
  return [...lines, `  the instructions executed; the engine's own count can differ ${why}`];
}

/** `discount.js < cart-100.json                          8,679,648 fuel  wasmtime-50` */
function titleLine(
  { module, fuel, toolchain, runs }: Result,
  { input, width, cuts }: HeaderOptions,
  paint: Paint,
): string {
  const total = `${grouped(fuel.total)} fuel`;
  const model = `  ${inertText(toolchain.fuelModel)}`;
  const room = Math.max(20, width - cellWidth(total) - cellWidth(model) - 2);
  const read = runs ? plural(runs.length, "input") : input;
  const from = read === null ? "" : ` < ${inertText(read)}`;
  const name = inertText(module.name);
  const shown = cuts ? cut(cutFolders(name, room - cellWidth(from)) + from, room, "end") : name + from;
  const gap = Math.max(2, width - cellWidth(shown) - cellWidth(total) - cellWidth(model));
  return `${shown}${" ".repeat(gap)}${paint.bold(total)}${model}`;
}

/** `78.9% of 11,000,000 (shopify)   ████████████████████████░░░░░░░   2,320,352 left`, red where it is over. */
function limitLine(
  total: number,
  fuel: number,
  preset: string | null,
  { width, unicode }: HeaderOptions,
  paint: Paint,
): string {
  const share = shareOfLimit(total, fuel, preset);
  if (total > fuel) return paint.red(`${share}, ${grouped(total - fuel)} over`);
  const left = `${grouped(fuel - total)} left`;
  const cells = Math.min(longestBar, width - cellWidth(share) - cellWidth(left) - 6);
  if (cells < 8) return `${share}   ${left}`;
  const gap = " ".repeat(Math.max(3, width - cellWidth(share) - cells - cellWidth(left) - 3));
  return `${share}   ${bar(total / fuel, cells, unicode)}${gap}${left}`;
}

/** `on the platform 3,720,000   here +1,209 (+<0.1%)`: of a run that repeats one there. */
function platformLines({ fuel, run, limits }: Result, paint: Paint): string[] {
  const { replayed } = run;
  if (!replayed) return [];
  const there =
    replayed.fuel === null
      ? "the log does not say what the run cost on the platform"
      : `on the platform ${grouped(replayed.fuel)}   here ${replayed.fuel === fuel.total ? "the same" : changeText({ base: replayed.fuel, head: fuel.total })}`;
  const sizes = [run.input.bytes, limits?.used.inputBytes];
  if (replayed.inputBytes === null || sizes.includes(replayed.inputBytes)) return [there];
  const input = `the input had ${plural(replayed.inputBytes, "byte")} there, and has ${grouped(run.input.bytes)} here: the log does not hold it as it was`;
  return [there, paint.yellow(input)];
}

/** `78.9% of 11,000,000 (shopify)`. */
export function shareOfLimit(total: number, fuel: number, preset: string | null): string {
  return `${percent(total, fuel)}% of ${grouped(fuel)}${preset === null ? "" : ` (${inertText(preset)})`}`;
}

/** What else the platform limits; not logs, which it only cuts. */
const amounts = [
  ["input", "inputBytes"],
  ["output", "outputBytes"],
  ["module", "moduleBytes"],
  ["memory", "memoryBytes"],
] as const;

/** `input 44,271 of 128,000  output 812 of 20,000  module 5,738 of 256,000  memory 1.4 of 10 MB`: bytes, red what is too much. */
function amountLines(limits: LimitsInfo, { width }: HeaderOptions, paint: Paint): string[] {
  const lines: string[] = [];
  let free = 0;
  for (const [word, amount] of amounts) {
    const [used, most] = [limits.used[amount], limits[amount]];
    if (most === null) continue;
    const isMemory = amount === "memoryBytes";
    const text = isMemory
      ? `${word} ${(used / 1e6).toFixed(1)} of ${most / 1e6} MB`
      : `${word} ${grouped(used)} of ${grouped(most)}`;
    const painted = limits.exceeded.includes(amount) ? paint.red(text) : paint.dim(text);
    if (text.length + 2 > free) {
      lines.push(painted);
      free = width - text.length;
    } else {
      lines[lines.length - 1] += `  ${painted}`;
      free -= text.length + 2;
    }
  }
  return lines;
}

/** Eighths of a cell, where there are block characters. */
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(share: number, cells: number, unicode: boolean): string {
  if (!unicode) {
    const full = Math.min(cells, Math.round(share * cells));
    return "#".repeat(full) + ".".repeat(cells - full);
  }
  const units = Math.min(cells * 8, Math.round(share * cells * 8));
  const shown = "█".repeat(units >> 3) + eighths[units & 7];
  return shown + "░".repeat(cells - [...shown].length);
}
