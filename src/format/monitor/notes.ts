/** Why a report may not show what its script's author expected: rules without code, and scripts that report nothing. */
import { grouped } from "../../base/numbers.ts";
import type { Report } from "../../monitor/report.ts";
import type { IdleRule } from "../../monitor/targets/rewriting.ts";
import { inertText } from "../inert.ts";

export function monitorNotes({
  report,
  idle,
}: {
  readonly report: Report;
  readonly idle: readonly IdleRule[];
}): string[] {
  const notes = idle.map(({ event, places }) => inertText(places === 0 ? noPlace(event) : no(event, places)));
  const isEmpty = report.rows.length === 0 && report.output === "";
  return isEmpty && notes.length === 0 ? [nothing] : notes;
}

export function noPlace(event: string): string {
  return `the program has no place for ${event}`;
}

function no(event: string, places: number): string {
  const where = places === 1 ? "its one place" : `all of its ${grouped(places)} places`;
  return `the predicate of ${event} is false at ${where}`;
}

const nothing = "the script reported nothing: a variable is shown where it is declared with report var";
