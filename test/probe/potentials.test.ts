/**
 * What the fast meter writes where ways of control join: nothing for the first way to a label, the difference for
 * others. Counted in instructions, which depend on no machine; that the counts are right is for test/fuzz/metering.
 */
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import { meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { appendToVector, body, encodeModule } from "../../src/wasm/encode.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import { SectionId } from "../../src/wasm/types.ts";
import { codeOf } from "../../src/wasm/walk.ts";
import { assemble } from "../support/binaryen.ts";

const metering = (mode: "run" | "instruction") => ({
  hooks: [],
  functions: new Map(),
  meter: { model: modelNamed("wasmtime-50"), mode, globals: { kind: "define" }, checks: false } as const,
});

const names = (bytes: Uint8Array, index = 0): string[] => {
  const found: string[] = [];
  for (const code = codeOf(decodeModule(bytes), index); code.advance(); ) found.push(opcodes[code.row]!.name);
  return found;
};

/** Fuel of f(n) in both modes, which must be the same, for n from 0 to 3. */
function fuels(bytes: Uint8Array): number[] {
  const module = decodeModule(bytes);
  const [run, each] = (["run", "instruction"] as const).map((mode) =>
    [0, 1, 2, 3].map((n) => {
      const metered = new WebAssembly.Module(rewrite(module, metering(mode)) as BufferSource);
      const { exports } = new WebAssembly.Instance(metered);
      (exports["f"] as (n: number) => void)(n);
      return Number((exports[meterNames.counter] as WebAssembly.Global).value);
    }),
  );
  expect(run).toEqual(each);
  return run!;
}

const f = (code: string) => assemble(`(module (func (export "f") (param i32) ${code}))`).bytes;

describe("additions that are written, and fuel", () => {
  test.each<[what: string, code: string, adds: number, fuel: number[]]>([
    // The exit adds once, whatever stands before it.
    ["straight code", "(nop) (drop (local.get 0))", 1, [2, 2, 2, 2]],
    [
      "a block that nothing branches to",
      "(block (drop (local.get 0)) (drop (local.get 0)))",
      1,
      [3, 3, 3, 3],
    ],
    [
      "both arms of one cost",
      "(if (local.get 0) (then (drop (i32.const 1))) (else (drop (i32.const 2))))",
      1,
      [4, 4, 4, 4],
    ],
    ["an arm that costs more", "(if (local.get 0) (then (drop (i32.const 1))))", 2, [3, 4, 4, 4]],
    ["a branch past code", "(block (br_if 0 (local.get 0)) (drop (i32.const 1)))", 2, [4, 3, 3, 3]],
    ["a branch past nothing that costs", "(block (br_if 0 (local.get 0)) (nop))", 1, [3, 3, 3, 3]],
    [
      "a br_table to labels that nothing led to before",
      `(block (block (block (br_table 0 1 2 (local.get 0))) (drop (i32.const 1)) (br 1)) (drop (i32.const 2)) (drop (i32.const 3)))`,
      3,
      [5, 5, 3, 3],
    ],
  ])("%s", (_, code, adds, fuel) => {
    const bytes = f(code);
    const found = names(rewrite(decodeModule(bytes), metering("run")));
    expect(found.filter((name) => name === "i64.add").length).toBe(adds);
    expect(fuels(bytes)).toEqual(fuel);
  });
});

test("an if without else gains one where its way past costs another sum than a branch to its end", () => {
  // Emitted, since binaryen's text gives the branch a block of its own.
  const plain = decodeModule(f("(nop)"));
  const code = plain.sections.find(({ id }) => id === SectionId.code)!;
  const withIf = body([], (w) => {
    emit(w, "local.get", 0);
    emit(w, "if", null);
    emit(w, "local.get", 0);
    emit(w, "i32.const", 2);
    emit(w, "i32.eq");
    emit(w, "br_if", 0);
    emit(w, "i32.const", 1);
    emit(w, "drop");
    emit(w, "end");
    emit(w, "end");
  });
  const bytes = encodeModule(plain, new Map([[code, appendToVector(undefined, [withIf])]]));
  expect(names(bytes)).not.toContain("else");
  expect(names(rewrite(decodeModule(bytes), metering("run")))).toContain("else");
  expect(fuels(bytes)).toEqual([3, 8, 7, 8]);
});

test("labels of one br_table that other ways lead to with different sums share one in a second walk", () => {
  const bytes = f(`(block $a (block $b
      (br_if $b (local.get 0))
      (br_if $a (i32.eq (local.get 0) (i32.const 1)))
      (br_table $a $b (local.get 0)))
    (drop (i32.const 3)))`);
  // 1 + 2, then at b 1 more; or 1 + 2 + 4, then 2 more for the br_table.
  expect(fuels(bytes)).toEqual([9, 4, 4, 4]);
});
