/** The result document itself (PRODUCT: "Result JSON"): `<base>.fuel.json` and `--json`. */
import type { Result } from "../../result/result.ts";
import { rowsJson } from "../rows.ts";

const TABLES = new Set([
  "functions",
  "lines",
  "opcodes",
  "pcs",
  "tree",
  "events",
  "warnings",
  "files",
  "stack",
]);

/** The text of `result`; its ordered events, a line each, only where `events` is set. */
export function writeResultJson(result: Result, options: { readonly events?: boolean } = {}): string {
  const { events, warnings, ...rest } = result;
  const kept = options.events === true && events !== undefined ? { events } : {};
  return rowsJson({ ...rest, ...kept, warnings }, TABLES);
}
