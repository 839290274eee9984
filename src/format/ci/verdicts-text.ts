/** The verdicts of a check for a terminal: a line a scenario, below it why, and the functions and lines that did it. */
import { grouped, plural } from "../../base/numbers.ts";
import type { Dearest, Status, Verdict } from "../../ci/check-document.ts";
import { delta, type FunctionChange } from "../../ci/diff.ts";
import { pad } from "../cells.ts";
import { inertText } from "../inert.ts";
import { type Paint, paintWith } from "../paint.ts";
import { changeText, share, signed } from "./change-words.ts";
import {
  costText,
  culpritLines,
  culprits,
  fateText,
  limitText,
  reasons,
  whereText,
} from "./verdict-words.ts";

export interface VerdictsTextOptions {
  readonly colour: boolean;
  /** The text of a line of a source, where it is at hand. */
  readonly sourceLine?: (file: string, line: number) => string | undefined;
}

const mostFunctions = 3;
const mostLines = 3;

/** Ends with a line that counts the statuses. */
export function renderVerdicts(
  verdicts: readonly Verdict[],
  { colour, sourceLine = () => undefined }: VerdictsTextOptions,
): string {
  const paint = paintWith(colour);
  const widths = {
    name: Math.max(...verdicts.map(({ scenario }) => inertText(scenario).length)),
    status: Math.max(...verdicts.map(({ status }) => status.length)),
  };
  const lines = verdicts.flatMap((verdict) => {
    const name = paint.bold(pad(inertText(verdict.scenario), widths.name, "left"));
    const status = paintStatus(verdict.status, paint)(pad(verdict.status, widths.status, "left"));
    const limit = limitText(verdict);
    const head = `${name}  ${status}  ${costText(verdict)}${limit === null ? "" : paint.dim(`  ${limit}`)}`;
    return [head, ...detailsOf(verdict, paint, sourceLine)];
  });
  return [...lines, "", countText(verdicts), ""].join("\n");
}

/** `3 scenarios: 1 regressed, 2 ok`. */
export function countText(verdicts: readonly Verdict[]): string {
  const counts = new Map<Status, number>();
  for (const { status } of verdicts) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${grouped(count)} ${status}`).sort();
  return `${plural(verdicts.length, "scenario")}: ${parts.join(", ")}`;
}

/** The lines below a scenario's own, without colour. */
export function detailText(verdict: Verdict): string[] {
  return detailsOf(verdict, paintWith(false), () => undefined);
}

function paintStatus(status: Status, paint: Paint): (text: string) => string {
  if (status === "ok") return paint.dim;
  if (status === "improved") return paint.cyan;
  return status === "new" || status === "removed" ? paint.yellow : paint.red;
}

function detailsOf(
  verdict: Verdict,
  paint: Paint,
  sourceLine: NonNullable<VerdictsTextOptions["sourceLine"]>,
): string[] {
  const lines = reasons(verdict).map((reason) => `    ${inertText(reason)}`);
  const changes = culprits(verdict, mostFunctions);
  if (verdict.status === "over-budget" && changes.length === 0)
    lines.push(...verdict.dearest.slice(0, mostFunctions).map((one) => dearestLine(one, paint)));
  else if (verdict.status !== "ok" && verdict.status !== "new")
    for (const change of changes) lines.push(...changeLines(change, paint, sourceLine));
  return lines;
}

/** `    matchRules  src/rules.ts:41  1,204,991 in 100 calls`; what is not called, a phase, without calls. */
export function dearestLine(one: Dearest, paint: Paint): string {
  const { self, calls } = one;
  const count = calls === 0 ? "" : ` in ${plural(calls, "call")}`;
  return `    ${placed(one.name, whereText(one), paint)}  ${grouped(self)}${count}`;
}

/** A name, and behind it where that is, if that is known. */
function placed(name: string, where: string, paint: Paint): string {
  return where === "" ? inertText(name) : `${inertText(name)}  ${paint.dim(inertText(where))}`;
}

/** A function's change, and below it those of its lines that did it. */
export function changeLines(
  change: FunctionChange,
  paint: Paint,
  sourceLine: NonNullable<VerdictsTextOptions["sourceLine"]>,
): string[] {
  const { base, head, baseCalls, headCalls } = change;
  const calls = change.kind === "phase" ? "" : `, ${callsText(baseCalls, headCalls)}`;
  const name = placed(fateText(change), whereText(change), paint);
  const lines = culpritLines(change, mostLines)
    // of what is gone from a snapshot nobody knows where it was
    .filter(({ line }) => line !== null)
    .map((one) => {
      const text = one.file === null ? undefined : sourceLine(one.file, one.line!);
      const code = text === undefined ? "" : paint.dim(`  ${text.trim()}`);
      return `      line ${one.line}  ${signed(delta(one))} (${share(one)})${code}`;
    });
  return [
    `    ${name}  ${grouped(base)} → ${grouped(head)}  ${changeText({ base, head })}${calls}`,
    ...lines,
  ];
}

function callsText(base: number, head: number): string {
  return base === head ? plural(head, "call") : `${grouped(base)} → ${plural(head, "call")}`;
}
