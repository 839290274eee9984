/** Whose a native function is: that of the JavaScript around it, whatever native functions lie between. */
import { expect, test } from "vitest";
import { nativesByFunction } from "../../src/result/natives.ts";

const [f, g, map, parse, phase] = [0, 1, 2, 3, 4];

test("a native function is part of the JavaScript around it, and of none where there is none", () => {
  const rows = [
    // parent, function, calls, self
    [-1, phase, 0, 5],
    [0, parse, 1, 7],
    [-1, f, 1, 10],
    [2, map, 2, 20],
    [3, parse, 3, 30],
    [3, g, 4, 40],
    [5, parse, 5, 50],
    [2, parse, 6, 60],
  ] as const;
  const column = (at: number) => rows.map((row) => row[at]!);
  const found = nativesByFunction(
    {
      ...{ length: rows.length, parent: column(0), function: column(1) },
      ...{ calls: column(2), self: column(3) },
    },
    ["js", "js", "native", "native", "outside"],
  );
  expect([...found]).toEqual([
    [
      f,
      [
        { function: parse, calls: 9, self: 90 },
        { function: map, calls: 2, self: 20 },
      ],
    ],
    [g, [{ function: parse, calls: 5, self: 50 }]],
  ]);
});
