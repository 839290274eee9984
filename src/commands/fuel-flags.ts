/** What `--fuel-model` and `--limits` name. */
import { decodeText } from "../base/bytes.ts";
import { usageError } from "../base/diagnostics.ts";
import {
  type CostModel,
  checkScale,
  type Limits,
  modelFromTable,
  modelNamed,
  parseLimitsFile,
  scaleFactor,
} from "../index.ts";
import { readText } from "./input.ts";
import type { RunFlags } from "./run-flags.ts";

/** The file that `--limits` names, if any. */
export const limitsFileOf = (text: string | undefined) => (text?.endsWith(".json") ? text : undefined);

/** `--limits`: the platform's when the module names one (`auto`), none, Shopify's, by a scale for large carts, or a file's. */
export async function parseLimits(
  text: string | undefined,
  cwd: string,
): Promise<"auto" | "none" | number | Limits> {
  if (text === undefined) return "auto";
  if (text === "none") return "none";
  const file = limitsFileOf(text);
  if (file !== undefined) return parseLimitsFile(await readText(file, cwd, "the limits"), file);
  const scale = /^shopify(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (!scale)
    throw usageError(
      `--limits takes shopify, shopify:<scale>, none, or a file of limits (*.json), not ${JSON.stringify(text)}`,
    );
  return checkScale(Number(scale[1] ?? 1), "--limits shopify:<scale> takes");
}

/** The limits for an input that `--schema-path` and `--query-path` scale. @throws Diagnostic (usage) where they cannot. */
export async function scaledLimits(
  { limits, schemaPath, queryPath }: Pick<RunFlags, "limits" | "schemaPath" | "queryPath">,
  input: Uint8Array | "inherit",
  cwd: string,
): Promise<{ readonly limits?: number }> {
  if (schemaPath === undefined && queryPath === undefined) return {};
  if (schemaPath === undefined || queryPath === undefined)
    throw usageError("--schema-path and --query-path go together");
  if (limits !== undefined && limits !== "shopify")
    throw usageError(`--limits ${limits} and --schema-path both say how limits are scaled`, "leave one out");
  if (input === "inherit")
    throw usageError("the limits are scaled for an input that is a file", "give it with --input cart.json");
  const named = async (name: string, what: string) => ({ name, text: await readText(name, cwd, what) });
  const schema = await named(schemaPath, "the schema");
  const query = await named(queryPath, "the query");
  return { limits: await scaleFactor(schema, query, { name: "the input", text: decodeText(input) }) };
}

/** Whether `--fuel-model` names a file, and not a model. */
const isCostTable = (text: string): boolean => text.endsWith(".json");

/** The file that `--fuel-model` names, if any. */
export const costTableOf = (text: string | undefined) => (text && isCostTable(text) ? text : undefined);

/** What `--fuel-model` says to the library, if it was given. */
export async function chosenModel(
  { fuelModel }: { readonly fuelModel?: string },
  cwd: string,
): Promise<{ readonly fuelModel?: CostModel }> {
  return fuelModel === undefined ? {} : { fuelModel: await parseModel(fuelModel, cwd) };
}

/** A fuel model by name, or from a JSON cost table where the text is a path that ends in .json. */
export async function parseModel(text: string, cwd: string): Promise<CostModel> {
  if (!isCostTable(text)) return modelNamed(text);
  return modelFromTable(await readText(text, cwd, "the cost table"), text);
}
