/**
 * Ties the functions of a listing to those of a result of the same module: by name and place, and by the code
 * offsets that were counted, which must all be instructions of the function. Functions that name and place do not
 * tell apart are tied in order, where there are as many on either side; otherwise not at all. Pure.
 */
import type { ListedFunction } from "../quickjs/listing.ts";
import type { FunctionRow, PcRow, Result } from "./result.ts";

export interface Measured {
  readonly row: FunctionRow;
  /** By code offset. */
  readonly pcs: ReadonlyMap<number, PcRow>;
}

export interface Match {
  /** By the listing's order; null for a function that the result does not know. */
  readonly measured: readonly (Measured | null)[];
  /** JavaScript functions of the result that are none of the listing's: made at run time. */
  readonly unmatched: readonly FunctionRow[];
}

export function matchFunctions(listed: readonly ListedFunction[], result: Result): Match {
  const pcs = new Map<number, Map<number, PcRow>>();
  for (const pc of result.pcs) {
    const own = pcs.get(pc.function) ?? new Map<number, PcRow>();
    pcs.set(pc.function, own.set(pc.offset, pc));
  }
  const rows = keyed(
    result.functions.filter(({ kind }) => kind === "js"),
    (row) => placeKey(row.name, row.file === null ? null : result.files[row.file]!, row),
  );
  const functions = keyed([...listed.entries()], ([, fn]) => placeKey(fn.name, fn.file, fn));
  const measured: (Measured | null)[] = listed.map(() => null);
  const matched = new Set<number>();
  for (const [key, places] of functions) {
    // code made at run time may have the same name and place, but not the same instructions
    const candidates = (rows.get(key) ?? []).filter(({ id }) =>
      places.some(([, fn]) => fits(fn, pcs.get(id))),
    );
    if (candidates.length !== places.length) continue;
    places.forEach(([at, fn], i) => {
      const row = candidates[i]!;
      const own = pcs.get(row.id) ?? new Map<number, PcRow>();
      if (!fits(fn, own)) return;
      measured[at] = { row, pcs: own };
      matched.add(row.id);
    });
  }
  return {
    measured,
    unmatched: result.functions.filter(({ id, kind }) => kind === "js" && !matched.has(id)),
  };
}

function placeKey(
  name: string,
  file: string | null,
  { line, column }: { readonly line: number | null; readonly column: number | null },
): string {
  return JSON.stringify([name, file, line, column]);
}

function keyed<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function fits({ instructions }: ListedFunction, counted: ReadonlyMap<number, PcRow> | undefined): boolean {
  if (!counted) return true;
  const starts = new Set(instructions.map(({ offset }) => offset));
  return [...counted.keys()].every((offset) => starts.has(offset));
}
