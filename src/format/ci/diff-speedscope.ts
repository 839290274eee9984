/**
 * A speedscope file of two results: the base's call tree, the head's, and the change, as what got dearer and what got
 * cheaper, since a frame's width cannot be negative. Their difference is that of the totals.
 */
import { delta } from "../../ci/diff.ts";
import { type MergedTree, mergeTrees } from "../../ci/merged-tree.ts";
import type { Result } from "../../result/result.ts";
import { functionFrame, speedscopeChunks } from "../files/speedscope.ts";
import { EventedBuilder, FrameTable } from "../files/speedscope-builder.ts";
import type { EventedProfile, SpeedscopeFile } from "../files/speedscope-spec.ts";
import { shortPlaces } from "../labels.ts";

/** One scenario's results; the name stands before its profiles' where there are several. */
export interface ResultPair {
  readonly scenario: string;
  readonly base: Result;
  readonly head: Result;
}

export function writeDiffSpeedscope(pairs: readonly ResultPair[]): Iterable<string> {
  return speedscopeChunks(diffSpeedscope(pairs));
}

export function diffSpeedscope(pairs: readonly ResultPair[]): SpeedscopeFile {
  const table = new FrameTable();
  const profiles = pairs.flatMap((pair) =>
    profilesOf(pair, pairs.length > 1 ? `${pair.scenario} · ` : "", table),
  );
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    shared: { frames: table.frames },
    profiles,
    name: pairs.map(({ scenario }) => scenario).join(", "),
    activeProfileIndex: Math.min(2, profiles.length - 1),
    input: pairs[0]?.head.run.input.sha256 ?? "",
    exporter: `javy-prof ${pairs[0]?.head.tool.version ?? ""}`,
  };
}

function profilesOf({ base, head }: ResultPair, prefix: string, table: FrameTable): EventedProfile[] {
  const tree = mergeTrees(base, head);
  const [basePlace, headPlace] = [base, head].map(({ functions, files }) => shortPlaces(functions, files));
  const frames = tree.functions.map((pair) => {
    const [{ functions, files }, id, place] =
      pair.head === null
        ? ([base, pair.base!, basePlace!] as const)
        : ([head, pair.head, headPlace!] as const);
    return table.add(functionFrame(functions[id]!, files, place(functions[id]!)));
  });
  const profile = (name: string, weights: readonly number[]) =>
    profileOf(`${prefix}fuel · ${name}`, tree, frames, weights, table);
  const { nodes } = tree;
  return [
    profile(
      "base",
      nodes.map((node) => node.base),
    ),
    profile(
      "head",
      nodes.map((node) => node.head),
    ),
    profile(
      "change, dearer",
      nodes.map((node) => Math.max(0, delta(node))),
    ),
    profile(
      "change, cheaper",
      nodes.map((node) => Math.max(0, -delta(node))),
    ),
  ].filter((one, i) => i < 2 || one.endValue > 0);
}

/** The merged tree with these weights, each node entered once: its own first, then its children. */
function profileOf(
  name: string,
  { nodes }: MergedTree,
  frames: readonly number[],
  weights: readonly number[],
  table: FrameTable,
): EventedProfile {
  const builder = new EventedBuilder(name, table);
  const subtree = [...weights];
  const children: number[][] = nodes.map(() => []);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { parent } = nodes[i]!;
    if (parent < 0) continue;
    subtree[parent]! += subtree[i]!;
    if (subtree[i]! > 0) children[parent]!.push(i);
  }
  let clock = 0;
  // a node, or the complement of one that is to be left
  const todo = nodes.flatMap(({ parent }, i) => (parent < 0 && subtree[i]! > 0 ? [i] : [])).reverse();
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (at < 0) {
      builder.leave(frames[nodes[-1 - at]!.function]!, clock);
      continue;
    }
    builder.enter(frames[nodes[at]!.function]!, clock);
    clock += weights[at]!;
    todo.push(-1 - at, ...children[at]!);
  }
  return builder.finish(clock);
}
