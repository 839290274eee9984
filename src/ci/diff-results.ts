/** What changed between two results of one program, as diffs: each run that costs something else now, then all of it with its functions. */
import type { Result } from "../result/result.ts";
import { diff } from "./diff.ts";
import type { ScenarioDiff } from "./diff-document.ts";
import { measure } from "./measured.ts";

export function diffResults(base: Result, head: Result): ScenarioDiff[] {
  const whole = {
    ...{ scenario: head.module.name, base: base.fuel.total, head: head.fuel.total },
    diff: diff(measure(base), measure(head)),
  };
  return [...runDiffs(base, head), whole];
}

/** Of several runs those that changed, in the order of their inputs; what has gone behind. */
function runDiffs({ runs: olds = [] }: Result, { runs: news = [] }: Result): ScenarioDiff[] {
  const totals = (runs: typeof olds) => new Map(runs.map(({ name, fuel }) => [name, fuel.total]));
  const [before, after] = [totals(olds), totals(news)];
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((scenario) => ({
      ...{ scenario, base: before.get(scenario) ?? null, head: after.get(scenario) ?? null },
      diff: null,
    }))
    .filter(({ base, head }) => base !== head);
}
