/** What is said of a verdict in every format: its headline, why it is not ok, and the place to look at. Not inert. */
import { grouped, percent } from "../../base/numbers.ts";
import type { BudgetUse } from "../../ci/budget.ts";
import type { Verdict } from "../../ci/check-document.ts";
import { type Change, delta, type FunctionChange, type LineChange } from "../../ci/diff.ts";
import { type OuterPhase, phaseOf } from "../../result/phases.ts";
import { changeText } from "./change-words.ts";

/** A place in a source: lines are 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** `8,679,648 → 9,374,020  +694,372 (+8.0%)`, or the one number that there is. */
export function costText({ base, total, status }: Verdict): string {
  if (total === null) return `was ${grouped(base ?? 0)}`;
  if (base === null || base === total || status === "not-comparable") return grouped(total);
  return `${grouped(base)} → ${grouped(total)}  ${changeText({ base, head: total })}`;
}

/** `85.2% of the limit`; null where there is none. */
export function limitText({ total, limit }: Verdict): string | null {
  return limit === null || total === null ? null : `${percent(total, limit)}% of the limit`;
}

const costs: Readonly<Record<BudgetUse["cost"], string>> = {
  total: "",
  startup: "",
  line: "",
  limit: "",
  self: " itself",
  perCall: " in one call",
};

/** `matchRules: 1,899,363 of 1,500,000, 26.6% over (budgets.functions.matchRules)`. */
function overText(use: BudgetUse): string {
  return `${useText(use)} (${use.cost === "limit" ? "the platform's limit" : use.path})`;
}

/** `matchRules: 1,899,363 of 1,500,000, 26.6% over`; within it without the share. */
export function useText({ name, cost, used, atMost }: BudgetUse): string {
  const over = atMost === 0 || used <= atMost ? "" : `, ${percent(used - atMost, atMost)}% over`;
  const what = cost === "limit" ? name.replace("Bytes", " bytes") : `${name}${costs[cost]}`;
  return `${what}: ${grouped(used)} of ${grouped(atMost)}${over}`;
}

/** The functions of a diff that did it: the largest changes in the direction of the total, without what is lost beside them. */
export function culprits({ diff }: Verdict, most: number): readonly FunctionChange[] {
  if (!diff || diff.toolchain.length > 0) return [];
  return inDirection(diff, diff.functions, most);
}

/** The lines of a function that did it. */
export function culpritLines(change: FunctionChange, most: number): readonly LineChange[] {
  return inDirection(change, change.lines, most);
}

/** Parts that change in the direction of the whole, by at least a hundredth of it; of a whole that stays the same all that change. */
function inDirection<T extends Change>(whole: Change, parts: readonly T[], most: number): readonly T[] {
  const direction = Math.sign(delta(whole));
  const least = Math.max(1, Math.abs(delta(whole)) / 100);
  const size = (part: T) => (direction === 0 ? Math.abs(delta(part)) : direction * delta(part));
  return parts
    .filter((part) => size(part) >= least)
    .sort((a, b) => size(b) - size(a))
    .slice(0, most);
}

/** `matchRules`, `matchRules (was oldName)`, `matchRules (new)`. */
export function fateText({ name, fate, was }: FunctionChange): string {
  if (fate === "renamed") return `${name} (was ${was!.name})`;
  if (fate === "moved") return `${name} (was in ${was!.file})`;
  return fate === "new" || fate === "removed" ? `${name} (${fate})` : name;
}

/** `src/rules.ts:41`, `src/rules.ts` where the line is not known; "" where the file is not. */
export function placeText(file: string | null, line: number | null): string {
  if (file === null) return "";
  return line === null ? file : `${file}:${line}`;
}

const phaseWords: Readonly<Record<OuterPhase, string>> = {
  startup: "before the program's first function",
  jobs: "the job queue's own work",
  exit: "after the last function",
};

/** Where a function is; of a phase, which is nowhere in a source, what it is. */
export function whereText({
  name,
  file,
  line,
}: {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
}): string {
  const phase = file === null ? phaseOf({ kind: "phase", name }) : null;
  return phase === null ? placeText(file, line) : phaseWords[phase];
}

/** Where to look: the line that did it, else the function, else what is over budget or dearest; null where nothing says. */
export function placeOf(verdict: Verdict): Place | null {
  const lines = culprits(verdict, 1).flatMap((change) => [...culpritLines(change, 1), change]);
  for (const { file, line } of [...lines, ...verdict.over, ...verdict.dearest])
    if (file !== null && line !== null) return { file, line };
  return null;
}

/** Why a scenario is not ok, a line each; the first says what matters most. */
export function reasons(verdict: Verdict): string[] {
  const { status, failure, over, diff, tolerance } = verdict;
  const lines: string[] = [];
  if (failure !== null) lines.push(`the guest failed: ${failure}`);
  lines.push(...over.map(overText));
  if (status === "not-comparable")
    lines.push(`the snapshot is of another toolchain (${diff!.toolchain.join(", ")}): record it anew`);
  if (status === "regressed" && tolerance > 0) lines.push(`the tolerance is ${grouped(tolerance)}`);
  return lines;
}
