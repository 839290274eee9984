/**
 * Coverage in lcov's tracefile format (geninfo(1)), from a report with rows of JavaScript: per file its functions (FN, FNDA)
 * from rows of js:func:entry, and its lines (DA) from rows of js:line:start. Several rows of one line add up.
 */
import { usageError } from "../../base/diagnostics.ts";
import type { Report, ReportRow } from "../../monitor/report.ts";
import { inertText } from "../inert.ts";

interface Covered {
  readonly lines: Map<number, bigint>;
  /** By line and name. */
  readonly functions: Map<string, { readonly line: number; readonly name: string; hits: bigint }>;
}

/** @throws Diagnostic (usage) where the report covers no line. */
export function writeLcov({ rows }: Report): string {
  const files = new Map<string, Covered>();
  for (const row of rows) {
    const source = row.place?.source;
    if (!source || source.line === 0 || source.file === "" || !isCount(row)) continue;
    const covered = files.get(source.file) ?? { lines: new Map(), functions: new Map() };
    files.set(source.file, covered);
    const hits = BigInt(row.value as number | bigint);
    if (row.place.event === "js:line:start")
      covered.lines.set(source.line, (covered.lines.get(source.line) ?? 0n) + hits);
    if (row.place.event === "js:func:entry") {
      const name = inertText(row.place.functionName).replaceAll(/[,\s]+/g, " ");
      const known = covered.functions.get(`${source.line} ${name}`);
      if (known) known.hits += hits;
      else covered.functions.set(`${source.line} ${name}`, { line: source.line, name, hits });
    }
  }
  if (![...files.values()].some(({ lines }) => lines.size > 0))
    throw usageError(
      "the report covers no line of JavaScript",
      "--format lcov needs a count in a rule js:line:start, as the monitor js-coverage has it",
    );
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([file, covered]) => record(file, covered)).join("");
}

function isCount({ value }: ReportRow): boolean {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

function record(file: string, { lines, functions }: Covered): string {
  const all = [...functions.values()].sort((a, b) => a.line - b.line || (a.name < b.name ? -1 : 1));
  const counted = [...lines].sort(([a], [b]) => a - b);
  const reached = (hits: readonly bigint[]) => hits.filter((n) => n > 0n).length;
  return [
    "TN:",
    `SF:${inertText(file)}`,
    ...all.map(({ line, name }) => `FN:${line},${name}`),
    ...all.map(({ name, hits }) => `FNDA:${hits},${name}`),
    `FNF:${all.length}`,
    `FNH:${reached(all.map(({ hits }) => hits))}`,
    ...counted.map(([line, hits]) => `DA:${line},${hits}`),
    `LF:${counted.length}`,
    `LH:${reached(counted.map(([, hits]) => hits))}`,
    "end_of_record",
  ]
    .map((line) => `${line}\n`)
    .join("");
}
