/**
 * How often lines were visited: as often as the opcode of a line that ran most often. A line has many opcodes, and what
 * it counts as hits is all of them. Not known where a large result keeps lines instead of opcodes.
 */
import type { Result } from "../../result/result.ts";

export function lineVisits(result: Result): (row: Result["lines"][number]) => number | undefined {
  if (result.warnings.some(({ code }) => code === "pcs-merged")) return () => undefined;
  const visits = new Map<string, number>();
  const key = (row: { readonly file: number | null; readonly line: number | null }) =>
    `${row.file} ${row.line}`;
  for (const pc of result.pcs) {
    if (pc.line !== null) visits.set(key(pc), Math.max(visits.get(key(pc)) ?? 0, pc.hits));
  }
  return (row) => visits.get(key(row));
}
