/**
 * Ties the rows of two ordered lists to each other although one has rows more: those that are the same stay tied, and what
 * changed between them is tied in order to what costs about as much. A line that was added is one added line then,
 * and not a change of all below it.
 */
import { diffArrays } from "diff";

/** One on both sides, or what only one side has. */
export type Pair<T> =
  | { readonly base: T; readonly head: T }
  | { readonly base: null; readonly head: T }
  | { readonly base: T; readonly head: null };

/** Edits past which lists count as altogether different: the search takes their number squared. */
const mostEdits = 1000;

/** Products of lengths past which a changed part is tied first with first: the search takes as many steps. */
const mostSteps = 1_000_000;

/** In the order of `head`, what is only in `base` where it was. `weight`: what a row costs. */
export function align<T>(
  base: readonly T[],
  head: readonly T[],
  same: (a: T, b: T) => boolean,
  weight: (row: T) => number,
): Pair<T>[] {
  const parts = diffArrays([...base], [...head], { comparator: same, maxEditLength: mostEdits });
  if (!parts) return closest(base, head, weight);
  const pairs: Pair<T>[] = [];
  let removed: T[] = [];
  let added: T[] = [];
  let [b, h] = [0, 0];
  const flush = () => {
    pairs.push(...closest(removed, added, weight));
    [removed, added] = [[], []];
  };
  for (const { added: isNew, removed: isGone, count } of parts) {
    if (isGone) removed.push(...base.slice(b, (b += count)));
    else if (isNew) added.push(...head.slice(h, (h += count)));
    else {
      flush();
      for (let i = 0; i < count; i++) pairs.push({ base: base[b++]!, head: head[h++]! });
    }
  }
  flush();
  return pairs;
}

/** Tied in order so that what is tied is as much alike as can be, the dear rows first of all. */
function closest<T>(base: readonly T[], head: readonly T[], weight: (row: T) => number): Pair<T>[] {
  if (base.length * head.length > mostSteps) return inOrder(base, head);
  const width = head.length + 1;
  // how alike what begins at base[b] and head[h] can be tied
  const most = new Float64Array((base.length + 1) * width);
  const tied = (b: number, h: number): number => {
    const [small, large] = [weight(base[b]!), weight(head[h]!)].sort((x, y) => x - y) as [number, number];
    return (large === 0 ? 0 : small * (small / large)) + most[(b + 1) * width + h + 1]!;
  };
  for (let b = base.length - 1; b >= 0; b--)
    for (let h = head.length - 1; h >= 0; h--)
      most[b * width + h] = Math.max(tied(b, h), most[(b + 1) * width + h]!, most[b * width + h + 1]!);
  const pairs: Pair<T>[] = [];
  let [b, h] = [0, 0];
  while (b < base.length && h < head.length) {
    const best = most[b * width + h]!;
    if (tied(b, h) === best) pairs.push({ base: base[b++]!, head: head[h++]! });
    else if (most[(b + 1) * width + h] === best) pairs.push({ base: base[b++]!, head: null });
    else pairs.push({ base: null, head: head[h++]! });
  }
  return [...pairs, ...inOrder(base.slice(b), head.slice(h))];
}

/** The first with the first; what is left on one side has no other. */
function inOrder<T>(base: readonly T[], head: readonly T[]): Pair<T>[] {
  return Array.from({ length: Math.max(base.length, head.length) }, (_, i): Pair<T> => {
    if (i >= base.length) return { base: null, head: head[i]! };
    return i >= head.length ? { base: base[i]!, head: null } : { base: base[i]!, head: head[i]! };
  });
}
