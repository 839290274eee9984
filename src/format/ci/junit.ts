/**
 * A check as JUnit XML: a test case a scenario, a failure where it does not pass, an error where the guest failed. There are no
 * times in it: they would differ from run to run. test/format/ci/ holds it against Jenkins' schema.
 */
import type { Verdict } from "../../ci/check-document.ts";
import { isFailing } from "../../ci/judge.ts";
import { inertXml } from "../inert.ts";
import { costText, reasons } from "./verdict-words.ts";
import { detailText } from "./verdicts-text.ts";

export function writeJunit(verdicts: readonly Verdict[], { exact }: { readonly exact: boolean }): string {
  const errors = verdicts.filter(({ status }) => status === "failed").length;
  const failures = verdicts.filter(({ status }) => isFailing(status, exact)).length - errors;
  const skipped = verdicts.filter(({ status }) => status === "removed" && !exact).length;
  const counts = `tests="${verdicts.length}" failures="${failures}" errors="${errors}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="javy-prof" ${counts}>`,
    `  <testsuite name="fuel" ${counts} skipped="${skipped}">`,
    ...verdicts.flatMap((verdict) => testCase(verdict, exact)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(verdict: Verdict, exact: boolean): string[] {
  const { scenario, status } = verdict;
  const open = `    <testcase name="${xml(scenario)}" classname="fuel" status="${status}">`;
  const cost = `      <system-out>${xml(costText(verdict))}</system-out>`;
  const [kind, isBad] = [status === "failed" ? "error" : "failure", isFailing(status, exact)];
  if (isBad) {
    const [reason] = reasons(verdict);
    const message = xml(reason === undefined ? costText(verdict) : `${costText(verdict)}: ${reason}`);
    const details = xml(detailText(verdict).join("\n"));
    return [
      open,
      `      <${kind} type="${status}" message="${message}">${details}</${kind}>`,
      cost,
      "    </testcase>",
    ];
  }
  const skipped = status === "removed" ? ["      <skipped>no scenario has this name any more</skipped>"] : [];
  return [open, ...skipped, cost, "    </testcase>"];
}

/** Line breaks between lines of ours stay. */
function xml(text: string): string {
  return text.split("\n").map(inertXml).join("\n");
}
