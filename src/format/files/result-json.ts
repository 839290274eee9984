/** The result document itself : `<base>.fuel.json` and `--json`. */
import type { Exit, Part, Result, ResultDocument, WrittenExit, WrittenPart } from "../../result/result.ts";
import type { WrittenWarning } from "../../result/warnings.ts";
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

function inWords({ events: _, runs, ...result }: Result): Omit<ResultDocument, "events"> {
  return {
    ...result,
    run: { ...result.run, exit: exitInWords(result.run.exit) },
    ...(runs ? { runs: runs.map(partInWords) } : {}),
    warnings: warningsInWords(result),
  };
}

function partInWords(part: Part): WrittenPart {
  return { ...part, exit: exitInWords(part.exit), warnings: warningsInWords(part) };
}

function exitInWords(exit: Exit): WrittenExit {
  const { kind, code, stack } = exit;
  return { kind, code, message: exitText(exit), stack };
}

function warningsInWords({ warnings }: Pick<Result, "warnings">): WrittenWarning[] {
  return warnings.map((warning) => ({ code: warning.code, message: warningText(warning) }));
}
