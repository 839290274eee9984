/**
 * The call tree as stacks, for formats that write each stack whole. A deep tree makes a file out of all proportion to itself
 * there, so past a budget the subtrees of less than some fuel are given as one, below the node that has them.
 */
import type { Result, TreeNode } from "../../result/result.ts";
import { subtreeFuel, walkTree } from "../../result/walk.ts";

export interface Stack {
  /** Indices into the tree, the outermost first. One array that changes between visits. */
  readonly path: readonly number[];
  /** Its own fuel; of a merged subtree all of it. */
  readonly fuel: number;
  /** Calls of the function of the last node, or of that of the merged subtree. */
  readonly calls: number;
  /** Stands for a subtree that is called by the last node of `path`. */
  readonly merged: boolean;
}

/** Bytes that a stack takes in a file: of each frame by function id, and of all else in it. */
export interface StackBytes {
  readonly frame: (functionId: number) => number;
  readonly rest: number;
  /** Of the frame that stands for a merged subtree. */
  readonly merged: number;
}

/** Calls `visit` for each node, or for each subtree that is merged so that the file has about `mostBytes` at most. `shown`: a node that is not merged. */
export function visitStacks(
  { tree }: Result,
  bytes: StackBytes,
  mostBytes: number,
  visit: (stack: Stack) => void,
  shown?: number,
): void {
  const subtree = subtreeFuel(tree);
  // what is never small is not merged
  for (let at = shown ?? -1; at >= 0; at = tree[at]!.parent) subtree[at] = Number.POSITIVE_INFINITY;
  const least = leastFuel(tree, subtree, bytes, mostBytes);
  const isSmall = (index: number): boolean => tree[index]!.parent >= 0 && subtree[index]! < least;
  walkTree(tree, (path, { parent, self, calls }, index) => {
    // what is above it stands for it
    if (parent >= 0 && isSmall(parent)) return;
    if (isSmall(index)) visit({ path: path.slice(0, -1), fuel: subtree[index]!, calls, merged: true });
    else visit({ path, fuel: self, calls, merged: false });
  });
}

/** The least power of two, or 0, with which the file is small enough when subtrees of less fuel are merged. */
function leastFuel(
  tree: readonly TreeNode[],
  subtree: ArrayLike<number>,
  { frame, rest, merged }: StackBytes,
  mostBytes: number,
): number {
  const length = new Float64Array(tree.length);
  for (const [i, { parent, function: id }] of tree.entries())
    length[i] = (parent < 0 ? 0 : length[parent]!) + frame(id);
  const total = (least: number): number => {
    const isSmall = (index: number): boolean => tree[index]!.parent >= 0 && subtree[index]! < least;
    let sum = 0;
    for (const [i, { parent, self }] of tree.entries()) {
      if (parent >= 0 && isSmall(parent)) continue;
      if (!isSmall(i)) sum += self > 0 ? length[i]! + rest : 0;
      else sum += length[parent]! + merged + rest;
    }
    return sum;
  };
  for (let least = 0; ; least = Math.max(1, least * 2))
    if (total(least) <= mostBytes || least > 2 ** 53) return least;
}
