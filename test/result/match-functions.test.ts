/** Functions of a listing tied to those of a result: by name and place, and by offsets; never by a guess. */
import { expect, test } from "vitest";
import type { ListedFunction } from "../../src/quickjs/listing.ts";
import { matchFunctions } from "../../src/result/match-functions.ts";
import type { FunctionRow, PcRow, Result } from "../../src/result/result.ts";

const listed = (name: string, line: number | null, offsets: readonly number[] = [0, 2]): ListedFunction =>
  ({
    ...{ name, line, column: line && 1, file: line && "app.js" },
    instructions: offsets.map((offset) => ({ offset })),
  }) as unknown as ListedFunction;

const result = (rows: readonly (readonly [string, number | null, readonly number[], string?])[]): Result =>
  ({
    files: ["app.js"],
    functions: rows.map(
      ([name, line, , kind = "js"], id) =>
        ({
          id,
          name,
          kind,
          file: line === null ? null : 0,
          line,
          column: line && 1,
        }) as unknown as FunctionRow,
    ),
    pcs: rows.flatMap(([, , offsets], id) =>
      offsets.map((offset) => ({ function: id, offset, fuel: 10 + id, hits: 1 }) as unknown as PcRow),
    ),
  }) as unknown as Result;

const ids = (functions: readonly ListedFunction[], found: Result) =>
  matchFunctions(functions, found).measured.map((measured) => measured?.row.id ?? null);

test("by name and place, in any order, with the counts of each offset", () => {
  const found = result([
    ["g", 2, [2]],
    ["f", 1, [0]],
  ]);
  const match = matchFunctions([listed("f", 1), listed("g", 2)], found);
  expect(match.measured.map((measured) => measured?.row.id)).toEqual([1, 0]);
  expect(match.measured[0]!.pcs.get(0)?.fuel).toBe(11);
  expect(match.unmatched).toEqual([]);
});

test("equal ones in order, where there are as many on either side", () => {
  const same = result([
    ["(anonymous)", null, [0]],
    ["(anonymous)", null, [2]],
  ]);
  expect(ids([listed("(anonymous)", null), listed("(anonymous)", null)], same)).toEqual([0, 1]);
  expect(ids([listed("(anonymous)", null)], same)).toEqual([null]);
});

test("code made at run time with the same name and place is told apart by its instructions", () => {
  const found = result([
    ["f", 1, [0, 2]],
    ["f", 1, [0, 3]],
  ]);
  const match = matchFunctions([listed("f", 1)], found);
  expect(match.measured[0]?.row.id).toBe(0);
  expect(match.unmatched.map(({ id }) => id)).toEqual([1]);
});

test("an offset that is no instruction is no match, and rows of other kinds are none", () => {
  expect(ids([listed("f", 1)], result([["f", 1, [1]]]))).toEqual([null]);
  const phase = matchFunctions([listed("f", 1)], result([["f", 1, [], "phase"]]));
  expect([phase.measured, phase.unmatched]).toEqual([[null], []]);
});
