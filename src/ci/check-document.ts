/**
 * The document of a check, schema 1: what `check --json` prints and `report` reads, merges and writes in other formats. Its
 * JSON schema is generated from these types. Lines are 1-based, fuel is an integer below 2^53.
 */
import type { BudgetUse } from "./budget.ts";
import type { Diff } from "./diff.ts";

export interface CheckDocument {
  readonly schemaVersion: 1;
  readonly kind: "check";
  readonly tool: { readonly name: "javy-prof"; readonly version: string };
  /** Any figure that differs from the snapshot's is a failure, and so is what is new or removed. */
  readonly exact: boolean;
  /** By name. */
  readonly scenarios: readonly Verdict[];
}

/**
 * `new`: there is nothing to compare it with. `removed`: the snapshot has it, and no scenario. `failed`: the guest did not
 * end well.
 */
export const statuses = [
  "ok",
  "over-budget",
  "regressed",
  "improved",
  "new",
  "removed",
  "not-comparable",
  "failed",
] as const;
export type Status = (typeof statuses)[number];

export interface Verdict {
  readonly scenario: string;
  readonly status: Status;
  /** Fuel of the snapshot; null where it has none. */
  readonly base: number | null;
  /** Fuel of the run; null where there is none. */
  readonly total: number | null;
  /** The fuel that the platform allows; null where no limit is known. */
  readonly limit: number | null;
  /** Fuel that might have come on top of `base`. */
  readonly tolerance: number;
  /** What is over budget. */
  readonly over: readonly BudgetUse[];
  /** How many budgets were kept. */
  readonly kept: number;
  /** What changed against the snapshot; null where there is nothing to compare. */
  readonly diff: Diff | null;
  /** The dearest functions by their own fuel. */
  readonly dearest: readonly Dearest[];
  /** Why a guest failed; null where it did not. */
  readonly failure: string | null;
}

export interface Dearest {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly calls: number;
  readonly self: number;
}
