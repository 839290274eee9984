/**
 * Fuel by scenario for services that plot it over time: Bencher's metric format (bencher.dev, `--adapter json`), and the
 * custom format of github-action-benchmark (`tool: customSmallerIsBetter`). What did not run is in neither.
 */
import type { Verdict } from "../../ci/check-document.ts";
import { inertJson } from "../inert.ts";
import { rowsJson } from "../rows.ts";

/** By benchmark and measure. */
export function writeBencher(verdicts: readonly Verdict[]): string {
  const metrics = measuredOnes(verdicts).map(({ scenario, total, limit }) => {
    const bound = limit === null ? {} : { upper_value: limit };
    return [scenario, { fuel: { value: total, ...bound } }] as const;
  });
  return rowsJson(Object.fromEntries(metrics), new Set());
}

/** A list; the dearest functions stand in `extra`. */
export function writeBenchmark(verdicts: readonly Verdict[]): string {
  const rows = measuredOnes(verdicts).map(({ scenario, total, dearest }) => ({
    ...{ name: scenario, unit: "fuel", value: total },
    extra: dearest.map(({ name, self }) => `${name}: ${self}`).join("\n"),
  }));
  return `[${rows.map((row) => `\n  ${inertJson(JSON.stringify(row))}`).join(",")}\n]\n`;
}

function measuredOnes(verdicts: readonly Verdict[]) {
  return verdicts.flatMap((verdict) => {
    const { total, status } = verdict;
    return total === null || status === "failed" ? [] : [{ ...verdict, total }];
  });
}
