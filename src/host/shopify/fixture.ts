/**
 * Shopify's test fixtures (tests/fixtures/*.json, as `shopify app function replay` saves them): a document with a `payload`
 * that holds the function's input and the export it is for. The input keeps its keys' order and its numbers' text, since
 * fuel depends on every byte.
 */
import { usageError } from "../../base/diagnostics.ts";
import { compactJson, isObject, type Json, parseJson } from "./exact-json.ts";

export interface Fixture {
  /** JSON, as a run reads it. */
  readonly input: string;
  /** The export to call; null where the fixture names none. */
  readonly export: string | null;
}

/** Reads a fixture; `file` is what errors call it. @throws Diagnostic (usage). */
export function parseFixture(text: string, file: string): Fixture {
  let document: Json;
  try {
    document = parseJson(text);
  } catch (error) {
    throw usageError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const payload = isObject(document) ? document.get("payload") : undefined;
  const input = payload !== undefined && isObject(payload) ? payload.get("input") : undefined;
  if (payload === undefined || !isObject(payload) || input === undefined)
    throw usageError(
      `${file} is not a Shopify fixture: it has no payload with an input`,
      'to give the file to the program as it is, say "input" in place of "fixtures"',
    );
  const name = payload.get("export");
  return { input: compactJson(input), export: typeof name === "string" ? name : null };
}
