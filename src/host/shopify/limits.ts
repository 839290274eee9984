/**
 * What a platform refuses or cuts, said as warnings. Fuel is not among them: past it the guest is stopped while it
 * runs. Sizes are known at the end only.
 */
import type { Warning } from "../../result/result.ts";
import type { PlatformFacts } from "../host.ts";
import type { ShopifyLimits } from "./shopify.ts";

/** Warnings with these codes are violations: the platform would not have run the function, or not taken its output. */
export const violations: readonly string[] = [
  "limit-module",
  "limit-input",
  "limit-output",
  "platform-output",
];

export function platformWarnings(
  facts: PlatformFacts,
  moduleBytes: number,
  limits: ShopifyLimits | null,
  ended: "ok" | "early",
): Warning[] {
  const warnings: Warning[] = [];
  const add = (code: string, message: string) => void warnings.push({ code, message });
  const over = (code: string, what: string, bytes: number, limit: number, then: string) => {
    if (bytes > limit)
      add(code, `${what} ${grouped(bytes)} bytes, over the platform's ${grouped(limit)}${then}`);
  };
  if (limits) {
    over("limit-module", "the module has", moduleBytes, limits.moduleBytes, "");
    over("limit-input", "the input has", facts.inputBytes, limits.inputBytes, " (as the function gets it)");
    over(
      "limit-output",
      "the output has",
      facts.outputBytes,
      limits.outputBytes,
      " (as the function wrote it)",
    );
    // How many there were is not known: some plugins keep no more than one too many.
    if (facts.logBytes > limits.logBytes)
      add("limit-logs", `the platform cuts logs of more than ${grouped(limits.logBytes)} bytes`);
  }
  if (ended === "ok" && facts.outputError !== null)
    add("platform-output", `the platform would not take the output: ${facts.outputError}`);
  return warnings;
}

const grouped = (count: number): string => count.toLocaleString("en-US");
