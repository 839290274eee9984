/**
 * What a platform refuses or cuts, as warnings. Fuel is not among them: past it the guest is stopped while it runs.
 * Sizes are known at the end only.
 */
import type { Warning } from "../../result/warnings.ts";
import type { PlatformFacts } from "../host.ts";
import type { ShopifyLimits } from "./shopify.ts";

export function platformWarnings(
  { inputBytes, outputBytes, logBytes, outputError }: PlatformFacts,
  moduleBytes: number,
  limits: ShopifyLimits | null,
  ended: "ok" | "early",
): Warning[] {
  const warnings: Warning[] = [];
  const over = (code: "limit-module" | "limit-input" | "limit-output", bytes: number, limit: number) => {
    if (bytes > limit) warnings.push({ code, bytes, limit });
  };
  if (limits) {
    over("limit-module", moduleBytes, limits.moduleBytes);
    over("limit-input", inputBytes, limits.inputBytes);
    over("limit-output", outputBytes, limits.outputBytes);
    // How many there were is not known: some plugins keep no more than one too many.
    if (logBytes > limits.logBytes) warnings.push({ code: "limit-logs", limit: limits.logBytes });
  }
  if (ended === "ok" && outputError !== null)
    warnings.push({ code: "platform-output", problem: outputError });
  return warnings;
}
