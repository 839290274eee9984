/** `javy-prof diff`: what changed between two results, two snapshots, or the programs of a git ref and of the working tree. */
import { usageError } from "../base/diagnostics.ts";
import { DIFF_BREAKDOWNS, DIFF_FORMATS } from "../format/choices.ts";
import { type ResultPair, writeDiffSpeedscope } from "../format/ci/diff-speedscope.ts";
import { writeDiffs } from "../format/ci/diffs.ts";
import { inertText } from "../format/inert.ts";
import { diffScenarios, measure, parseResult, parseSnapshot, type Result, type Snapshot } from "../index.ts";
import { type Compared, diffWithRef } from "./base-ref.ts";
import { parseChoice, parseChoices, parseCount } from "./flags.ts";
import { baseOfResult, readText } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { writeOutput } from "./output-file.ts";
import { refuseOverwriting } from "./overwriting.ts";

export interface DiffFlags {
  readonly baseRef?: string;
  readonly format: string;
  readonly by?: readonly string[];
  readonly top: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly config?: string;
  /** False with --no-build. */
  readonly build?: boolean;
}

export async function diffCommand(
  base: string | undefined,
  heads: readonly string[],
  flags: DiffFlags,
  io: CommandIo,
): Promise<void> {
  const format = flags.json ? "json" : parseChoice(flags.format, "--format", DIFF_FORMATS);
  const options = {
    by: flags.by === undefined ? DIFF_BREAKDOWNS : parseChoices(flags.by, "--by", DIFF_BREAKDOWNS),
    top: parseCount(flags.top, "--top"),
    width: io.width,
    cuts: io.isTerminal,
    colour: io.colour,
  };
  const named = [base, ...heads].filter((one) => one !== undefined);
  const { diffs, pairs } =
    flags.baseRef === undefined
      ? await diffFiles(named, io)
      : await diffWithRef(flags.baseRef, named, flags, io);
  const out =
    flags.out ?? (flags.json || flags.baseRef !== undefined ? undefined : defaultOut(heads[0], pairs));
  if (out !== undefined) await refuseOutput(out, flags.baseRef === undefined ? named : [], pairs, io);
  await io.stdout(writeDiffs(format, diffs, options));
  if (out === undefined) return;
  await writeOutput(out, writeDiffSpeedscope(pairs), io.cwd);
  io.stderr(`wrote ${inertText(out)}\n`);
}

async function diffFiles(paths: readonly string[], io: CommandIo): Promise<Compared> {
  const [base, head, more] = paths;
  if (base === undefined || head === undefined || more !== undefined)
    throw usageError(
      `diff takes two files, not ${paths.length}`,
      "javy-prof diff base.fuel.json head.fuel.json, or javy-prof diff --base-ref main",
    );
  const sides = [await readSide(base, io), await readSide(head, io)] as const;
  const [old, now] = sides;
  if (old.kind === "result" && now.kind === "result") {
    const scenario = now.result.module.name;
    const measured = (result: Result): Snapshot => new Map([[scenario, measure(result)]]);
    const pairs = [{ scenario, base: old.result, head: now.result }];
    return { diffs: diffScenarios(measured(old.result), measured(now.result)), pairs };
  }
  if (old.kind === "snapshot" && now.kind === "snapshot")
    return { diffs: diffScenarios(old.snapshot, now.snapshot), pairs: [] };
  throw usageError(`${base} is a ${old.kind} and ${head} is a ${now.kind}`, "compare two of a kind");
}

type Side =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot };

async function readSide(path: string, io: CommandIo): Promise<Side> {
  const text = await readText(path, io.cwd, "what is to be compared");
  if (/^\s*\{/.test(text)) return { kind: "result", result: parseResult(text, path) };
  return { kind: "snapshot", snapshot: parseSnapshot(text, path) };
}

function defaultOut(head: string | undefined, pairs: readonly ResultPair[]): string | undefined {
  if (head === undefined || pairs.length === 0) return undefined;
  return `${baseOfResult(head)}.diff.speedscope.json`;
}

async function refuseOutput(
  out: string,
  inputs: readonly string[],
  pairs: readonly ResultPair[],
  io: CommandIo,
): Promise<void> {
  if (pairs.length === 0)
    throw usageError(
      "--out writes call trees, and snapshots have none",
      "compare results, or use --base-ref",
    );
  const read = inputs.map((file) => ({ what: "a result", file }));
  await refuseOverwriting([{ what: "the profile", file: out, flag: "--out" }], read, io.cwd);
}
