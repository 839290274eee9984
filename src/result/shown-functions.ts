/**
 * Which functions have a row of their own. All of them, unless their rows would be too large a file; then those that cost
 * most have one, after them those that were called, and the others are one row, *(other functions)*, that has the sums.
 * So are JavaScript functions that were not told apart while the program ran.
 */
import { toFuel } from "../base/fuel.ts";
import { functionBytes } from "./budget.ts";
import { mostFirst } from "./most-first.ts";
import type { Recording } from "./recording.ts";

/** Name of the row for functions without one. */
export const otherFunctions = "(other functions)";

export interface ShownFunctions {
  /** Ids of the functions that have a row, ascending: a function's place here is its row. */
  readonly ids: Int32Array;
  /** By function id: its row. Those without one are at `ids.length` (JavaScript) or behind it (native). */
  readonly rowOf: Int32Array;
  /** Which rows stand for others, behind those of `ids`. */
  readonly others: readonly ("js" | "native")[];
  /** Bytes of the rows. */
  readonly bytes: number;
  /** Null where every function has a row. `functions`: how many there are; null where they were not told apart. */
  readonly merged: { readonly functions: number | null; readonly kept: number } | null;
}

/** `name`, `file`: of a function, by id; `most`: bytes of all rows. */
export function shownFunctions(
  { functions, nodes }: Recording,
  name: (id: number) => string,
  file: (id: number) => string,
  most: number,
): ShownFunctions {
  const bytesOf = (id: number): number => functionBytes(name(id), file(id));
  const own = functions.flatMap(({ origin }, id) => (origin.kind === "rest" ? [] : [id]));
  const all = own.reduce((sum, id) => sum + bytesOf(id), 0);
  const kept = all <= most ? own : costliest(own, nodes, functions.length, bytesOf, most);
  const ids = Int32Array.from(kept);
  const rowOf = new Int32Array(functions.length).fill(-1);
  ids.forEach((id, row) => {
    rowOf[id] = row;
  });
  const others: ("js" | "native")[] = [];
  functions.forEach(({ origin }, id) => {
    if (rowOf[id]! >= 0) return;
    const kind = origin.kind === "native" ? "native" : "js";
    const known = others.indexOf(kind);
    rowOf[id] = ids.length + (known >= 0 ? known : others.push(kind) - 1);
  });
  const bytes = kept.reduce((sum, id) => sum + bytesOf(id), 0);
  const untold = own.length < functions.length;
  const merged = others.length === 0 ? null : { functions: untold ? null : own.length, kept: ids.length };
  return { ids, rowOf, others, bytes, merged };
}

/** Of `ids`, those that cost most, as many as `most` bytes hold; ascending. */
function costliest(
  ids: readonly number[],
  nodes: Recording["nodes"],
  functions: number,
  bytesOf: (id: number) => number,
  most: number,
): readonly number[] {
  const self = new Float64Array(functions);
  const calls = new Float64Array(functions);
  for (let i = 0; i < nodes.function.length; i++) {
    const id = nodes.function[i]!;
    if (id < 0) continue;
    self[id]! += toFuel(nodes.self[i]!);
    calls[id]! += toFuel(nodes.calls[i]!);
  }
  let bytes = 0;
  const kept: number[] = [];
  for (const id of mostFirst(
    ids,
    (id) => self[id]!,
    (id) => calls[id]!,
  )) {
    bytes += bytesOf(id);
    if (bytes > most) break;
    kept.push(id);
  }
  return kept.sort((a, b) => a - b);
}
