/** Local declarations, read in place. */
import { expect, test } from "vitest";
import { ByteWriter } from "../../src/base/bytes.ts";
import { DecodeError } from "../../src/base/diagnostics.ts";
import { body } from "../../src/wasm/encode.ts";
import { declaredTypeAt, localDeclarations } from "../../src/wasm/locals.ts";
import { F64, I32, I64, refType } from "../../src/wasm/types.ts";

/** A body that begins at offset 3, behind other bytes and before others. */
const at = (...bytes: number[]) =>
  [Uint8Array.from([9, 9, 9, ...bytes, 9, 9]), { start: 3, end: 3 + bytes.length }] as const;

test("no locals", () => {
  const declared = localDeclarations(...at(0, 0x0b));
  expect(declared).toEqual({ groups: 0, bytes: { start: 4, end: 4 }, count: 0 });
  expect(declaredTypeAt(at(0, 0x0b)[0], declared, 0)).toBeUndefined();
});

test("several groups, an empty one and unusual LEBs among them", () => {
  const [bytes, range] = at(0x84, 0, 2, I32, 0, F64, 0x83, 0x80, 0, I64, 1, F64, 0x0b);
  const declared = localDeclarations(bytes, range);
  expect(declared).toEqual({ groups: 4, bytes: { start: 5, end: 15 }, count: 6 });
  const types = [0, 1, 2, 3, 4, 5].map((index) => bytes[declaredTypeAt(bytes, declared, index)!]);
  expect(types).toEqual([I32, I32, I64, I64, I64, F64]);
  expect(declaredTypeAt(bytes, declared, 6)).toBeUndefined();
});

test("reference types of more than one byte", () => {
  const locals = [
    [2, refType(true, 300)],
    [1, I32],
    [1, refType(false, -16)],
    [200, I64],
  ] as const;
  const w = new ByteWriter();
  w.copy(body(locals, (code) => code.u8(0x0b)));
  const bytes = w.finish();
  const declared = localDeclarations(bytes, { start: 1, end: bytes.length });
  expect(declared).toEqual({ groups: 4, bytes: { start: 2, end: bytes.length - 1 }, count: 204 });
  const leads = [0, 1, 2, 3, 4, 203].map((index) => bytes[declaredTypeAt(bytes, declared, index)!]);
  expect(leads).toEqual([0x63, 0x63, I32, 0x64, I64, I64]);
});

test("as many locals as a count can say are counted, not made", () => {
  const [bytes, range] = at(2, 0xff, 0xff, 0xff, 0xff, 0x0f, I32, 0xff, 0xff, 0xff, 0xff, 0x0f, I64, 0x0b);
  const declared = localDeclarations(bytes, range);
  expect(declared.count).toBe(2 * (2 ** 32 - 1));
  expect(bytes[declaredTypeAt(bytes, declared, 2 ** 32 - 1)!]).toBe(I64);
});

// biome-ignore format: a table
test.each([
  ["an empty body", []],
  ["a count without groups", [1]],
  ["groups cut short", [2, 1, I32]],
  ["a group without its type", [1, 5]],
  ["a reference cut short", [1, 1, 0x63]],
  ["a count of groups that no function could hold", [0xff, 0xff, 0xff, 0xff, 0x0f, 1, I32, 0x0b]],
  ["an overlong count of groups", [0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x0b]],
  ["an overlong count of locals", [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0, I32, 0x0b]],
])("%s is refused", (_, bytes) => {
  expect(() => localDeclarations(...at(...bytes))).toThrow(DecodeError);
  const [alone] = at(...bytes);
  const file = alone.subarray(0, 3 + bytes.length);
  expect(() => localDeclarations(file, { start: 3, end: file.length })).toThrow(DecodeError);
});
