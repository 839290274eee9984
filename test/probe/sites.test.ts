/** Sites: found by name, type and immediates, with what they take and leave; that types are right is for test/fuzz/actions. */
import { expect, test } from "vitest";
import { DecodeError } from "../../src/base/diagnostics.ts";
import { blocksOf, findSites, sitesOf } from "../../src/probe/sites.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { appendToVector, body, encodeModule } from "../../src/wasm/encode.ts";
import { F32, I32, I64, SectionId } from "../../src/wasm/types.ts";
import { assemble } from "../support/binaryen.ts";

const module = assemble(`(module (import "m" "i" (func $i)) (memory 1)
  (func $a (param i32 i64) (result i64)
    (if (result i64) (local.get 0)
      (then (i64.store offset=8 (i32.const 1) (local.get 1)) (i64.const 2))
      (else (select (local.get 1) (i64.const 5) (local.get 0)))))
  (func $b (result f32) (block (loop (br 1))) (return (f32.const 0.5))))`);

test("with their types, topmost first, and immediates", () => {
  const [store] = findSites(module, ({ operands }) => operands.length === 2 && operands[0] === I64);
  expect(store).toMatchObject({
    function: 1,
    name: "i64.store",
    operands: [I64, I32],
    results: [],
    depth: 1,
  });
  expect(store!.immediates.map(({ value }) => value)).toEqual([3, 0, 8n]);
  expect(module.bytes[store!.offset]).toBe(0x37);
  const find = (name: string) => findSites(module, (site) => site.name === name)[0]!;
  expect(find("select")).toMatchObject({ operands: [I32, I64, I64], results: [I64] });
  expect(find("if")).toMatchObject({ operands: [I32], results: [], ordinal: 1 });
  expect(find("else")).toMatchObject({ operands: [I64], results: [] });
  expect(find("f32.const").immediates).toEqual([{ type: F32, value: 0.5 }]);
});

test("of one function, in the order of the code", () => {
  const sites = sitesOf(module, 2, () => true);
  expect(sites.map(({ name }) => name).slice(0, 3)).toEqual(["block", "loop", "br"]);
  expect(sites.map(({ ordinal }) => ordinal)).toEqual(sites.map((_, i) => i));
  expect(sites.map(({ depth }) => depth).slice(0, 3)).toEqual([0, 1, 2]);
});

test("what control cannot reach is said", () => {
  const dead = body([], (w) => {
    emit(w, "return");
    emit(w, "nop");
    emit(w, "end");
  });
  const none = assemble(`(module (func))`);
  const code = none.sections.find(({ id }) => id === SectionId.code)!;
  const edited = decodeModule(encodeModule(none, new Map([[code, appendToVector(undefined, [dead])]])));
  expect(sitesOf(edited, 0, () => true).map(({ name, reachable }) => [name, reachable])).toEqual([
    ["return", true],
    ["nop", false],
    ["end", false],
  ]);
});

test("the parts of blocks", () => {
  const at = (name: string) => sitesOf(module, 1, (site) => site.name === name).map(({ offset }) => offset);
  const [start] = at("if");
  expect([...blocksOf(module, 1)]).toEqual([[start, { start, parts: at("else"), end: at("end")[0] }]]);
  expect([...blocksOf(module, 2).keys()].length).toBe(2);
});

test("damaged code is a DecodeError", () => {
  const none = assemble(`(module (func))`);
  const code = none.sections.find(({ id }) => id === SectionId.code)!;
  const damaged = (bytes: readonly number[]) => {
    const item = Uint8Array.from([bytes.length + 1, 0, ...bytes]);
    return decodeModule(encodeModule(none, new Map([[code, appendToVector(undefined, [item])]])));
  };
  for (const bytes of [[0xff], [0x0c, 9], [0x41]])
    expect(() => sitesOf(damaged(bytes), 0, () => true)).toThrow(DecodeError);
});
