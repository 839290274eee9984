/**
 * A bound on one run, as a test states it: what it or a function may cost at most, in fuel or in percent of the platform's
 * limit, of an amount, or of what the same cost in another run. A bound that measures nothing is an error, not a pass. It
 * is judged as the budget that it is (budget.ts), which lets one in the configuration and one in a test mean the same.
 */
import * as v from "valibot";
import { usageError } from "../base/diagnostics.ts";
import { amountOf, type Budget, type BudgetUse, fuelOf, type Subject, usesOf } from "./budget.ts";
import type { Dearest } from "./check-document.ts";
import { amount, closed, maybe, text } from "./config.ts";
import { type Diff, diff } from "./diff.ts";
import { dearestOf, namesOf, refuseEmpty } from "./judge.ts";
import type { Measured } from "./measured.ts";

const costs = ["total", "self", "perCall"] as const;

export const boundSchema = closed({
  atMost: amount,
  function: maybe(text("a function's name"), "by name, or file:name; * stands for any text"),
  cost: maybe(
    v.picklist(costs, ({ received }) => `takes ${costs.join(", ")}, not ${received}`),
    "of a function: with all that it called (the default), itself, or its dearest call itself",
  ),
  percentOf: maybe(v.unknown(), "what a percentage is of; default: the platform's limit"),
  against: maybe(v.unknown(), "a run to name what grew"),
});

export type Bound = Omit<v.InferOutput<typeof boundSchema>, "percentOf" | "against">;

/** Another run, and what it is called. */
export interface OtherRun {
  readonly name: string;
  readonly measured: Measured;
}

/** What a percentage is of: fuel, or what the same cost in another run. */
export type Whole = number | OtherRun;

export interface BoundVerdict {
  /** Every one that the bound is for is within it. */
  readonly passed: boolean;
  /** At least one: several where a pattern means several functions. */
  readonly uses: readonly BudgetUse[];
  /** Functions by their own fuel. */
  readonly dearest: readonly Dearest[];
  /** What changed against another run; null where there is none. */
  readonly against: { readonly name: string; readonly diff: Diff } | null;
}

/** @throws Diagnostic (usage) where the bound measures nothing, or is percent of nothing. */
export function judgeBound(
  measured: Measured,
  bound: Bound,
  percentOf: Whole | null,
  against: OtherRun | null,
): BoundVerdict {
  refuseEmpty([{ scenario: "the run", measured, failure: null }]);
  const budget: Budget = { subject: subjectOf(bound), atMost: amountOf(bound.atMost), path: "atMost" };
  const uses = usesOf(budget, measured, atMostOf(budget, measured, percentOf));
  if (uses.length === 0) throw unmatched(budget.subject, "this run", measured);
  return {
    passed: uses.every(({ used, atMost }) => used <= atMost),
    uses,
    dearest: dearestOf(measured),
    against: against && { name: against.name, diff: diff(against.measured, measured) },
  };
}

function subjectOf({ function: pattern, cost }: Bound): Subject {
  if (pattern !== undefined) return { kind: "function", pattern, cost: cost ?? "total" };
  if (cost !== undefined) throw usageError("cost is a function's, and none is named", 'function: "main"');
  return { kind: "total" };
}

function atMostOf(budget: Budget, measured: Measured, percentOf: Whole | null): number {
  const { atMost } = budget;
  if ("fuel" in atMost) {
    if (percentOf !== null) throw usageError("with percentOf, atMost is a percentage", 'atMost: "80%"');
    return atMost.fuel;
  }
  const whole = percentOf === null ? measured.limit : wholeOf(percentOf, budget, measured);
  const fuel = fuelOf(atMost, whole);
  if (fuel !== null) return fuel;
  throw usageError(
    "atMost is percent of the platform's limit, and the run has none",
    'profile it with limits: "shopify", or say what it is percent of: percentOf: "11M"',
  );
}

/** What the same cost in the other run. */
function wholeOf(whole: Whole, budget: Budget, { toolchain }: Measured): number {
  if (typeof whole === "number") return whole;
  const { name, measured } = whole;
  const { subject } = budget;
  const apart = diff(measured, { ...measured, toolchain }).toolchain;
  if (apart.length > 0)
    throw usageError(`the run does not compare with ${name}: another toolchain (${apart.join(", ")})`);
  const isSnapshot = measured.dispatches === null;
  if (isSnapshot && subject.kind === "function" && subject.cost !== "self")
    throw usageError(`${name} has functions' own fuel alone`, 'compare that: cost: "self"');
  const [use, ...others] = usesOf(budget, measured, 0);
  if (!use) throw unmatched(subject, name, measured);
  if (others.length > 0)
    throw usageError(`percentOf compares one function, and in ${name} there are ${others.length + 1}`);
  return use.used;
}

function unmatched(subject: Subject, where: string, measured: Measured) {
  const pattern = subject.kind === "function" ? subject.pattern : subject.kind;
  return usageError(
    `no function of ${where} matches ${JSON.stringify(pattern)}`,
    `functions that ran: ${namesOf([{ measured }])}`,
  );
}
