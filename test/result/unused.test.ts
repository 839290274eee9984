/** Native functions that never ran leave a recording, and everything that names a function by its id follows. */
import { expect, test } from "vitest";
import type { Recording } from "../../src/result/recording.ts";
import { withoutUnused } from "../../src/result/unused.ts";

test("whatever names a function names the same one afterwards", () => {
  const native = (name: string) => ({
    origin: { kind: "native", index: 0, name, work: "builtin" } as const,
    total: 0n,
    perCall: null,
  });
  const js = (index: number) => ({
    origin: { kind: "js", unit: 0, index } as const,
    total: 0n,
    perCall: null,
  });
  const rest = { origin: { kind: "rest" } as const, total: 0n, perCall: null };
  const recording = {
    functions: [native("never"), native("map"), js(0), js(1), rest],
    nodes: {
      parent: Int32Array.of(-1, 0, 1),
      function: Int32Array.of(-1, 3, 1),
      callFunction: Int32Array.of(-1, -1, 3),
    },
    codes: { first: Int32Array.of(0, 0, 0, 0, 1, 1), offset: Int32Array.of(4) },
    sharing: new Map([[3, 70]]),
    stack: [{ function: 3, offset: 4 }],
    passed: [
      { function: 1, offset: null },
      { function: 3, offset: 4 },
    ],
  } as unknown as Recording;
  const { functions, nodes, codes, sharing, stack, passed } = withoutUnused(recording);
  // js(0) never ran, and stays; so does what stands for the others
  expect(functions).toEqual([native("map"), js(0), js(1), rest]);
  expect([...nodes.function, ...nodes.callFunction]).toEqual([-1, 2, 0, -1, -1, 2]);
  expect([...codes.first]).toEqual([0, 0, 0, 1, 1]);
  expect([...sharing]).toEqual([[2, 70]]);
  expect(stack).toEqual([{ function: 2, offset: 4 }]);
  expect(passed).toEqual([
    { function: 0, offset: null },
    { function: 2, offset: 4 },
  ]);
  expect(withoutUnused({ ...recording, passed: null }).passed).toBeNull();
});
