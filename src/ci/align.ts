/**
 * Ties the rows of two ordered lists to each other although one has rows more: those that are the same stay tied, and what
 * changed between them is tied in order. A line that was added is one added line then, and not a change of all below it.
 */
import { diffArrays } from "diff";

/** One on both sides, or what only one side has. */
export type Pair<T> =
  | { readonly base: T; readonly head: T }
  | { readonly base: null; readonly head: T }
  | { readonly base: T; readonly head: null };

/** Edits past which lists count as altogether different: the search takes their number squared. */
const mostEdits = 1000;

/** In the order of `head`, what is only in `base` where it was. */
export function align<T>(base: readonly T[], head: readonly T[], same: (a: T, b: T) => boolean): Pair<T>[] {
  const parts = diffArrays([...base], [...head], { comparator: same, maxEditLength: mostEdits });
  if (!parts) return inOrder(base, head);
  const pairs: Pair<T>[] = [];
  let removed: T[] = [];
  let added: T[] = [];
  let [b, h] = [0, 0];
  const flush = () => {
    pairs.push(...inOrder(removed, added));
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

/** The first with the first; what is left on one side has no other. */
function inOrder<T>(base: readonly T[], head: readonly T[]): Pair<T>[] {
  return Array.from({ length: Math.max(base.length, head.length) }, (_, i): Pair<T> => {
    if (i >= base.length) return { base: null, head: head[i]! };
    return i >= head.length ? { base: base[i]!, head: null } : { base: base[i]!, head: head[i]! };
  });
}
