/**
 * The verdict on each scenario: its budgets, and its total against the snapshot's. Functions and lines say what changed; it is
 * the total that decides, unless every figure has to be the same (`exact`). Pure: runs and snapshot in, verdicts out.
 */
import { compareText } from "../base/compare-text.ts";
import { usageError } from "../base/diagnostics.ts";
import { type Budget, type BudgetUse, fuelOf, usesOf } from "./budget.ts";
import type { Dearest, Status, Verdict } from "./check-document.ts";
import { type Diff, diff } from "./diff.ts";
import type { Exceeded, Measured } from "./measured.ts";
import type { Snapshot } from "./snapshot.ts";
import { allowance, type Tolerance } from "./tolerance.ts";

/** What came of a scenario's run. */
export interface ScenarioRun {
  readonly scenario: string;
  readonly budgets: readonly Budget[];
  readonly measured: Measured;
  /** Why the guest did not end well; null where it did. */
  readonly failure: string | null;
}

export interface JudgeOptions {
  readonly tolerance: Tolerance;
  /** Any change of any figure counts, also to the better. */
  readonly exact: boolean;
  /** Whether these are all scenarios: then what the snapshot has beside them was removed. */
  readonly all: boolean;
  /** The snapshot is written with what ran: there need be none yet. */
  readonly recording: boolean;
}

/** Dearest functions that a verdict names. */
const mostDearest = 5;

/** @throws Diagnostic (usage) where a budget answers to nothing, or nothing was measured or judged. */
export function judge(
  runs: readonly ScenarioRun[],
  snapshot: Snapshot,
  { tolerance, exact, all, recording }: JudgeOptions,
): Verdict[] {
  refuseEmpty(runs);
  if (!recording) refuseUnjudged(runs, snapshot);
  const verdicts = runs.map((run) => verdictOf(run, snapshot.get(run.scenario) ?? null, tolerance, exact));
  // what a guest that failed would have run nobody knows
  if (all && runs.every(({ failure }) => failure === null)) refuseUnmatched(runs);
  const known = new Set(runs.map(({ scenario }) => scenario));
  const removed = all ? [...snapshot].filter(([name]) => !known.has(name)) : [];
  return [...verdicts, ...removed.map(([name, { total }]) => removal(name, total))].sort((a, b) =>
    compareText(a.scenario, b.scenario),
  );
}

function verdictOf(
  { scenario, budgets, measured, failure }: ScenarioRun,
  base: Measured | null,
  tolerance: Tolerance,
  exact: boolean,
): Verdict {
  const uses = budgets.flatMap((budget) => {
    const atMost = fuelOf(budget.atMost, measured.limit);
    if (atMost === null)
      throw usageError(
        `${budget.path} is percent of a limit, and ${scenario} has none`,
        'name the platform: "limits": "shopify"',
      );
    return usesOf(budget, measured, atMost);
  });
  const over = [...measured.exceeded.map(overLimit), ...uses.filter(({ used, atMost }) => used > atMost)];
  const changes = base && diff(base, measured);
  const allowed = exact || !base ? 0 : allowance(tolerance, base.total);
  return {
    scenario,
    status: failure !== null ? "failed" : over.length > 0 ? "over-budget" : statusOf(changes, allowed, exact),
    ...{ base: base?.total ?? null, total: measured.total, limit: measured.limit, tolerance: allowed, over },
    ...{ kept: uses.filter(({ used, atMost }) => used <= atMost).length, diff: changes, failure },
    dearest: dearestOf(measured),
  };
}

function statusOf(changes: Diff | null, allowed: number, exact: boolean): Status {
  if (!changes) return "new";
  const { base, head, toolchain, functions } = changes;
  if (toolchain.length > 0) return "not-comparable";
  if (head > base + allowed) return "regressed";
  if (exact && (head !== base || functions.length > 0)) return "regressed";
  return head < base ? "improved" : "ok";
}

function overLimit({ amount, ...exceeded }: Exceeded): BudgetUse {
  return { path: "limits", name: amount, cost: "limit", ...exceeded };
}

function removal(scenario: string, base: number): Verdict {
  return {
    ...{ scenario, status: "removed", base, total: null, limit: null, tolerance: 0 },
    ...{ over: [], kept: 0, diff: null, dearest: [], failure: null },
  };
}

/** By their own fuel. */
export function dearestOf({ functions }: Measured): Dearest[] {
  return [...functions]
    .sort((a, b) => b.self - a.self)
    .slice(0, mostDearest)
    .map(({ name, file, line, calls, self }) => ({ name, file, line, calls, self }));
}

/** Statuses with which a check does not pass. `exact`: with the snapshot everything has to agree. */
export function isFailing(status: Status, exact: boolean): boolean {
  if (status === "new" || status === "removed") return exact;
  return (
    status === "over-budget" || status === "regressed" || status === "not-comparable" || status === "failed"
  );
}

/** A run in which nothing ran passes nothing. @throws Diagnostic (usage). */
export function refuseEmpty(runs: readonly Omit<ScenarioRun, "budgets">[]): void {
  if (runs.length === 0) throw usageError("no scenario ran: a check that measures nothing passes nothing");
  for (const { scenario, measured, failure } of runs)
    if (failure === null && (measured.total === 0 || measured.dispatches === 0))
      throw usageError(
        `${scenario} measured nothing: no JavaScript ran`,
        "is the entry what it should be, and the export?",
      );
}

function refuseUnjudged(runs: readonly ScenarioRun[], snapshot: Snapshot): void {
  const isJudged =
    snapshot.size > 0 || runs.some(({ budgets, measured }) => budgets.length > 0 || measured.limit !== null);
  if (!isJudged)
    throw usageError(
      "there is nothing to check against: no budget, no limit and no snapshot",
      "record what the scenarios cost now: javy-prof snapshot",
    );
}

/** A budget for a function or line that no scenario it is for has run. */
function refuseUnmatched(runs: readonly ScenarioRun[]): void {
  const used = new Map<string, boolean>();
  for (const { budgets, measured } of runs)
    for (const budget of budgets)
      used.set(budget.path, (used.get(budget.path) ?? false) || usesOf(budget, measured, 0).length > 0);
  const unmatched = [...used].filter(([, isUsed]) => !isUsed).map(([path]) => path);
  if (unmatched.length === 0) return;
  throw usageError(
    `${unmatched[0]} matches nothing that ran`,
    ...unmatched.slice(1).map((path) => `nor does ${path}`),
    `functions that ran: ${namesOf(runs)}`,
  );
}

/** The dearest functions that ran, for an error about one that did not. */
export function namesOf(runs: readonly Pick<ScenarioRun, "measured">[]): string {
  const functions = runs.flatMap(({ measured }) => measured.functions).filter(({ kind }) => kind === "js");
  const names = new Set(functions.sort((a, b) => b.self - a.self).map(({ name }) => name));
  return [...names].slice(0, 12).join(", ");
}
