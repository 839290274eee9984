/**
 * Folded stacks, what flamegraph.pl, inferno and speedscope read: `outer;inner 1234`, a line a stack, sorted.
 * What a function cost in which a limit of fuel was passed stands under a frame that says so.
 * A frame is its name and nothing else, so the place is part of the name. `;` separates frames and a line
 * break ends the stack: in names `;` becomes `:`, and line breaks and other controls become escapes.
 */
import { mostFileBytes } from "../../result/budget.ts";
import { restName } from "../../result/call-tree.ts";
import type { Result } from "../../result/result.ts";
import { inertText } from "../inert.ts";
import { identityNames, limitName } from "../labels.ts";
import { visitStacks } from "./stacks.ts";

/** The lines; the weights add up to the total. `mostBytes`: of the file, about. */
export function* writeFolded(result: Result, mostBytes = mostFileBytes): Generator<string> {
  const names = identityNames(result).map((name) => inertText(name).replaceAll(";", ":"));
  const { limits } = result;
  const inertMark = limits ? inertText(limitName(limits)).replaceAll(";", ":") : "";
  const weights = new Map<string, number>();
  // each name with a separator, and a weight of up to twelve digits
  const bytes = { frame: (id: number) => names[id]!.length + 1, rest: 12, merged: restName.length };
  visitStacks(
    result,
    bytes,
    mostBytes,
    ({ path, fuel, merged }) => {
      if (fuel === 0) return;
      const frames = path.map((at) => names[result.tree[at]!.function]!);
      const isMarked = !merged && path.at(-1) === limits?.passedIn;
      const stack = [...frames, ...(merged ? [restName] : []), ...(isMarked ? [inertMark] : [])].join(";");
      weights.set(stack, (weights.get(stack) ?? 0) + fuel);
    },
    limits?.passedIn,
  );
  for (const line of [...weights].map(([stack, fuel]) => `${stack} ${fuel}\n`).sort()) yield line;
}
