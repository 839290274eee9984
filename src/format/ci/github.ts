/**
 * A check for GitHub Actions: annotations as workflow commands, and the step's outputs. A step shows ten annotations of a
 * kind, so the nine worst are written and one that counts the others.
 * Source: GitHub's documentation of workflow commands (escapes of data and properties).
 */
import { grouped } from "../../base/numbers.ts";
import type { Status, Verdict } from "../../ci/check-document.ts";
import { isFailing } from "../../ci/judge.ts";
import { inertText } from "../inert.ts";
import { costText, placeOf, reasons } from "./verdict-words.ts";
import { detailText } from "./verdicts-text.ts";

const mostAnnotations = 9;

/** Worst first. */
const severity: readonly Status[] = [
  ...(["failed", "over-budget", "regressed", "not-comparable", "removed", "new", "improved", "ok"] as const),
];

export interface AnnotationOptions {
  readonly exact: boolean;
  /** Before the paths of sources: from the repository's root. */
  readonly prefix: string;
}

/** Workflow commands, a line each; nothing where all passes without a word. */
export function renderAnnotations(
  verdicts: readonly Verdict[],
  { exact, prefix }: AnnotationOptions,
): string {
  const sorted = [...verdicts].sort((a, b) => rank(a) - rank(b) || increase(b) - increase(a));
  const errors = sorted.filter(({ status }) => isFailing(status, exact));
  const notices = sorted.filter(({ status }) => !isFailing(status, exact) && status !== "ok");
  return [...annotations("error", errors, prefix), ...annotations("notice", notices, prefix)]
    .map((line) => `${line}\n`)
    .join("");
}

function annotations(level: "error" | "notice", verdicts: readonly Verdict[], prefix: string): string[] {
  const lines = verdicts.slice(0, mostAnnotations).map((verdict) => annotation(level, verdict, prefix));
  const more = verdicts.length - mostAnnotations;
  if (more > 0)
    lines.push(`::${level} title=javy-prof::${grouped(more)} more, in the step's log and summary`);
  return lines;
}

function annotation(level: string, verdict: Verdict, prefix: string): string {
  const { scenario, status } = verdict;
  const place = placeOf(verdict);
  const where = place ? `file=${property(prefix + place.file)},line=${place.line},` : "";
  const text = [costText(verdict), ...reasons(verdict), ...detailText(verdict).map((line) => line.trim())];
  return `::${level} ${where}title=${property(`${scenario}: ${status}`)}::${data([...new Set(text)].join("\n"))}`;
}

const rank = ({ status }: Verdict): number => severity.indexOf(status);
const increase = ({ base, total }: Verdict): number => (total ?? 0) - (base ?? 0);

/** The step's outputs, for the file that GITHUB_OUTPUT names: words and numbers of ours, no name of a guest's. */
export function stepOutputs(verdicts: readonly Verdict[], exact: boolean): string {
  const failing = verdicts.filter(({ status }) => isFailing(status, exact));
  const worst = [...verdicts].sort((a, b) => rank(a) - rank(b))[0];
  const outputs = {
    passed: failing.length === 0,
    status: worst?.status ?? "ok",
    scenarios: verdicts.length,
    failing: failing.length,
    fuel: verdicts.reduce((sum, { total }) => sum + (total ?? 0), 0),
  };
  return Object.entries(outputs)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Line breaks of ours stay; a guest's are shown. */
function data(text: string): string {
  const inert = text.split("\n").map(inertText).join("\n");
  return inert.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(inertText(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
