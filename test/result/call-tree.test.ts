/** The call tree as columns, and what is merged where it is too large: no fuel and no call leaves its function. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  depthFirst,
  type Nodes,
  OtherCalls,
  subtrees,
  TreeBuilder,
  theRest,
  withoutLines,
  withoutSmallPaths,
} from "../../src/result/call-tree.ts";

/** What was added, one call path a row: the parent is an earlier row. */
const rows = fc.array(
  fc.record({
    parent: fc.nat(),
    fn: fc.nat(5),
    line: fc.nat(3),
    calls: fc.nat(9),
    self: fc.oneof(fc.nat(20), fc.nat(100_000)),
  }),
  { minLength: 1, maxLength: 120 },
);

interface Built {
  readonly nodes: Nodes;
  /** The node of each row. */
  readonly indexOf: readonly number[];
}

function build(added: readonly { parent: number; fn: number; line: number; calls: number; self: number }[]) {
  const builder = new TreeBuilder();
  const indexOf: number[] = [];
  for (const [i, { parent, fn, line, calls, self }] of added.entries()) {
    const above = i === 0 ? -1 : (indexOf[parent % i] ?? -1);
    indexOf.push(builder.add(above, fn, line, calls, self));
  }
  return { nodes: builder.finish(), indexOf } satisfies Built;
}

/** Fuel and calls by function. */
function byFunction({ length, function: fn, calls, self }: Nodes): Map<number, [number, number]> {
  const sums = new Map<number, [number, number]>();
  for (let i = 0; i < length; i++) {
    if (fn[i] === theRest) continue;
    const [fuel, count] = sums.get(fn[i]!) ?? [0, 0];
    sums.set(fn[i]!, [fuel + self[i]!, count + calls[i]!]);
  }
  return new Map([...sums].sort(([a], [b]) => a - b));
}

function expectSound({ length, parent, function: fn, callLine }: Nodes): void {
  const seen = new Set<string>();
  for (let i = 0; i < length; i++) {
    expect(parent[i]!).toBeLessThan(i);
    seen.add(`${parent[i]} ${fn[i]} ${callLine[i]}`);
  }
  expect(seen.size).toBe(length);
}

test("a node for each parent, function and line, as a map of texts has it", () => {
  fc.assert(
    fc.property(rows, (added) => {
      const { nodes, indexOf } = build(added);
      const byText = new Map<string, number>();
      added.forEach(({ parent, fn, line }, i) => {
        const key = `${i === 0 ? -1 : indexOf[parent % i]} ${fn} ${line}`;
        expect(byText.get(key) ?? indexOf[i]).toBe(indexOf[i]);
        byText.set(key, indexOf[i]!);
      });
      expect(nodes.length).toBe(byText.size);
      expectSound(nodes);
    }),
    { seed: 11 },
  );
});

test("past a thousand nodes the columns and the table grow", () => {
  const builder = new TreeBuilder();
  for (let i = 0; i < 5_000; i++) expect(builder.add(i - 1, i % 7, i % 3, 1, i)).toBe(i);
  for (let i = 0; i < 5_000; i++) expect(builder.add(i - 1, i % 7, i % 3, 1, i)).toBe(i);
  const { length, calls, self } = builder.finish();
  expect([length, calls[4_999], self[4_999]]).toEqual([5_000, 2, 9_998]);
});

test("depth first is what a recursion visits", () => {
  fc.assert(
    fc.property(rows, (added) => {
      const { nodes } = build(added);
      const visited: number[] = [];
      const visit = (parent: number): void => {
        for (let i = 0; i < nodes.length; i++) {
          if (nodes.parent[i] !== parent) continue;
          visited.push(i);
          visit(i);
        }
      };
      visit(-1);
      expect([...depthFirst(nodes)]).toEqual(visited);
    }),
    { seed: 12 },
  );
});

describe("what is merged keeps its sums", () => {
  test("without the lines of calls", () => {
    fc.assert(
      fc.property(rows, (added) => {
        const { nodes } = build(added);
        const { nodes: merged, indexOf } = withoutLines(nodes);
        expectSound(merged);
        expect(byFunction(merged)).toEqual(byFunction(nodes));
        // the same paths of functions
        for (let i = 0; i < nodes.length; i++) {
          const parent = nodes.parent[i]!;
          expect(merged.function[indexOf[i]!]).toBe(nodes.function[i]);
          expect(merged.parent[indexOf[i]!]).toBe(parent < 0 ? -1 : indexOf[parent]);
        }
      }),
      { seed: 13 },
    );
  });

  test("without the smallest paths", () => {
    let merges = 0;
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (added, most) => {
        const { nodes } = build(added);
        const before = subtrees(nodes);
        const { nodes: merged, indexOf, least } = withoutSmallPaths(nodes, most);
        expectSound(merged);
        expect(byFunction(merged)).toEqual(byFunction(nodes));
        const after = subtrees(merged);
        for (let i = 0; i < nodes.length; i++) {
          // what is large enough is there with all of its fuel; what is not has a rest above it
          if (before[i]! >= least || nodes.parent[i]! < 0)
            expect([merged.function[indexOf[i]!], after[indexOf[i]!]! >= before[i]!]).toEqual([
              nodes.function[i],
              true,
            ]);
          else expect(merged.function[merged.parent[indexOf[i]!]!]).toBe(theRest);
        }
        if (merged.length < nodes.length) merges += 1;
        // no room but for roots, and a rest with a child a function below each
        if (merged.length > most) {
          const roots = [...nodes.parent].filter((parent) => parent < 0).length;
          expect(merged.length).toBeLessThanOrEqual(roots * (2 + 6));
        }
      }),
      { seed: 14 },
    );
    expect(merges).toBeGreaterThan(10);
  });
});

test("calls in other files are told apart from lines, and from one another", () => {
  const calls = new OtherCalls();
  const keys = [calls.key(0, 3), calls.key(1, 3), calls.key(0, 4)];
  expect(new Set([...keys, -1, 0]).size).toBe(5);
  expect(calls.key(1, 3)).toBe(keys[1]);
  expect(keys.map((key) => calls.place(key))).toEqual([
    { callFile: 0, callLine: 3 },
    { callFile: 1, callLine: 3 },
    { callFile: 0, callLine: 4 },
  ]);
  expect([calls.place(7), calls.place(0)]).toEqual([{ callLine: 7 }, { callLine: null }]);
});
