/**
 * Damaged fixtures, whole modules and real commands: each runs or is refused with a reason. The short version of
 * scripts/mutate.js, which takes any number of them: `scripts/mutate.js --count 10000`.
 */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { inRoot } from "../support/javy-prof.ts";
import { seed } from "../support/seed.ts";

interface Report {
  readonly mutants: number;
  readonly outcomes: Readonly<Record<"ran" | "failed" | "refused" | "bug", number | undefined>>;
  readonly bugs: readonly unknown[];
}

test("three hundred mutants: no crash, no hang, no stack trace", { timeout: 300_000 }, () => {
  const args = [
    inRoot("scripts/mutate.js"),
    "--count",
    "300",
    "--seed",
    String(seed),
    "--jobs",
    "2",
    "--json",
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 290_000 });
  expect(stdout, stderr).not.toBe("");
  const report = JSON.parse(stdout) as Report;
  expect(report.bugs).toEqual([]);
  expect(report.mutants).toBe(300);
  // all three kinds of outcome are there: the mutants are neither harmless nor hopeless
  for (const outcome of ["ran", "failed", "refused"] as const)
    expect(report.outcomes[outcome] ?? 0, outcome).toBeGreaterThan(15);
});
