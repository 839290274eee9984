/** The result document itself : `<base>.fuel.json` and `--json`. */
import type { Result, ResultDocument } from "../../result/result.ts";
import { rowsChunks } from "../rows.ts";
import { exitText, warningText } from "../warning-words.ts";

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

/** The text of `result` in chunks; its ordered events, a line each, only where `events` is set. */
export function writeResultJson(
  result: Result,
  options: { readonly events?: boolean } = {},
): Iterable<string> {
  const { warnings, ...rest } = inWords(result);
  const kept = options.events === true && result.events ? { events: result.events } : {};
  return rowsChunks({ ...rest, ...kept, warnings }, TABLES);
}

/** The result with its data in words. */
export function documentOf(result: Result): ResultDocument {
  const { events } = result;
  return { ...inWords(result), ...(events ? { events: [...events] } : {}) };
}

function inWords({ events: _, ...result }: Result): Omit<ResultDocument, "events"> {
  const { kind, code, stack } = result.run.exit;
  return {
    ...result,
    run: { ...result.run, exit: { kind, code, message: exitText(result.run.exit), stack } },
    warnings: result.warnings.map((warning) => ({ code: warning.code, message: warningText(warning) })),
  };
}
