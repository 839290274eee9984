/** The profile formats by name: the one table that `run --format` and `export` read. Their help reads the names alone. */
import { usageError } from "../../base/diagnostics.ts";
import type { Result } from "../../result/result.ts";
import { FORMAT_NAMES, type FormatName } from "../choices.ts";
import { writeCpuProfile } from "./cpuprofile.ts";
import { writeFolded } from "./folded.ts";
import { writePprof } from "./pprof.ts";
import { writeResultJson } from "./result-json.ts";
import { writeSpeedscope } from "./speedscope.ts";

export interface WriteOptions {
  /** Keep the ordered events in the result document; other formats take them as they need. */
  readonly events?: boolean;
}

export interface Format {
  readonly name: FormatName;
  /** With the leading dot: a profile's file is `<base><extension>`. */
  readonly extension: string;
  /** The file in chunks, made as they are taken. */
  readonly write: (result: Result, options?: WriteOptions) => Iterable<string | Uint8Array>;
  /** The file is compressed with gzip. */
  readonly gzipped?: boolean;
  /** What to tell the user about this file, where there is something. */
  readonly note: (result: Result) => string | null;
}

const nothing = (): null => null;

type Making = Omit<Format, "name">;

const makings: Readonly<Record<FormatName, Making>> = {
  speedscope: {
    extension: ".speedscope.json",
    write: (result) => writeSpeedscope(result),
    note: aggregated,
  },
  json: { extension: ".fuel.json", write: writeResultJson, note: nothing },
  pprof: { extension: ".pb.gz", write: (result) => writePprof(result), gzipped: true, note: nothing },
  cpuprofile: {
    extension: ".cpuprofile",
    write: (result) => writeCpuProfile(result),
    note: () => "in the .cpuprofile 1 fuel is 1 µs",
  },
  folded: { extension: ".folded", write: (result) => writeFolded(result), note: nothing },
};

export const FORMATS: readonly Format[] = FORMAT_NAMES.map((name) => ({ name, ...makings[name] }));

function aggregated(result: Result): string | null {
  if (result.events !== undefined) return null;
  const tooMany = result.warnings.some(({ code }) => code === "events-dropped");
  const why = result.runs
    ? "it is of several runs"
    : tooMany
      ? "the run has too many calls"
      : "the order of the calls is not in this result (record it with --events)";
  return `the first profile is the aggregated call tree, not the calls in order: ${why}`;
}

/** The whole text of a file, for those that are known to be small. */
export function wholeText(chunks: Iterable<string>): string {
  return [...chunks].join("");
}

/** The formats of a comma-separated list, each once, in the order given; throws a usage error that names those available. */
export function parseFormats(list: string): Format[] {
  const names = [...new Set(list.split(",").map((name) => name.trim()))];
  return names.map((name) => {
    const format = FORMATS.find((known) => known.name === name);
    if (format === undefined)
      throw usageError(`no format ${JSON.stringify(name)}`, `available: ${FORMAT_NAMES.join(", ")}`);
    return format;
  });
}
