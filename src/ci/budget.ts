/**
 * Budgets as a flat list: what is measured, of which scenario, and the most that it may be. A budget that nothing
 * measured answers to is an error of the configuration, as a check that cannot fail is none.
 */
import { countOf } from "../base/numbers.ts";
import type { AmountConfig, BudgetsConfig } from "./config.ts";
import type { Measured, MeasuredFunction } from "./measured.ts";
import { millionthsOf, shareOf } from "./percent.ts";

/** Fuel, or parts of a million of the limit (80 % is 800000). */
export type Amount = { readonly fuel: number } | { readonly ofLimit: bigint };

export type Subject =
  | { readonly kind: "total" | "startup" }
  /** `pattern`: a name or file:name with `*` for any text. */
  | { readonly kind: "function"; readonly pattern: string; readonly cost: "total" | "self" | "perCall" }
  | { readonly kind: "line"; readonly file: string; readonly line: number };

export interface Budget {
  readonly subject: Subject;
  readonly atMost: Amount;
  /** Where it stands in the configuration: `budgets.functions.matchRules`. */
  readonly path: string;
}

/** What a budget found in one run. */
export interface BudgetUse {
  readonly path: string;
  /** What was measured, as it is called: `total`, `startup`, `matchRules`, `src/rules.ts:44`; of a limit its amount. */
  readonly name: string;
  readonly cost: "total" | "startup" | "self" | "perCall" | "line" | "limit";
  readonly file: string | null;
  readonly line: number | null;
  /** In fuel; bytes for some limits. */
  readonly used: number;
  readonly atMost: number;
}

/** The budgets of a part of the configuration; `path` is where it stands. */
export function budgetsOf(config: BudgetsConfig | undefined, path: string): Budget[] {
  if (!config) return [];
  const { total, startup, functions = {}, lines = {} } = config;
  const budgets: Budget[] = [];
  const add = (subject: Subject, given: AmountConfig | undefined, at: string) => {
    if (given !== undefined) budgets.push({ subject, atMost: amountOf(given), path: `${path}.${at}` });
  };
  add({ kind: "total" }, total, "total");
  add({ kind: "startup" }, startup, "startup");
  for (const [pattern, given] of Object.entries(functions)) {
    const costs = typeof given === "object" ? given : { total: given };
    for (const cost of ["total", "self", "perCall"] as const)
      add({ kind: "function", pattern, cost }, costs[cost], `functions.${pattern}`);
  }
  for (const [place, given] of Object.entries(lines)) {
    const [, file, line] = /^(.+):(\d+)$/.exec(place) ?? [];
    // a place that is none answers to nothing, and is said so
    add({ kind: "line", file: file ?? place, line: Number(line ?? 0) }, given, `lines.${place}`);
  }
  return budgets;
}

/** An amount that the configuration's schema has checked. */
export function amountOf(given: AmountConfig): Amount {
  if (typeof given === "number") return { fuel: given };
  const ofLimit = millionthsOf(given);
  return ofLimit === undefined ? { fuel: countOf(given)! } : { ofLimit };
}

/** The fuel of an amount; null where it is a share of a limit that there is not. */
export function fuelOf(amount: Amount, limit: number | null): number | null {
  if ("fuel" in amount) return amount.fuel;
  return limit === null ? null : shareOf(limit, amount.ofLimit);
}

/** What a budget finds in a run: nothing where its function or line did not run. `atMost` is in fuel. */
export function usesOf({ subject, path }: Budget, measured: Measured, atMost: number): BudgetUse[] {
  const whole = { path, file: null, line: null, atMost };
  switch (subject.kind) {
    case "total":
      return [{ ...whole, name: "total", cost: "total", used: measured.total }];
    case "startup":
      return [{ ...whole, name: "startup", cost: "startup", used: measured.startup }];
    case "function": {
      const means = meaningOf(subject.pattern);
      return measured.functions
        .filter((fn) => fn.kind !== "phase" && means(fn))
        .map((fn) => ({
          ...{ path, atMost, name: fn.name, cost: subject.cost, file: fn.file, line: fn.line },
          used: fn[subject.cost] ?? 0,
        }));
    }
    case "line": {
      const rows = measured.functions
        .flatMap(({ lines }) => lines)
        .filter(({ file, line }) => file === subject.file && line === subject.line);
      if (rows.length === 0) return [];
      const used = rows.reduce((sum, { self }) => sum + self, 0);
      const { file, line } = subject;
      return [{ path, name: `${file}:${line}`, cost: "line", file, line, used, atMost }];
    }
  }
}

/** Whether a pattern means a function: its name, or its file and name. */
function meaningOf(pattern: string): (fn: MeasuredFunction) => boolean {
  const source = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const whole = new RegExp(`^${source.join(".*")}$`, "s");
  return ({ name, file }) => whole.test(name) || (file !== null && whole.test(`${file}:${name}`));
}
