/**
 * Shopify's test fixtures (tests/fixtures/*.json, as `shopify app function replay` saves them): a document with a `payload`
 * that holds the function's input and the export it is for. The input keeps its keys' order and its numbers' text, since
 * fuel depends on every byte.
 */
import { usageError } from "../../base/diagnostics.ts";
import { compactJson, isObject, parseGivenJson } from "./exact-json.ts";

export interface Fixture {
  /** JSON, as a run reads it. */
  readonly input: string;
  /** The export to call; null where the fixture names none. */
  readonly export: string | null;
}

/** Reads a fixture; `file` is what errors call it. @throws Diagnostic (usage). */
export function parseFixture(text: string, file: string): Fixture {
  const document = parseGivenJson(text, file);
  const payload = isObject(document) ? document.get("payload") : undefined;
  const input = isObject(payload) ? payload.get("input") : undefined;
  if (!isObject(payload) || input === undefined)
    throw usageError(
      `${file} is not a Shopify fixture: it has no payload with an input`,
      'to give the file to the program as it is, say "input" in place of "fixtures"',
    );
  const name = payload.get("export");
  return { input: compactJson(input), export: typeof name === "string" ? name : null };
}
