/** `javy-prof export <result> --format …`: a result document in the form that another tool reads. */
import { usageError } from "../base/diagnostics.ts";
import { parseFormats } from "../format/files/formats.ts";
import { inertText } from "../format/inert.ts";
import { contentOf } from "./format-content.ts";
import { baseOfResult, readResult } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { writeOutput, writeStdout } from "./output-file.ts";
import { refuseOverwriting } from "./overwriting.ts";

export interface ExportOptions {
  /** Comma-separated names of formats. */
  readonly format: string;
  /** A path, or `-` for stdout. */
  readonly out?: string;
}

/** Writes each format to its file, or the one to stdout. */
export async function exportResult(path: string, options: ExportOptions, io: CommandIo): Promise<void> {
  const formats = parseFormats(options.format);
  if (options.out !== undefined && formats.length > 1)
    throw usageError("--out takes one format", "leave it out to write <base>.<extension> for each");
  const base = baseOfResult(path);
  const files = formats.map((format) => ({ format, out: options.out ?? base + format.extension }));
  await refuseOverwriting(
    files.map(({ out }) => ({ what: "the export", file: out, flag: "--out" })),
    [{ what: "the result", file: path }],
    io.cwd,
  );
  const result = await readResult(path, io.cwd);
  for (const { format, out } of files) {
    // A result file holds its events because --events asked for them: they stay.
    await give(contentOf(format, result, { events: true }), out, io);
    const note = format.note(result);
    if (note !== null) io.stderr(`note: ${note}\n`);
  }
}

async function give(content: ReturnType<typeof contentOf>, out: string, io: CommandIo): Promise<void> {
  if (out === "-") return writeStdout(content, io);
  await writeOutput(out, content, io.cwd);
  io.stderr(`wrote ${inertText(out)}\n`);
}
