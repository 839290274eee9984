/** What a program costs by the size of its input, for a terminal: the sizes, the fit, the most that fit, and a picture. */
import { grouped, percent } from "../../base/numbers.ts";
import type { ScaleDocument, SizeRun } from "../../ci/scale-document.ts";
import { cellWidth, pad } from "../cells.ts";
import { inertText } from "../inert.ts";
import { paintWith } from "../paint.ts";
import { plot } from "./plot.ts";
import { pictureOf } from "./scale-picture.ts";
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

function picture(document: ScaleDocument, width: number, unicode: boolean): string[] {
  const shown = pictureOf(document);
  const label = grouped(shown.fuel);
  const columns = Math.max(20, width - label.length - 3);
  const lines = plot(shown, { columns, rows: plotRows, unicode });
  const [side, corner, floor] = unicode ? ["│", "└", "─"] : ["|", "+", "-"];
  const below = " ".repeat(label.length + 2);
  const fitted = shown.curve ? ", the fit dotted" : "";
  return [
    ...lines.map((line, i) => `${pad(i === 0 ? label : "", label.length, "right")} ${side}${line}`),
    `${pad("0", label.length, "right")} ${corner}${floor!.repeat(columns)}`,
    `${below}0${pad(grouped(shown.n), columns - 1, "right")}`,
    `${below}fuel by n${fitted}${shown.limit === null ? "" : ", the limit a line"}`,
  ];
}
