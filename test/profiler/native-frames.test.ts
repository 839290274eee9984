/** The collector's frames for native functions that share one function, and for engine work by opcode. */
import { expect, test } from "vitest";
import { Recorder } from "../../src/profiler/counters/recorder.ts";

test("native functions that are one function are told apart by magic; engine work by the opcode", () => {
  const shared = [
    {
      otherwise: 0,
      byMagic: [
        [5, 1],
        [-1, 2],
      ] as const,
    },
  ];
  const host = { resolve: () => ({ id: 4, code: 100 }), invocation: () => null };
  const recorder = new Recorder(host, 100, 4, shared, 3);
  // work at offset 0 is frame 3, at offset 1 frame 2
  recorder.addFunction(4, 2, {}, undefined, (offset) => 3 - offset);
  const { enter, dispatch, leave, enterShared, enterWork, leaveNative } = recorder.hooks as Record<
    string,
    (...args: (number | bigint)[]) => void
  >;
  enterWork!(1n);
  leaveNative!(2n);
  enter!(1n);
  dispatch!(100, 10n);
  enterShared!(0, 5, 11n);
  leaveNative!(13n);
  enterShared!(0, -1, 13n);
  leaveNative!(17n);
  enterShared!(0, 77, 17n);
  leaveNative!(25n);
  enterWork!(25n);
  leaveNative!(26n);
  dispatch!(101, 30n);
  enterWork!(30n);
  leaveNative!(62n);
  leave!(70n);
  recorder.finish(80n);
  const nodes = recorder.nodes();
  const self = new Map<number, bigint>();
  for (const [i, id] of nodes.function.entries()) self.set(id, (self.get(id) ?? 0n) + nodes.self[i]!);
  expect(Object.fromEntries(self)).toEqual({
    "-1": 19n,
    0: 8n,
    1: 2n,
    2: 36n,
    3: 2n,
    4: 13n,
  });
});
