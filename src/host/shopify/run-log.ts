/**
 * Logs of function runs, as Shopify CLI writes them while `shopify app dev` runs (`.shopify/logs/<api key>/*.json`): a document
 * with `logType: "function_run"` and a `payload` that has the function's input, the export that was called and what it cost
 * there. The names are those of FunctionRunLog in @shopify/cli (packages/app/src/cli/services/app-logs/types.ts); the
 * platform's own answers have the same in snake_case, with the payload as a text. The CLI has read the input as JavaScript
 * does and written it again, so `1.0` is `1` in it; versions of 2024 also wrote keys in camelCase.
 */
import { usageError } from "../../base/diagnostics.ts";
import type { Replayed } from "../../result/result.ts";
import {
  compactJson,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  parseGivenJson,
} from "./exact-json.ts";

export interface RunLog {
  /** JSON, as the function reads it. */
  readonly input: string;
  /** The export that was called; null where the log names none. */
  readonly export: string | null;
  readonly replayed: Replayed;
}

/** Reads a log; `file` is what errors call it. @throws Diagnostic (usage). */
export function parseRunLog(text: string, file: string): RunLog {
  const document = parseGivenJson(text, file);
  const member = (of: Json | undefined, name: string): Json | undefined =>
    isObject(of) ? (of.get(name) ?? of.get(snakeCase(name))) : undefined;
  const type = member(document, "logType");
  if (typeof type === "string" && type !== "function_run")
    throw usageError(`${file} is a log of ${type}, not of a function's run (function_run)`);
  const given = member(document, "payload");
  const payload = typeof given === "string" ? parseGivenJson(given, `the payload of ${file}`) : given;
  const input = inputOf(member(payload, "input"), file);
  const name = member(payload, "export");
  const count = (key: string): number | null => {
    const value = member(payload, key);
    const number = value instanceof JsonNumber ? Number(value.text) : Number.NaN;
    return Number.isSafeInteger(number) && number >= 0 ? number : null;
  };
  return {
    input: compactJson(input),
    export: typeof name === "string" ? name : null,
    replayed: { fuel: count("fuelConsumed"), inputBytes: count("inputBytes") },
  };
}

/** @throws Diagnostic (usage). */
function inputOf(given: Json | undefined, file: string): JsonObject {
  const input = typeof given === "string" ? parseGivenJson(given, `the input in ${file}`) : given;
  if (isObject(input)) return input;
  throw usageError(
    given === undefined
      ? `${file} is not the log of a function's run: it has no payload with an input`
      : `${file} does not have the function's input in it`,
    "Shopify CLI writes such logs to .shopify/logs while shopify app dev runs",
  );
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
