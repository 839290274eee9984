/**
 * A row for each run of a result of several: its fuel, how that compares with the middle one of them or with the platform's own
 * count, the share of its limit, how it ended, and its input. In the order in which the inputs were named.
 */
import { grouped, percent } from "../../base/numbers.ts";
import type { Part, Replayed, Result } from "../../result/result.ts";
import { violates } from "../../result/warnings.ts";
import { share, signed } from "../ci/change-words.ts";
import { inertText } from "../inert.ts";
import type { Paint } from "../paint.ts";
import { type Column, renderTable, type TableRow } from "./aligned-table.ts";

export interface RunRowsStyle {
  readonly width: number;
  readonly cuts: boolean;
}

/** The lines of the table; none of a result of one run. */
export function runRows({ runs }: Result, style: RunRowsStyle, paint: Paint): string[] {
  if (runs === undefined) return [];
  const compared = runs.some(({ replayed }) => replayed) ? withPlatform : withMiddle(runs);
  const hasLimits = runs.some(({ limits }) => limits);
  const columns: Column[] = [
    { title: "fuel", gap: 1 },
    ...compared.titles.map((title) => ({ title, gap: 2 })),
    ...(hasLimits ? [{ title: "of limit", gap: 2 }] : []),
    { title: "ended", gap: 2 },
  ];
  const rows = runs.map((run): TableRow => {
    const limit = run.limits === null ? "" : `${percent(run.fuel.total, run.limits.fuel)}%`;
    const cells = [...compared.cells(run), ...(hasLimits ? [limit] : []), endText(run)];
    return { cells: [grouped(run.fuel.total), ...cells], name: inertText(run.name), place: "" };
  });
  const paintName = (text: string) => text;
  const table = renderTable(columns, rows, {
    title: "input",
    placeTitle: "",
    paintName,
    ...style,
    dim: paint.dim,
  });
  return table.map((line, i) => (i > 0 && endText(runs[i - 1]!) !== "ok" ? paint.red(line) : line));
}

interface Compared {
  readonly titles: readonly string[];
  readonly cells: (run: Part) => readonly string[];
}

const withPlatform: Compared = {
  titles: ["platform", "change", ""],
  cells: ({ fuel, replayed }) => platformCells(fuel.total, replayed),
};

function platformCells(here: number, replayed: Replayed | undefined): readonly string[] {
  const there = replayed?.fuel ?? null;
  if (there === null) return ["", "", ""];
  return [grouped(there), signed(here - there), share({ base: there, head: here })];
}

/** Against the run of median fuel; of an even number the lesser of the two in the middle. */
function withMiddle(runs: readonly Part[]): Compared {
  if (runs.length < 2) return { titles: [], cells: () => [] };
  const totals = runs.map(({ fuel }) => fuel.total).sort((a, b) => a - b);
  const median = totals[(totals.length - 1) >> 1]!;
  return {
    titles: ["to median"],
    cells: ({ fuel }) => [fuel.total === median ? "" : share({ base: median, head: fuel.total })],
  };
}

const words = {
  throw: "threw",
  trap: "trapped",
  fuel: "stopped",
  timeout: "timed out",
  interrupted: "interrupted",
} as const;

/** `ok`, what was over the limits, or how it failed. */
function endText({ exit, limits, warnings }: Part): string {
  if (exit.kind === "exit") return exit.code === 0 ? "ok" : `exit ${exit.code}`;
  if (exit.kind !== "ok") return words[exit.kind];
  const over = (limits?.exceeded ?? []).map((amount) => amount.replace("Bytes", ""));
  if (over.length > 0) return `over ${over.join(", ")}`;
  return warnings.some(({ code }) => violates(code)) ? "refused" : "ok";
}
