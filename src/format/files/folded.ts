/**
 * Folded stacks, what flamegraph.pl, inferno and speedscope read: `outer;inner 1234`, a line a stack, sorted.
 * A frame is its name and nothing else, so the place is part of the name. `;` separates frames and a line
 * break ends the stack: in names `;` becomes `:`, and line breaks and other controls become escapes.
 */
import type { Result } from "../../result/result.ts";
import { walkTree } from "../../result/walk.ts";
import { inertText } from "../inert.ts";
import { identityNames } from "../labels.ts";

/** One line a distinct stack with own fuel; the weights add up to the total. */
export function writeFolded(result: Result): string {
  const names = identityNames(result).map((name) => inertText(name).replaceAll(";", ":"));
  const weights = new Map<string, number>();
  walkTree(result.tree, (path, node) => {
    if (node.self === 0) return;
    const stack = path.map((index) => names[result.tree[index]!.function]).join(";");
    weights.set(stack, (weights.get(stack) ?? 0) + node.self);
  });
  return [...weights]
    .map(([stack, fuel]) => `${stack} ${fuel}\n`)
    .sort()
    .join("");
}
