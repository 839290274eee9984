/** Diffs of all scenarios of two snapshots, or of what two trees of sources measured. */
import { compareText } from "../base/compare-text.ts";
import { diff } from "./diff.ts";
import type { ScenarioDiff } from "./diff-document.ts";
import type { Snapshot } from "./snapshot.ts";

/** By name. */
export function diffScenarios(base: Snapshot, head: Snapshot): ScenarioDiff[] {
  const names = [...new Set([...base.keys(), ...head.keys()])].sort(compareText);
  return names.map((scenario) => {
    const [old, now] = [base.get(scenario), head.get(scenario)];
    const totals = { base: old?.total ?? null, head: now?.total ?? null };
    return { scenario, ...totals, diff: old && now ? diff(old, now) : null };
  });
}
