/** What is said of a verdict in every format: its headline, why it is not ok, and the place to look at. Not inert. */
import { grouped, percent } from "../../base/numbers.ts";
import type { BudgetUse } from "../../ci/budget.ts";
import type { Verdict } from "../../ci/check-document.ts";
import { delta, type FunctionChange, type LineChange } from "../../ci/diff.ts";
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
  self: " itself",
  perCall: " in one call",
};

/** `matchRules: 1,899,363 of 1,500,000 (+26.6%)`. */
export function overText({ name, cost, fuel, atMost, path }: BudgetUse): string {
  const over = atMost === 0 ? "" : `, ${percent(fuel - atMost, atMost)}% over`;
  const what = path === "limits" ? "the platform's limit" : path;
  return `${name}${costs[cost]}: ${grouped(fuel)} of ${grouped(atMost)}${over} (${what})`;
}

/** The functions of a diff that are worth naming: the largest changes in the direction of the total first. */
export function culprits({ diff }: Verdict, most: number): readonly FunctionChange[] {
  if (!diff || diff.toolchain.length > 0) return [];
  const direction = Math.sign(delta(diff)) || 1;
  const changed = diff.functions.filter((change) => delta(change) !== 0);
  const sorted = [...changed].sort((a, b) => direction * (delta(b) - delta(a)));
  return sorted.slice(0, most);
}

/** The line of a function that changed most in the direction that the function did. */
export function culpritLines(change: FunctionChange, most: number): readonly LineChange[] {
  const direction = Math.sign(delta(change)) || 1;
  return change.lines.filter((line) => direction * delta(line) > 0).slice(0, most);
}

/** `matchRules`, `matchRules (was oldName)`, `matchRules (new)`. */
export function fateText({ name, fate, was }: FunctionChange): string {
  if (fate === "renamed") return `${name} (was ${was!.name})`;
  if (fate === "moved") return `${name} (was in ${was!.file})`;
  return fate === "new" || fate === "removed" ? `${name} (${fate})` : name;
}

/** Where to look: the line that did it, else the function, else what is over budget; null where nothing says. */
export function placeOf(verdict: Verdict): Place | null {
  const [use] = verdict.over;
  if (use && use.file !== null && use.line !== null) return { file: use.file, line: use.line };
  for (const change of culprits(verdict, 1)) {
    const [line] = culpritLines(change, 1);
    const { file, line: at } = line?.line == null ? change : line;
    if (file !== null && at !== null) return { file, line: at };
  }
  const dearest = verdict.dearest.find(({ file, line }) => file !== null && line !== null);
  return dearest ? { file: dearest.file!, line: dearest.line! } : null;
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
