/**
 * Errors in words: the lines on stderr, and the JSON document that takes the place of a command's own one on stdout.
 * What an error says comes from files and modules of strangers, so all of it is made inert.
 */
import { type Diagnostic, headline } from "../base/diagnostics.ts";
import { inertText } from "./inert.ts";
import { rowsJson } from "./rows.ts";

/** The lines for stderr, each ended. */
export function renderError(error: Diagnostic): string {
  const lines = [`javy-prof: ${inertText(headline(error))}`];
  return [...lines, ...error.details.map((detail) => `  ${inertText(detail)}`)]
    .map((line) => `${line}\n`)
    .join("");
}

/** The document for stdout; `code` is the exit code. */
export function writeErrorJson(error: Diagnostic, code: number): string {
  const { kind, details } = error;
  const document = { schemaVersion: 1, error: { kind, code, message: headline(error), details } };
  return rowsJson(document, new Set(["details"]));
}
