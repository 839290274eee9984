/** Results of several runs as one: its sums hold, and every figure is the sum of the runs' figures, counted by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentOf } from "../../src/format/files/result-json.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import { MergedRuns } from "../../src/result/merge-results.ts";
import type { Result, TreeNode } from "../../src/result/result.ts";
import { wrongShape } from "../../src/result/shape.ts";
import { arbitraryResult } from "../support/arbitrary.ts";
import { empty, shop, thrown } from "../support/sample.ts";

function merged(results: readonly Result[]): Result {
  const runs = new MergedRuns();
  for (const [i, result] of results.entries()) runs.add(`${i}.json`, result);
  return runs.finish((text) => `hash of ${text}`);
}

/** Sums by what names a row to a reader. */
function counted(result: Result): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (key: string, value: number) => {
    if (value > 0) sums.set(key, (sums.get(key) ?? 0) + value);
  };
  const fileOf = (file: number | null) => (file === null ? null : result.files[file]);
  const name = (id: number) => {
    const { kind, name, file, line, column } = result.functions[id]!;
    return JSON.stringify([kind, name, fileOf(file), line, column]);
  };
  for (const { id, calls, resumes, self, total, natives = [] } of result.functions) {
    for (const [what, value] of Object.entries({ calls, resumes, self, total }))
      add(`${what} ${name(id)}`, value);
    for (const share of natives) {
      add(`share ${name(id)} ${name(share.function)}`, share.self);
      add(`shares ${name(id)} ${name(share.function)}`, share.calls);
    }
  }
  for (const { file, line, self, hits } of result.lines) {
    add(`line ${fileOf(file)}:${line}`, self);
    add(`hits ${fileOf(file)}:${line}`, hits);
  }
  for (const { code, count, fuel } of result.opcodes) {
    add(`opcode ${code}`, fuel);
    add(`opcodes ${code}`, count);
  }
  for (const pc of result.pcs) add(`pc ${name(pc.function)} ${pc.offset}`, pc.fuel);
  const path = (node: TreeNode): string =>
    `${node.parent < 0 ? "" : path(result.tree[node.parent]!)}/${name(node.function)}${node.callLine}`;
  for (const node of result.tree) add(`path ${path(node)}`, node.self);
  for (const [phase, fuel] of Object.entries(result.phases)) add(`phase ${phase}`, fuel);
  add("total", result.fuel.total);
  add("bytes", result.run.stdoutBytes);
  return sums;
}

test("every figure is the sum of the runs' figures", () => {
  fc.assert(
    fc.property(fc.array(arbitraryResult, { minLength: 1, maxLength: 4 }), (results) => {
      const one = merged(results);
      expect(brokenSums(one)).toEqual([]);
      expect(wrongShape(JSON.parse(JSON.stringify(documentOf(one))))).toBeNull();
      const sums = new Map<string, number>();
      for (const result of results)
        for (const [key, value] of counted(result)) sums.set(key, (sums.get(key) ?? 0) + value);
      expect(counted(one)).toEqual(sums);
    }),
  );
});

describe("what has no sum", () => {
  const rowOf = (result: Result, id: number) => result.functions[id]!;

  test("the cost of one call: the least, the greatest, and a median that is known where the runs agree", () => {
    const same = merged([shop, shop]);
    for (const { id, min, median, medianApprox, max } of shop.functions)
      expect(rowOf(same, id)).toMatchObject({ min, median, medianApprox, max });
    const dearer = structuredClone(shop) as { functions: { median: number; max: number }[] } & Result;
    dearer.functions[0]!.median += 2;
    dearer.functions[0]!.max += 9;
    const { median, max, calls } = rowOf(shop, 0);
    expect(calls).toBeGreaterThan(0);
    expect(rowOf(merged([dearer, shop]), 0)).toMatchObject({
      ...{ median, medianApprox: true, max: max! + 9 },
    });
  });

  test("a run that failed is what is said of all, with its stack in the merged files", () => {
    const one = merged([shop, thrown]);
    expect(one.run.exit.kind).toBe("throw");
    expect(one.runs!.map(({ name, exit }) => [name, exit.kind])).toEqual([
      ["0.json", "ok"],
      ["1.json", "throw"],
    ]);
    const files = ({ stack }: Result["run"]["exit"], { files }: Result) =>
      stack.map(({ file }) => (file === null ? null : files[file]));
    expect(files(one.run.exit, one)).toEqual(files(thrown.run.exit, thrown));
  });

  test("an empty run adds its name and nothing else", () => {
    const one = merged([empty, shop]);
    expect(one.fuel.total).toBe(empty.fuel.total + shop.fuel.total);
    expect(one.runs).toHaveLength(2);
    expect(one.run.input.sha256).toBe(`hash of ${empty.run.input.sha256}\n${shop.run.input.sha256}\n`);
    expect(one.fuel.maxDepth).toBe(shop.fuel.maxDepth);
  });
});

test("a figure of one run that is off is found", () => {
  const one = structuredClone(merged([shop, thrown])) as unknown as { runs: { fuel: { total: number } }[] };
  one.runs[0]!.fuel.total += 1;
  expect(brokenSums(one as unknown as Result).join()).toMatch(/fuel.total is \d+, but Σ runs.fuel.total/);
});
