/**
 * The document of `diff --json`, schema 1: what changed, scenario by scenario. Types only; its JSON schema is generated from them.
 * Lines are 1-based, fuel is an integer below 2^53.
 */
import type { Diff } from "./diff.ts";

export interface DiffDocument {
  readonly schemaVersion: 1;
  readonly kind: "diff";
  readonly tool: { readonly name: "javy-prof"; readonly version: string };
  /** By name. */
  readonly scenarios: readonly ScenarioDiff[];
}

export interface ScenarioDiff {
  readonly scenario: string;
  /** Fuel; null on the side that has no such scenario. */
  readonly base: number | null;
  readonly head: number | null;
  /** Null where a side has no such scenario. */
  readonly diff: Diff | null;
}
