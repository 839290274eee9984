/** Where a check's report goes: stdout or a file; and for GitHub the step's summary and outputs, too. */
import { appendFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { CheckFormat } from "../format/choices.ts";
import { stepOutputs } from "../format/ci/github.ts";
import { renderMarkdown } from "../format/ci/markdown.ts";
import { type ReportOptions, writeReport } from "../format/ci/reports.ts";
import { inertText } from "../format/inert.ts";
import type { Verdict } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { writeOutput } from "./output-file.ts";
import { sourceReader } from "./source-reader.ts";
import { cannotWrite } from "./unwritten.ts";

export interface ReportTarget {
  readonly format: CheckFormat;
  /** A path; undefined or `-` is stdout. */
  readonly out: string | undefined;
  readonly exact: boolean;
  /** Absolute: what the sources' paths are relative to. */
  readonly folder: string;
}

/** Writes the report; where it goes to a file, the table goes to stdout. @throws Diagnostic (usage). */
export async function giveReport(
  verdicts: readonly Verdict[],
  { format, out, exact, folder }: ReportTarget,
  io: CommandIo,
): Promise<void> {
  const options: ReportOptions = {
    ...{ exact, colour: io.colour && (out === undefined || out === "-"), prefix: prefixOf(folder, io) },
    sourceLine: sourceReader(folder),
  };
  const text = writeReport(format, verdicts, options);
  if (format === "github") await tellGitHub(verdicts, exact, io);
  if (out === undefined || out === "-") {
    // what GitHub makes of the log is for its pages; people read the log
    if (format === "github") await io.stdout(writeReport("table", verdicts, options));
    return io.stdout(text);
  }
  await writeOutput(out, text, io.cwd);
  await io.stdout(writeReport("table", verdicts, { ...options, colour: io.colour }));
  io.stderr(`wrote ${inertText(out)}\n`);
}

/** The folder of the sources from the repository's root, where GitHub says which that is. */
function prefixOf(folder: string, { env }: CommandIo): string {
  const { GITHUB_WORKSPACE: root } = env;
  if (!root) return "";
  const path = relative(resolve(root), folder).split("\\").join("/");
  return path === "" || path.startsWith("..") ? "" : `${path}/`;
}

/** Appends to the files that the runner names. */
async function tellGitHub(verdicts: readonly Verdict[], exact: boolean, { env }: CommandIo): Promise<void> {
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: outputs } = env;
  const append = async (what: string, path: string | undefined, text: string) => {
    if (!path) return;
    await appendFile(path, text).catch((error: unknown) => {
      throw cannotWrite(what, error);
    });
  };
  await append("the step's summary", summary, renderMarkdown(verdicts, { exact }));
  await append("the step's outputs", outputs, stepOutputs(verdicts, exact));
}
