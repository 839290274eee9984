/**
 * A platform's limits as a user writes them for `--limits limits.json` and the configuration: one schema, from which come the
 * check, the words for what is wrong and the JSON schema that ships as javy-prof/limits.schema.json. Fuel is always limited;
 * another amount only where the file says how.
 */
import * as v from "valibot";
import { usageError } from "../base/diagnostics.ts";
import { countOf } from "../base/numbers.ts";
import type { Limits } from "../result/limits.ts";
import { closed, count, maybe, parseBy, text } from "./config.ts";

const bytes = v.pipe(
  v.number(({ received }) => `takes a number of bytes, not ${received}`),
  v.safeInteger("takes a whole number of bytes"),
  v.minValue(0, "takes a number of bytes, none below 0"),
);

export const limitsSchema = closed({
  $schema: v.exactOptional(v.string()),
  name: maybe(text("a name"), "the platform's, for the summary; default: the file's"),
  fuelModel: maybe(
    text("a fuel model"),
    "what the platform counts by: wasmtime-<major>; default: the newest that was measured",
  ),
  fuel: v.pipe(count, v.description("the most fuel of a run")),
  inputBytes: maybe(bytes, "the most input, as the guest reads it"),
  outputBytes: maybe(bytes, "the most output, as the guest writes it"),
  logBytes: maybe(bytes, "the most that is kept of stderr; more is only cut"),
  moduleBytes: maybe(bytes, "the largest module"),
  memoryBytes: maybe(bytes, "the most memory"),
});

/**
 * Reads such a file; `file` is what errors call it, `usualModel` the fuel model where it names none. @throws Diagnostic
 * (usage) with everything that is wrong.
 */
export function readLimits(json: string, file: string, usualModel: string): Limits {
  const { name, fuelModel = usualModel, fuel, ...given } = parseBy(limitsSchema, jsonOf(json, file), file);
  const {
    inputBytes = null,
    outputBytes = null,
    logBytes = null,
    moduleBytes = null,
    memoryBytes = null,
  } = given;
  return {
    preset: name ?? file.replace(/^.*[/\\]|\.json$/g, ""),
    model: fuelModel,
    scale: 1,
    fuel: typeof fuel === "number" ? fuel : countOf(fuel)!,
    ...{ inputBytes, outputBytes, logBytes, moduleBytes, memoryBytes },
  };
}

function jsonOf(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw usageError(`${file} is no JSON: ${(error as Error).message}`);
  }
}
