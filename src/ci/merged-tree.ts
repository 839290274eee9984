/**
 * The call trees of two results as one: a node is a path of functions, tied across the results as a diff ties them, with its
 * own fuel on either side. Lines of calls are no part of a path here: an edit moves them.
 */
import type { Result } from "../result/result.ts";
import { matchFunctions } from "./match.ts";
import { measuredFunctions } from "./measured.ts";

export interface MergedNode {
  /** Index into the same array, -1 for a root; parents precede their children. */
  readonly parent: number;
  /** Index into `functions`. */
  readonly function: number;
  base: number;
  head: number;
}

export interface MergedTree {
  /** For each function its index in either result's functions; one of them may be null. */
  readonly functions: readonly { readonly base: number | null; readonly head: number | null }[];
  readonly nodes: readonly MergedNode[];
}

export function mergeTrees(base: Result, head: Result): MergedTree {
  const functions = matchFunctions(measuredFunctions(base), measuredFunctions(head)).map((pair) => ({
    base: pair.base?.id ?? null,
    head: pair.head?.id ?? null,
  }));
  const nodes: MergedNode[] = [];
  const known = new Map<string, number>();
  for (const [side, result] of [
    ["base", base],
    ["head", head],
  ] as const) {
    const indices = new Map(
      functions.flatMap((pair, i) => (pair[side] === null ? [] : [[pair[side], i] as const])),
    );
    const places: number[] = [];
    for (const node of result.tree) {
      const parent = node.parent < 0 ? -1 : places[node.parent]!;
      const fn = indices.get(node.function)!;
      const key = `${parent} ${fn}`;
      const at = known.get(key) ?? nodes.push({ parent, function: fn, base: 0, head: 0 }) - 1;
      known.set(key, at);
      nodes[at]![side] += node.self;
      places.push(at);
    }
  }
  return { functions, nodes };
}
