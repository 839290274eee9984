/**
 * Walks over the call tree of a result. The tree is an array in depth-first order whose `parent` indices
 * precede their nodes, so every walk is one loop: no recursion, whatever the depth of the guest's stack.
 */
import type { TreeNode } from "./result.ts";

/** Fuel of each node with everything below it, by index into `tree`; `self`: its own fuel, if not the tree's. */
export function subtreeFuel(tree: readonly TreeNode[], self?: readonly number[]): Float64Array {
  const fuel = new Float64Array(tree.length);
  for (let i = 0; i < tree.length; i++) fuel[i] = self?.[i] ?? tree[i]!.self;
  for (let i = tree.length - 1; i >= 0; i--) {
    const parent = tree[i]!.parent;
    if (parent >= 0) fuel[parent]! += fuel[i]!;
  }
  return fuel;
}

/**
 * Calls `visit` for each node in depth-first order with the path to it: indices into `tree`, the root first,
 * the node itself last. The path is one array that changes between visits: copy what is kept.
 */
export function walkTree(
  tree: readonly TreeNode[],
  visit: (path: readonly number[], node: TreeNode, index: number) => void,
): void {
  const path: number[] = [];
  for (const [index, node] of tree.entries()) {
    while (path.length > 0 && path.at(-1) !== node.parent) path.pop();
    path.push(index);
    visit(path, node, index);
  }
}

/** The indices of each node's children, in order, by index into `tree`. */
export function childrenOf(tree: readonly Pick<TreeNode, "parent">[]): number[][] {
  const children: number[][] = tree.map(() => []);
  for (const [index, node] of tree.entries()) if (node.parent >= 0) children[node.parent]!.push(index);
  return children;
}

/**
 * Fuel of each function and all it called, by function id: in a recursion only the outermost activation
 * counts. `functions` is the number of functions.
 */
export function inclusiveFuel(tree: readonly TreeNode[], functions: number): number[] {
  const subtree = subtreeFuel(tree);
  const total = new Array<number>(functions).fill(0);
  const onPath = new Int32Array(functions);
  const path: number[] = [];
  for (let index = 0; index < tree.length; index++) {
    const node = tree[index]!;
    while (path.length > 0 && path[path.length - 1] !== node.parent)
      onPath[tree[path.pop()!]!.function]! -= 1;
    if (onPath[node.function] === 0) total[node.function]! += subtree[index]!;
    onPath[node.function]! += 1;
    path.push(index);
  }
  return total;
}
