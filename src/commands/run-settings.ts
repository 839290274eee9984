/** What the flags of `run` mean for the library and for the output. */
import { usageError } from "../base/diagnostics.ts";
import { BREAKDOWNS, SORTS, type Sort, STDIN_KINDS } from "../format/choices.ts";
import { type Format, parseFormats } from "../format/files/formats.ts";
import type { Table } from "../format/summary/columns.ts";
import type { Frames, ProfileOptions } from "../index.ts";
import { parseChoice, parseChoices, parseCount, parseFuel, parseSeconds } from "./flags.ts";
import { chosenModel, parseLimits } from "./fuel-flags.ts";
import type { CommandIo } from "./io.ts";
import { type RunFlags, usualRows } from "./run-flags.ts";

/** What the flags ask for. */
export interface RunSettings {
  readonly formats: readonly Format[];
  readonly tables: readonly Table[];
  readonly sort: Sort;
  readonly min: number;
  /** For the library; what the guest reads and where its output goes, the command adds. */
  readonly profile: ProfileOptions & { readonly frames: Frames };
}

export const FRAMES = ["builtin", "js", "work", "engine", "wasm"] as const satisfies readonly Frames[];

/** @throws Diagnostic (usage) where a flag's value cannot be, or two do not go together. */
export async function parseRunFlags(flags: RunFlags, io: CommandIo): Promise<RunSettings> {
  const formats = parseFormats(flags.format);
  if (flags.out !== undefined && formats.length > 1)
    throw usageError("--out takes one format", "leave it out to write <base>.<extension> for each");
  if (flags.out !== undefined && flags.outDir !== undefined)
    throw usageError("--out and --out-dir both say where the profile goes", "give one of them");
  if (flags.source !== undefined && flags.frames === "wasm")
    throw usageError("--source gives lines to JavaScript, --frames wasm shows none");
  if (flags.out === "-" && flags.json) throw usageError("--out - and --json both want stdout");
  const frames = parseChoice(flags.frames, "--frames", FRAMES);
  const tables = tablesOf(flags, frames);
  return {
    formats,
    tables,
    sort: parseChoice(flags.sort, "--sort", SORTS),
    min: parseFuel(flags.min, "--min"),
    profile: {
      ...(await chosenModel(flags, io.cwd)),
      limits: await parseLimits(limitsNamed(flags), io.cwd),
      stdin: parseChoice(flags.stdin, "--stdin", STDIN_KINDS),
      // what builtins cost takes frames for them
      frames: (frames === "js" || frames === "builtin") && asks(tables, "builtin") ? "work" : frames,
      seed: parseCount(flags.seed, "--seed"),
      realClock: flags.realClock ?? false,
      events: flags.events === "all" ? "all" : "usual",
      output: flags.json ? "capture" : flags.out === "-" ? "stderr" : "inherit",
      ...(flags.maxFuel === undefined ? {} : { maxFuel: parseFuel(flags.maxFuel, "--max-fuel") }),
      ...(flags.timeout === undefined ? {} : { timeoutMs: parseSeconds(flags.timeout, "--timeout") }),
      ...(flags.export === undefined ? {} : { export: flags.export }),
    },
  };
}

/** What a log of Shopify's repeats is judged as there. */
const limitsNamed = ({ limits, replay }: RunFlags) => limits ?? (replay ? "shopify" : undefined);

function asks(tables: readonly Table[], wanted: Table["by"]): boolean {
  return tables.some(({ by }) => by === wanted);
}

/** The tables that were asked for; otherwise what answers most questions: functions, and the dearest lines. */
function tablesOf({ by, top }: RunFlags, frames: Frames): readonly Table[] {
  const rows = (usual: number) => (top === undefined ? usual : parseCount(top, "--top"));
  if (by === undefined)
    return [
      { by: "function", top: rows(usualRows.function) },
      // where the functions of the engine are to be looked at
      ...(frames === "engine" || frames === "work"
        ? ([{ by: "builtin", top: rows(usualRows.asked) }] as const)
        : []),
      { by: "line", top: usualRows.line, brief: true },
    ];
  return parseChoices(by, "--by", BREAKDOWNS).map((one) => ({ by: one, top: rows(usualRows.asked) }));
}
