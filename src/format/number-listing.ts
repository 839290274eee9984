/**
 * A disassembly made ready to be shown: functions numbered, tied to what a result counted of them, cut to those that
 * were asked for, with the lines of their source.
 */
import { usageError } from "../base/diagnostics.ts";
import type { Disassembly } from "../program/disassembly.ts";
import { type Match, matchFunctions } from "../result/match-functions.ts";
import type { Result } from "../result/result.ts";
import { withoutPlace } from "./labels.ts";
import type { ListedProgram, Listing, NumberedFunction } from "./listing.ts";
import { SourceLines } from "./source-lines.ts";

export interface ListingOptions {
  /** A result of the same module, and the file that it was read from. */
  readonly result: { readonly file: string; readonly content: Result } | null;
  /** Functions to show, by number or by name as shown; undefined: all. */
  readonly functions: readonly string[] | undefined;
}

/** The listing. @throws Diagnostic (usage) where a function that is asked for does not exist. */
export function numberListing(disassembly: Disassembly, { result, functions }: ListingOptions): Listing {
  const { module, quickjs, programs, source, sourceOf } = disassembly;
  const all = programs.flatMap((program) => program.functions);
  const match = result && matchFunctions(all, result.content);
  const numbered = number(programs, match?.measured ?? null, linesOf(sourceOf));
  const wanted = select(numbered, functions);
  const listed: ListedProgram[] = numbered.map(({ origin, functions: own }) => ({
    origin,
    functions: own.filter((fn) => wanted(fn)),
  }));
  return {
    module,
    quickjs,
    source: source?.from ?? null,
    programs: listed.filter((program) => program.functions.length > 0),
    result: result && match && resultFacts(result, match, listed),
  };
}

/** Where the bytecode speaks of lines that its source does not have; null where all is well. */
export function otherSource(disassembly: Disassembly, listing: Listing): string | null {
  const { source, sourceOf } = disassembly;
  if (source?.file == null) return null;
  let last = 0;
  for (const { functions } of listing.programs)
    for (const { instructions } of functions)
      for (const { file, line } of instructions) if (file === source.file) last = Math.max(last, line ?? 0);
  const lines = new SourceLines(sourceOf(source.file) ?? source.text).lines.length;
  if (last <= lines) return null;
  return `the source has ${lines} lines, the bytecode goes to line ${last}: it is another source`;
}

/** The lines of each file that is asked for, split once. */
function linesOf(sourceOf: Disassembly["sourceOf"]): NumberedFunction["source"] {
  const known = new Map<string, SourceLines | null>();
  return (file) => {
    let lines = known.get(file);
    if (lines === undefined) {
      const text = sourceOf(file);
      known.set(file, (lines = text === undefined ? null : new SourceLines(text)));
    }
    return lines;
  };
}

/** Functions with their numbers, what was counted of them, and the source where it is theirs. */
function number(
  programs: Disassembly["programs"],
  measured: Match["measured"] | null,
  source: NumberedFunction["source"],
): ListedProgram[] {
  let next = 0;
  return programs.map(({ origin, functions }) => ({
    origin,
    functions: functions.map((fn): NumberedFunction => {
      const at = next++;
      return {
        ...fn,
        number: at,
        measured: measured?.[at] ?? null,
        source,
      };
    }),
  }));
}

/** The functions that are asked for. */
function select(
  programs: readonly ListedProgram[],
  wanted: readonly string[] | undefined,
): (fn: NumberedFunction) => boolean {
  if (wanted === undefined) return () => true;
  const all = programs.flatMap(({ functions }) => functions);
  const chosen = new Set<NumberedFunction>();
  for (const one of wanted) {
    const number = /^#?(\d+)$/.exec(one)?.[1];
    const found = all.filter((fn) =>
      number === undefined ? fn.name === one || withoutPlace(fn.name) === one : fn.number === Number(number),
    );
    if (found.length === 0)
      throw usageError(
        number === undefined ? `there is no function ${JSON.stringify(one)}` : `there is no function ${one}`,
        number === undefined
          ? `there are ${listOf(all.map(({ name }) => name))}`
          : `they are numbered from 0 to ${all.length - 1}`,
      );
    for (const fn of found) chosen.add(fn);
  }
  return (fn) => chosen.has(fn);
}

function listOf(names: readonly string[]): string {
  const different = [...new Set(names)];
  return `${different.slice(0, 20).join(", ")}${different.length > 20 ? ", …" : ""}`;
}

function resultFacts(
  { file, content }: NonNullable<ListingOptions["result"]>,
  { unmatched }: Match,
  listed: readonly ListedProgram[],
): NonNullable<Listing["result"]> {
  const shown = listed.flatMap(({ functions }) => functions);
  const fuel = shown.flatMap(({ measured }) => [...(measured?.pcs.values() ?? [])].map((pc) => pc.fuel));
  const fuelOf = new Map<number, number>();
  for (const pc of content.pcs) fuelOf.set(pc.function, (fuelOf.get(pc.function) ?? 0) + pc.fuel);
  return {
    file,
    total: content.fuel.total,
    js: content.phases.js,
    listed: fuel.reduce((sum, one) => sum + one, 0),
    unmatched: unmatched.map(({ id, name }) => ({ name, fuel: fuelOf.get(id) ?? 0 })),
  };
}
