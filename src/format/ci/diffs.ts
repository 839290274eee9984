/** Diffs of scenarios in words: for the terminal, as Markdown, and as a JSON document. */
import { grouped } from "../../base/numbers.ts";
import { version } from "../../base/version.ts";
import type { DiffDocument, ScenarioDiff } from "../../ci/diff-document.ts";
import type { DiffBreakdown, DiffFormat } from "../choices.ts";
import { inertText } from "../inert.ts";
import { type Paint, paintWith } from "../paint.ts";
import { rowsJson } from "../rows.ts";
import { renderTable } from "../summary/aligned-table.ts";
import { changeText } from "./change-words.ts";
import { type DiffTable, diffCells, diffTables } from "./diff-tables.ts";
import { code, placeCell, tableCell, tableHead, tableRow } from "./markdown.ts";

export interface DiffOptions {
  readonly by: readonly DiffBreakdown[];
  readonly top: number;
  readonly width: number;
  /** Whether what does not fit into the width is cut. */
  readonly cuts: boolean;
  readonly colour: boolean;
  /** Whether --top shows more rows; default: yes. */
  readonly hasTop?: boolean;
}

export function writeDiffs(format: DiffFormat, diffs: readonly ScenarioDiff[], options: DiffOptions): string {
  if (format === "json") return writeDiffJson(diffs);
  return format === "markdown" ? renderMarkdown(diffs, options) : renderText(diffs, options);
}

/** The tables alone, for whoever waits for what a change did. */
export function renderChange(diffs: readonly ScenarioDiff[], options: DiffOptions): string {
  return renderText(diffs, { ...options, hasTop: false });
}

function writeDiffJson(scenarios: readonly ScenarioDiff[]): string {
  const tool = { name: "javy-prof", version } as const;
  const document: DiffDocument = { schemaVersion: 1, kind: "diff", tool, scenarios };
  return rowsJson(document, new Set(["functions", "opcodes", "natives"]));
}

/** `8,679,648 → 9,374,020  +694,372 (+8.0%)`, or what there is of one side. */
function headText({ base, head, diff }: ScenarioDiff): string {
  if (base === null) return `${grouped(head!)} (new)`;
  if (head === null) return `${grouped(base)} (removed)`;
  if (diff && diff.toolchain.length > 0)
    return `${grouped(base)} → ${grouped(head)}, of another toolchain (${diff.toolchain.join(", ")}): the numbers do not compare`;
  if (base === head) return `${grouped(head)} (the same)`;
  return `${grouped(base)} → ${grouped(head)}  ${changeText({ base, head })}`;
}

function renderText(diffs: readonly ScenarioDiff[], { by, top, colour, ...size }: DiffOptions): string {
  const paint = paintWith(colour);
  const blocks = diffs.map((one) => {
    const tables = one.diff ? diffTables(one.diff, by, top) : [];
    return [
      `${paint.bold(inertText(one.scenario))}  ${headText(one)}`,
      ...tables.flatMap((table) => ["", ...tableText(table, size, paint)]),
    ];
  });
  // lines alone stand below each other
  const gap = (i: number) => i > 0 && (blocks[i]!.length > 1 || blocks[i - 1]!.length > 1);
  return blocks.map((lines, i) => `${gap(i) ? "\n" : ""}${lines.join("\n")}\n`).join("");
}

function tableText(
  { by, counted, rows, more }: DiffTable,
  { width, cuts, hasTop = true }: Pick<DiffOptions, "width" | "cuts" | "hasTop">,
  { bold: paintName, dim }: Paint,
): string[] {
  const titles = ["change", "", "before", "after", ...(counted === null ? [] : [counted])];
  const columns = titles.map((title) => ({ title, gap: 2 }));
  const tableRows = rows.map((row) => {
    const cells = diffCells(row).slice(0, titles.length);
    return { cells, name: inertText(row.name), place: inertText(row.place) };
  });
  const lines = renderTable(columns, tableRows, { title: by, placeTitle: "", paintName, dim, width, cuts });
  const flag = hasTop ? `: --top ${rows.length + more}` : "";
  return more > 0 ? [...lines, dim(`  and ${grouped(more)} more${flag}`)] : lines;
}

function renderMarkdown(diffs: readonly ScenarioDiff[], { by, top }: DiffOptions): string {
  return diffs
    .map((one) => {
      const lines = [`#### ${code(one.scenario)} ${headText(one)}`];
      for (const table of one.diff ? diffTables(one.diff, by, top) : [])
        lines.push("", ...tableMarkdown(table));
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

function tableMarkdown({ by, counted, rows, more }: DiffTable): string[] {
  const titles = [by, "place", "change", "", "before", "after", ...(counted === null ? [] : [counted])];
  return [
    ...tableHead(titles),
    ...rows.map((row) =>
      tableRow([tableCell(row.name), placeCell(row.place), ...diffCells(row).slice(0, titles.length - 2)]),
    ),
    ...(more > 0 ? ["", `and ${grouped(more)} more`] : []),
  ];
}
