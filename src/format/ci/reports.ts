/** The forms of a check by name: the one table that `check --format` and `report --format` read. */
import type { Verdict } from "../../ci/check-document.ts";
import type { CheckFormat } from "../choices.ts";
import { writeBencher, writeBenchmark } from "./benchmarks.ts";
import { writeCheckJson } from "./check-json.ts";
import { renderAnnotations } from "./github.ts";
import { writeJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderVerdicts } from "./verdicts-text.ts";

export interface ReportOptions {
  /** With `check --exact`, new and removed scenarios fail. */
  readonly exact: boolean;
  /** Before the paths of sources: the folder that they are relative to, from the repository's root. */
  readonly prefix: string;
  readonly colour: boolean;
  /** The text of a line of a source, where it is at hand. */
  readonly sourceLine?: (file: string, line: number) => string | undefined;
}

type Writer = (verdicts: readonly Verdict[], options: ReportOptions) => string;

const writers: Readonly<Record<CheckFormat, Writer>> = {
  table: renderVerdicts,
  markdown: renderMarkdown,
  json: writeCheckJson,
  junit: writeJunit,
  github: renderAnnotations,
  bencher: writeBencher,
  benchmark: writeBenchmark,
};

export function writeReport(
  format: CheckFormat,
  verdicts: readonly Verdict[],
  options: ReportOptions,
): string {
  return writers[format](verdicts, options);
}
