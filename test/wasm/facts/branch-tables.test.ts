/** The large br_tables are found without a walk over all code: the walk is the oracle, on real modules and on any program. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeModule } from "../../../src/wasm/decode.ts";
import {
  branchTables,
  largeBranchTables,
  largestBranchTables,
} from "../../../src/wasm/facts/branch-tables.ts";
import type { Module } from "../../../src/wasm/types.ts";
import { assemble } from "../../support/binaryen.ts";
import { arbitraryProgram } from "../../support/programs.ts";

const fixtures = new URL("../../../fixtures/", import.meta.url);
const modules = readdirSync(fixtures, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".wasm"));

/** Both ways find the same; how many there are. */
function sameTables(module: Module): number {
  const all = branchTables(module);
  for (const fewest of [1, 2, 3, 16, 32, 128])
    expect(largeBranchTables(module, fewest)).toEqual(all.filter(({ targets }) => targets >= fewest));
  for (const count of [1, 2, 5, 1000])
    expect(largestBranchTables(module, count)).toEqual(all.slice(0, count));
  const some = new Set(all.slice(0, 3).map((table) => table.function));
  expect(largeBranchTables(module, 2, some)).toEqual(
    all.filter((table) => table.targets >= 2 && some.has(table.function)),
  );
  return all.length;
}

test.each(modules)("%s", (path) => {
  sameTables(decodeModule(new Uint8Array(readFileSync(new URL(path, fixtures)))));
});

test("any program", () => {
  let tables = 0;
  fc.assert(
    fc.property(arbitraryProgram("none", 300), ({ bytes }) => {
      tables += sameTables(decodeModule(bytes));
    }),
    { numRuns: 300 },
  );
  expect(tables).toBeGreaterThan(50);
});

test("no function, and bytes that only read as a br_table", () => {
  expect(sameTables(assemble("(module)"))).toBe(0);
  // the constant's LEB is 0x0e; what follows reads as two labels of a br_table
  expect(sameTables(assemble("(module (func (result i32) (i32.add (i32.const 14) (i32.const 0))))"))).toBe(0);
  const nested = "(block $a (block $b (br_table $a $b $b (i32.const 14))))";
  expect(
    sameTables(assemble(`(module (func ${nested}) (func (drop (i32.const 14))) (func ${nested}))`)),
  ).toBe(2);
});
