/**
 * A run judged by a platform's limits: pure. Nothing is enforced here; the run goes on past its limit of fuel
 * (profiler/run-plan.ts says how far), so that it is known by how much it is over.
 */
import { type LimitedAmount, type LimitsInfo, limitedAmounts, type StackFrame } from "./result.ts";
import type { Warning } from "./warnings.ts";

/** What a platform allows, by a name, and the fuel model that it counts by. */
export type Limits = Omit<LimitsInfo, "used" | "exceeded" | "passed" | "passedIn">;

/** Past these the platform refuses; logs it only cuts. */
const refused = limitedAmounts.filter((amount) => amount !== "logBytes");

/** `passed`: the stack where the limit of fuel was passed; `passedIn`: its node in the call tree, -1 for none. */
export function judge(
  limits: Limits,
  used: Readonly<Record<LimitedAmount, number>>,
  passed: readonly StackFrame[] | null,
  passedIn = -1,
): LimitsInfo {
  const exceeded = refused.filter((amount) => isOver(used[amount], limits[amount]));
  if (!exceeded.includes("fuel")) return { ...limits, used, exceeded, passed: null };
  return { ...limits, used, exceeded, passed: passed ?? [], ...(passedIn >= 0 && { passedIn }) };
}

const isOver = (used: number, most: number | null): boolean => most !== null && used > most;

const sizeCodes = {
  moduleBytes: "limit-module",
  inputBytes: "limit-input",
  outputBytes: "limit-output",
  memoryBytes: "limit-memory",
} as const;

/** What is to be said of sizes. Fuel has its own place: the header and the stack. */
export function limitWarnings({ used, exceeded, ...limits }: LimitsInfo): Warning[] {
  const sizes = Object.keys(sizeCodes) as (keyof typeof sizeCodes)[];
  const warnings: Warning[] = sizes
    .filter((amount) => exceeded.includes(amount))
    .map((amount) => ({ code: sizeCodes[amount], bytes: used[amount], limit: limits[amount]! }));
  // How many there were is not known: some plugins keep no more than one too many.
  if (isOver(used.logBytes, limits.logBytes)) warnings.push({ code: "limit-logs", limit: limits.logBytes! });
  return warnings;
}
