/** A check as Markdown, for a comment or a step's summary: a table of the scenarios, below it what changed in those that do not pass. */
import { grouped, percent } from "../../base/numbers.ts";
import type { Verdict } from "../../ci/check-document.ts";
import { delta, type FunctionChange } from "../../ci/diff.ts";
import { isFailing } from "../../ci/judge.ts";
import { inertText } from "../inert.ts";
import { changeText, share, signed } from "./change-words.ts";
import { culpritLines, culprits, fateText, placeText, reasons } from "./verdict-words.ts";
import { countText } from "./verdicts-text.ts";

const mostFunctions = 10;
const mostLines = 3;

export function renderMarkdown(verdicts: readonly Verdict[], { exact }: { readonly exact: boolean }): string {
  const hasLimit = verdicts.some(({ limit }) => limit !== null);
  const columns = ["scenario", "status", "before", "fuel", "change", ...(hasLimit ? ["of the limit"] : [])];
  const lines = [
    `**Fuel** ${countText(verdicts)}`,
    "",
    ...tableHead(columns),
    ...verdicts.map((verdict) => tableRow(cells(verdict, hasLimit, exact))),
  ];
  for (const verdict of verdicts) if (isFailing(verdict.status, exact)) lines.push("", ...details(verdict));
  return [...lines, ""].join("\n");
}

/** The titles of a table whose first two columns are texts, and the others numbers. */
export function tableHead(titles: readonly string[]): string[] {
  return [tableRow(titles), tableRow(titles.map((_, i) => (i < 2 ? "---" : "---:")))];
}

/** `cells` are Markdown. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cells(
  { scenario, status, base, total, limit, diff }: Verdict,
  hasLimit: boolean,
  exact: boolean,
): string[] {
  const isCompared = base !== null && total !== null && (diff?.toolchain.length ?? 0) === 0;
  return [
    tableCell(scenario),
    isFailing(status, exact) ? `**${status}**` : status,
    base === null ? "" : grouped(base),
    total === null ? "" : grouped(total),
    isCompared && base !== total ? changeText({ base, head: total }) : "",
    ...(hasLimit ? [limit === null || total === null ? "" : `${percent(total, limit)}%`] : []),
  ];
}

function details(verdict: Verdict): string[] {
  const changes = culprits(verdict, mostFunctions);
  const lines = [`#### ${code(verdict.scenario)} ${verdict.status}`, ""];
  lines.push(...reasons(verdict).map((reason) => `- ${code(reason)}`));
  if (changes.length === 0) return lines;
  if (lines.length > 2) lines.push("");
  const columns = ["function", "place", "before", "fuel", "change"];
  lines.push(...tableHead(columns));
  for (const change of changes) lines.push(...changeRows(change));
  return lines;
}

function changeRows(change: FunctionChange): string[] {
  const { file, line, base, head } = change;
  const rows = culpritLines(change, mostLines).filter((one) => one.file !== null);
  return [
    tableRow([
      tableCell(fateText(change)),
      placeCell(placeText(file, line)),
      grouped(base),
      grouped(head),
      changeText({ base, head }),
    ]),
    ...rows.map((one) =>
      tableRow([
        "",
        placeCell(placeText(one.file, one.line)),
        grouped(one.base),
        grouped(one.head),
        `${signed(delta(one))} (${share(one)})`,
      ]),
    ),
  ];
}

/** A cell of code, empty where there is no text. */
export function placeCell(place: string): string {
  return place === "" ? "" : tableCell(place);
}

/** A code span, in which nothing is markup: its fence is longer than any run of backticks within. */
export function code(text: string): string {
  const inert = inertText(text);
  const longest = Math.max(0, ...[...inert.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const gap = longest > 0 || inert === "" ? " " : "";
  return `${fence}${gap}${inert}${gap}${fence}`;
}

/** The same in a table, where a bar ends a cell even in code. */
export function tableCell(text: string): string {
  return code(text).replaceAll("|", "\\|");
}
