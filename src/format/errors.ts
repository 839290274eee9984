/**
 * Errors in words: the lines on stderr, and the JSON document that takes the place of a command's own one on stdout.
 * What an error says comes from files and modules of strangers, so all of it is made inert.
 */
import { type Diagnostic, headline, type Span } from "../base/diagnostics.ts";
import { cellWidth } from "./cells.ts";
import { inertText } from "./inert.ts";
import { rowsJson } from "./rows.ts";

/** UTF-16 units of a line that are shown, and of those before the place. */
const longestLine = 100;
const before = 40;

/** The lines for stderr, each ended. */
export function renderError(error: Diagnostic): string {
  const lines = [
    `javy-prof: ${inertText(headline(error))}`,
    ...(error.span ? excerpt(error.span) : []),
    ...error.details.map((detail) => `  ${inertText(detail)}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What stands on a line, and a caret below the column where that is known: a part of a long line. */
function excerpt({ column, text = "" }: Span): string[] {
  const line = text.trimEnd().replaceAll("\t", " ");
  if (line.trim() === "") return [];
  const indent = line.length - line.trimStart().length;
  const from = column !== null && column > longestLine ? column - before : indent;
  const shown = line.slice(from, from + longestLine);
  const lead = from > indent ? "…" : "";
  const lines = [`  ${lead}${inertText(shown)}${from + longestLine < line.length ? "…" : ""}`];
  if (column === null || column - 1 < from) return lines;
  const ahead = lead + inertText(line.slice(from, column - 1));
  return [...lines, `  ${" ".repeat(cellWidth(ahead))}^`];
}

/** The document for stdout; `code` is the exit code. */
export function writeErrorJson(error: Diagnostic, code: number): string {
  const { kind, details } = error;
  const document = { schemaVersion: 1, error: { kind, code, message: headline(error), details } };
  return rowsJson(document, new Set(["details"]));
}
