/**
 * Folded stacks, what flamegraph.pl, inferno and speedscope read: `outer;inner 1234`, a line a stack, sorted.
 * A frame is its name and nothing else, so the place is part of the name. `;` separates frames and a line
 * break ends the stack: in names `;` becomes `:`, and line breaks and other controls become escapes.
 *
 * Each line repeats its whole stack, so a deep tree makes a file out of all proportion to itself. Past the budget, the
 * subtrees of less than some fuel are written as one line each, below the node that has them.
 */
import { mostFileBytes } from "../../result/budget.ts";
import { restName } from "../../result/call-tree.ts";
import type { Result } from "../../result/result.ts";
import { subtreeFuel, walkTree } from "../../result/walk.ts";
import { inertText } from "../inert.ts";
import { identityNames } from "../labels.ts";

/** The lines; the weights add up to the total. `mostBytes`: of the file, about. */
export function* writeFolded(result: Result, mostBytes = mostFileBytes): Generator<string> {
  const names = identityNames(result).map((name) => inertText(name).replaceAll(";", ":"));
  const least = leastFuel(result, names, mostBytes);
  const subtree = subtreeFuel(result.tree);
  const weights = new Map<string, number>();
  const isSmall = (index: number): boolean => result.tree[index]!.parent >= 0 && subtree[index]! < least;
  walkTree(result.tree, (path, node, index) => {
    // what is above it stands for it
    if (node.parent >= 0 && isSmall(node.parent)) return;
    const isMerged = isSmall(index);
    const fuel = isMerged ? subtree[index]! : node.self;
    if (fuel === 0) return;
    const kept = isMerged ? path.slice(0, -1) : path;
    const frames = kept.map((at) => names[result.tree[at]!.function]!);
    const stack = [...frames, ...(isMerged ? [restName] : [])].join(";");
    weights.set(stack, (weights.get(stack) ?? 0) + fuel);
  });
  for (const line of [...weights].map(([stack, fuel]) => `${stack} ${fuel}\n`).sort()) yield line;
}

/** The least power of two, or 0, with which the file is small enough when subtrees of less fuel are merged. */
function leastFuel(result: Result, names: readonly string[], mostBytes: number): number {
  const { tree } = result;
  const subtree = subtreeFuel(tree);
  const length = new Float64Array(tree.length);
  for (const [i, { parent, function: id }] of tree.entries())
    length[i] = (parent < 0 ? 0 : length[parent]! + 1) + names[id]!.length;
  const bytes = (least: number): number => {
    const isSmall = (index: number): boolean => tree[index]!.parent >= 0 && subtree[index]! < least;
    let total = 0;
    for (const [i, { parent, self }] of tree.entries()) {
      if (parent >= 0 && isSmall(parent)) continue;
      if (!isSmall(i)) total += self > 0 ? length[i]! + 12 : 0;
      else total += length[parent]! + restName.length + 13;
    }
    return total;
  };
  for (let least = 0; ; least = Math.max(1, least * 2))
    if (bytes(least) <= mostBytes || least > 2 ** 53) return least;
}
