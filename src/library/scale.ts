/** By what a platform raises limits for an input; what reads schemas is loaded when somebody asks. */
import type { NamedText } from "../host/shopify/scale.ts";

/**
 * By what Shopify raises a function's limits for an input: the schema's @scaleLimits rates, for what the function's input
 * query asks for. For `limits` of `profile`. @throws Diagnostic (usage) where one of the three cannot be read.
 */
export async function scaleFactor(schema: NamedText, query: NamedText, input: NamedText): Promise<number> {
  return (await import("../host/shopify/scale.ts")).scaleFactor(schema, query, input);
}
