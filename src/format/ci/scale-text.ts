/** What a program costs by the size of its input, for a terminal: the sizes, the fit, the most that fit, and a picture. */
import { grouped, percent } from "../../base/numbers.ts";
import type { ScaleDocument, SizeRun } from "../../ci/scale-document.ts";
import { cellWidth, pad } from "../cells.ts";
import { inertText } from "../inert.ts";
import { paintWith } from "../paint.ts";
import { plot } from "./plot.ts";
import { equation, fitWords, largestWords, problemText } from "./scale-words.ts";

export interface ScaleTextOptions {
  readonly width: number;
  readonly unicode: boolean;
  readonly colour: boolean;
}

const plotRows = 14;
const mostColumns = 72;

export function renderScale(document: ScaleDocument, { width, unicode, colour }: ScaleTextOptions): string {
  const { scenario, paths, sizes, fit } = document;
  const { bold, dim } = paintWith(colour);
  const named = paths.map(({ path, length }) => `${path} (${grouped(length)} as given)`).join(", ");
  const lines = [
    `${bold(inertText(scenario))}  n elements in ${inertText(named)}`,
    "",
    ...sizeTable(sizes, dim),
  ];
  const largest = Math.max(...sizes.map(({ n }) => n));
  lines.push("", fit ? bold(equation(fit, largest)) : "no fit");
  lines.push(...fitWords(document).map((line) => `  ${line}`));
  const [first, ...more] = largestWords(document).map(inertText);
  if (first !== undefined) lines.push("", bold(first), ...more.map((line) => `  ${line}`));
  lines.push("", ...picture(document, Math.min(mostColumns, width), unicode).map(dim));
  return lines.map((line) => `${line}\n`).join("");
}

function sizeTable(sizes: readonly SizeRun[], dim: (text: string) => string): string[] {
  const hasLimit = sizes.some(({ limit }) => limit !== null);
  const titles = ["n", "input bytes", "fuel", ...(hasLimit ? ["of the limit"] : [])];
  const rows = sizes.map((run) => [
    ...[grouped(run.n), grouped(run.inputBytes), grouped(run.fuel)],
    ...(hasLimit ? [run.limit === null ? "" : `${percent(run.fuel, run.limit)}%`] : []),
  ]);
  const widths = titles.map((title, i) => Math.max(...[title, ...rows.map((row) => row[i]!)].map(cellWidth)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => `  ${pad(cell, widths[i]!, "right")}`).join("");
  return [
    dim(line(titles)),
    ...rows.map((row, i) => {
      const problem = problemText(sizes[i]!);
      return problem === "" ? line(row) : `${line(row)}  ${inertText(problem)}`;
    }),
  ];
}

/** The sizes, the fit and the limit; runs that failed have no point. */
function picture({ sizes, fit, largest }: ScaleDocument, width: number, unicode: boolean): string[] {
  const found = [largest?.fits, largest?.next].filter((one) => one != null);
  const runs = [...sizes, ...found].filter(({ failure }) => failure === null);
  const limit = runs.findLast((one) => one.limit !== null)?.limit ?? null;
  const most = Math.max(...runs.map(({ fuel }) => fuel));
  // a limit that is far away would leave nothing to see
  const bound = limit !== null && limit <= 4 * most ? limit : null;
  const curve = fit && ((n: number) => fit.coefficients.reduceRight((sum, one) => sum * n + one, 0));
  const points = runs.map(({ n, fuel }) => [n, fuel] as const);
  const label = grouped(Math.max(most, bound ?? 0));
  const columns = Math.max(20, width - label.length - 3);
  const { lines, x } = plot({ points, curve, bound }, { columns, rows: plotRows, unicode });
  const side = unicode ? "│" : "|";
  const bottom = (unicode ? "└" : "+") + (unicode ? "─" : "-").repeat(columns);
  const legend = [
    "fuel by n",
    ...(fit ? ["the fit dotted"] : []),
    ...(bound === null ? [] : ["the limit a line"]),
  ];
  return [
    ...lines.map((line, i) => `${pad(i === 0 ? label : "", label.length, "right")} ${side}${line}`),
    `${pad("0", label.length, "right")} ${bottom}`,
    `${" ".repeat(label.length + 2)}0${pad(grouped(x), columns - 1, "right")}`,
    `${" ".repeat(label.length + 2)}${legend.join(", ")}`,
  ];
}
