/**
 * Reads a result document (`*.fuel.json`, or what `--json` printed) and refuses what is not one: every
 * command that takes a result reads it here. A file is someone's input, so everything wrong with it is a
 * usage error (usage), broken sums too: the run that wrote it had checked them.
 */
import { decodeText } from "../base/bytes.ts";
import { usageError } from "../base/diagnostics.ts";
import { CallLog } from "./call-log.ts";
import { brokenSums } from "./invariants.ts";
import type { Result, ResultDocument } from "./result.ts";
import { wrongShape } from "./shape.ts";

/** Whether `bytes` start like a result document: it is told by its first key. */
export function looksLikeResult(bytes: Uint8Array): boolean {
  return /^\s*\{\s*"schemaVersion"/.test(decodeText(bytes.subarray(0, 200)));
}

/** The result in `text`; `name` is what errors call it. */
export function parseResult(text: string, name: string): Result {
  const run = "write one with: javy-prof run app.js --format json";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(`${name} is not JSON: ${(error as Error).message}`, run);
  }
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version === undefined) throw usageError(`${name} is not a javy-prof result: no schemaVersion`, run);
  if (version !== 1)
    throw usageError(
      `${name} has schemaVersion ${JSON.stringify(version)}; this javy-prof reads 1`,
      typeof version === "number" && version > 1 ? "a newer javy-prof wrote it: update this one" : run,
    );
  const wrong = wrongShape(value);
  if (wrong !== null) throw usageError(`${name} is not a javy-prof result: ${wrong}`, run);
  const broken = brokenSums(value as Result);
  if (broken.length > 0)
    throw usageError(
      `${name} does not add up: it was edited or damaged`,
      ...broken.slice(0, 5),
      ...(broken.length > 5 ? [`and ${broken.length - 5} more`] : []),
    );
  const { events, ...rest } = value as ResultDocument;
  return events ? { ...rest, events: CallLog.from(events) } : rest;
}
