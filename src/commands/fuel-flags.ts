/** What `--fuel-model` and `--limits` name. */
import { usageError } from "../base/diagnostics.ts";
import { type CostModel, checkScale, modelFromTable, modelNamed } from "../index.ts";
import { readText } from "./input.ts";

/** `--limits`: the platform's when the module names one (`auto`), none, or Shopify's, by a scale for large carts. */
export function parseLimits(text: string | undefined): "auto" | "none" | number {
  if (text === undefined) return "auto";
  if (text === "none") return "none";
  const scale = /^shopify(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (!scale) throw usageError(`--limits takes shopify, shopify:<scale>, none, not ${JSON.stringify(text)}`);
  return checkScale(Number(scale[1] ?? 1), "--limits shopify:<scale> takes");
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
