/**
 * `javy-prof report <file…>`: checks and results as one report, in the format that a CI's pages or another service read. Parts
 * of a fan-out (`check --shard`) come together here.
 */
import { resolve } from "node:path";
import { compareText } from "../base/compare-text.ts";
import { type Ending, usageError } from "../base/diagnostics.ts";
import { CHECK_FORMATS } from "../format/choices.ts";
import { failureOf } from "../format/warning-words.ts";
import {
  type CheckDocument,
  isFailing,
  check as judge,
  measure,
  noTolerance,
  parseCheck,
  parseResult,
  type Verdict,
} from "../index.ts";
import { parseChoice } from "./flags.ts";
import { baseOfResult, readText } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { refuseOverwriting } from "./overwriting.ts";
import { giveReport } from "./report-output.ts";

export interface ReportFlags {
  readonly format: string;
  readonly out?: string;
}

export async function report(paths: readonly string[], flags: ReportFlags, io: CommandIo): Promise<Ending> {
  const format = parseChoice(flags.format, "--format", CHECK_FORMATS);
  if (flags.out !== undefined)
    await refuseOverwriting(
      [{ what: "the report", file: flags.out, flag: "--out" }],
      paths.map((file) => ({ what: "what it is made of", file })),
      io.cwd,
    );
  let exact = false;
  const verdicts = new Map<string, { readonly verdict: Verdict; readonly from: string }>();
  for (const path of paths) {
    const part = parseReport(await readText(path, io.cwd, "the report"), path);
    exact ||= part.exact;
    for (const verdict of part.scenarios) {
      const known = verdicts.get(verdict.scenario);
      if (known)
        throw usageError(
          `${JSON.stringify(verdict.scenario)} is in ${known.from} and in ${path}`,
          "parts of one check have each scenario once",
        );
      verdicts.set(verdict.scenario, { verdict, from: path });
    }
  }
  const sorted = [...verdicts].sort(([a], [b]) => compareText(a, b)).map(([, { verdict }]) => verdict);
  await giveReport(sorted, { format, out: flags.out, exact, folder: resolve(io.cwd) }, io);
  if (sorted.some(({ status }) => status === "failed")) return "guest";
  return sorted.some(({ status }) => isFailing(status, exact)) ? "check" : "ok";
}

/** The verdicts of a check's document; a result is a scenario with nothing to compare it with. */
function parseReport(text: string, path: string): Pick<CheckDocument, "exact" | "scenarios"> {
  if (/^\s*\{\s*"schemaVersion"\s*:\s*\d+\s*,\s*"kind"/.test(text)) return parseCheck(text, path);
  const result = parseResult(text, path);
  const scenario = baseOfResult(path);
  const run = { scenario, budgets: [], measured: measure(result), failure: failureOf(result) };
  const options = { tolerance: noTolerance, exact: false, all: false, recording: true };
  return { exact: false, scenarios: judge([run], new Map(), options) };
}
