/**
 * A recording without the native functions that never ran: a profile has no row for what has no part in it. The
 * program's own functions stay, since that one of them never ran says something.
 */
import type { Recording } from "./recording.ts";

export function withoutUnused(recording: Recording): Recording {
  const { functions, nodes, codes, sharing, stack, passed } = recording;
  const used = new Set(nodes.function);
  const kept = [...functions.keys()].filter((id) => functions[id]!.origin.kind !== "native" || used.has(id));
  if (kept.length === functions.length) return recording;
  const idOf = new Int32Array(functions.length).fill(-1);
  kept.forEach((old, id) => {
    idOf[old] = id;
  });
  const renumbered = (ids: Int32Array) => ids.map((id) => (id < 0 ? id : idOf[id]!));
  const end = codes.first.at(-1) ?? 0;
  return {
    ...recording,
    functions: kept.map((old) => {
      const { origin, ...counters } = functions[old]!;
      if (origin.kind !== "js" || !origin.evaluated) return functions[old]!;
      const evaluated = { ...origin.evaluated, function: idOf[origin.evaluated.function]! };
      return { origin: { ...origin, evaluated }, ...counters };
    }),
    // native functions have no code
    codes: { ...codes, first: Int32Array.from([...kept.map((old) => codes.first[old] ?? end), end]) },
    nodes: {
      ...nodes,
      function: renumbered(nodes.function),
      callFunction: renumbered(nodes.callFunction),
    },
    sharing: new Map([...sharing].map(([id, opcodes]) => [idOf[id]!, opcodes])),
    stack: stack.map((place) => ({ ...place, function: idOf[place.function]! })),
    passed: passed?.map((frame) => ({ ...frame, function: idOf[frame.function]! })) ?? null,
  };
}
