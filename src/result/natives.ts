/**
 * What JavaScript functions cost in native functions. A native function below a JavaScript function, with nothing but
 * native functions between the two, is part of what that function costs itself: so a function costs the same whatever
 * frames a profile has.
 *
 *   f  →  [native] Array.prototype.map  →  g  →  [native] JSON.parse
 *   map is f's (what map itself costs, not g), JSON.parse is g's
 */

/** A call tree as columns; parents precede children. */
interface Columns {
  readonly length: number;
  readonly parent: ArrayLike<number>;
  readonly function: ArrayLike<number>;
  readonly calls: ArrayLike<number>;
  readonly self: ArrayLike<number>;
}

/** Calls of a native function from one JavaScript function, and what they cost. */
export interface NativeShare {
  /** Its id. */
  readonly function: number;
  readonly calls: number;
  /** Fuel of the native function itself, of those that it called nothing. */
  readonly self: number;
}

/** What a function cost without the native functions that are part of it: the fuel of its own code. */
export function fuelOfCode({
  self,
  natives = [],
}: {
  readonly self: number;
  readonly natives?: readonly NativeShare[];
}): number {
  return natives.reduce((left, share) => left - share.self, self);
}

export type FunctionSort = "js" | "native" | "outside";

/** Of a function of a result. */
export function sortOfRow({ kind }: { readonly kind: string }): FunctionSort {
  return kind === "js" ? "js" : kind === "phase" ? "outside" : "native";
}

/** The native functions of each JavaScript function, by its id, the dearest first. `sorts`: by id; what is neither may have none. */
export function nativesByFunction(
  nodes: Columns,
  sorts: readonly FunctionSort[],
): Map<number, NativeShare[]> {
  if (!sorts.includes("native")) return new Map();
  const owners = new Int32Array(nodes.length).fill(-1);
  const found = new Map<number, Map<number, { function: number; calls: number; self: number }>>();
  for (let i = 0; i < nodes.length; i++) {
    const fn = nodes.function[i]!;
    const sort = sorts[fn];
    if (sort === "js") owners[i] = fn;
    if (sort !== "native") continue;
    const owner = nodes.parent[i]! < 0 ? -1 : owners[nodes.parent[i]!]!;
    owners[i] = owner;
    if (owner < 0) continue;
    let shares = found.get(owner);
    if (!shares) found.set(owner, (shares = new Map()));
    let share = shares.get(fn);
    if (!share) shares.set(fn, (share = { function: fn, calls: 0, self: 0 }));
    share.calls += nodes.calls[i]!;
    share.self += nodes.self[i]!;
  }
  return new Map(
    [...found].map(([owner, shares]) => [
      owner,
      [...shares.values()].sort((a, b) => b.self - a.self || a.function - b.function),
    ]),
  );
}
