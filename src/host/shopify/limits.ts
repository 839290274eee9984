/**
 * What Shopify allows a function (shopify.dev, "Limitations and considerations" of Functions), and by what it counts:
 * function-runner 9.2 is built with wasmtime 39. Sizes are decimal there, 1 kB = 1,000 bytes. A large cart raises the
 * limits of fuel, input and output by a factor from 1 to 10 (scale.ts finds it).
 */
import { usageError } from "../../base/diagnostics.ts";
import type { Limits } from "../../result/limits.ts";
import type { LimitedAmount } from "../../result/result.ts";

export const scales = { least: 1, most: 10 } as const;

/** By what large carts raise the limits. @throws Diagnostic of the usage kind; `what` takes the number. */
export function checkScale(scale: number, what: string): number {
  if (scale >= scales.least && scale <= scales.most) return scale;
  throw usageError(`${what} ${scales.least} to ${scales.most}, not ${scale}`);
}

/** What the platform allows, `scale` times where that depends on the cart. Of logs it keeps that much, and refuses none. */
export function shopifyLimits(scale = 1): Limits & Readonly<Record<LimitedAmount, number>> {
  checkScale(scale, "the scale factor is");
  return {
    preset: "shopify",
    model: "wasmtime-39",
    scale,
    fuel: Math.floor(11_000_000 * scale),
    inputBytes: Math.floor(128_000 * scale),
    outputBytes: Math.floor(20_000 * scale),
    logBytes: 1_000,
    moduleBytes: 256_000,
    memoryBytes: 10_000_000,
  };
}
