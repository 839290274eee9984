/** The fast path over raw bytes: where each kind of immediate ends, and that damage ends in a DecodeError. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader } from "../../src/base/bytes.ts";
import { DecodeError } from "../../src/base/diagnostics.ts";
import {
  lebAt,
  lebEnd,
  opcodeEnd,
  readImmediates,
  readMemarg,
  readOpcode,
  rowAt,
  skipImmediates,
} from "../../src/wasm/instructions.ts";
import { noRow, opcodes, rowNamed } from "../../src/wasm/opcodes.ts";

test("LEBs are read in place, unusual lengths included", () => {
  const bytes = Uint8Array.of(
    0x7f,
    0xe5,
    0x8e,
    0x26,
    0x83,
    0x80,
    0x80,
    0x80,
    0,
    0xff,
    0xff,
    0xff,
    0xff,
    0x0f,
  );
  expect([0, 1, 4, 9].map((at) => [lebAt(bytes, at), lebEnd(bytes, at)])).toEqual([
    [127, 1],
    [624485, 4],
    [3, 9],
    [0xffffffff, 14],
  ]);
  for (const read of [lebAt, lebEnd])
    expect(() => read(Uint8Array.of(7, 0x80, 0x80, 0x80, 0x80, 0x80, 0), 1)).toThrow(
      expect.objectContaining({ message: "LEB128 is too long", offset: 1 }),
    );
  expect(() => lebAt(Uint8Array.of(0x80), 0)).toThrow(DecodeError);
});

test("a sub-opcode may be of unusual length", () => {
  const bytes = Uint8Array.of(0xfd, 0x8b, 0x80, 0, 0);
  expect([rowAt(bytes, 0), opcodeEnd(bytes, 0)]).toEqual([rowNamed("v128.store"), 4]);
});

// biome-ignore format: a table
test.each<[name: string, ...bytes: number[]]>([
  ["nop"], ["call", 0x85, 0x80, 0x80, 0x80, 0], ["br", 0x80, 1], ["call_indirect", 0x81, 0, 0x82, 0x80, 0],
  ["br_table", 0, 7], ["br_table", 2, 0, 0x81, 0, 2], ["br_table", 0x81, 0, 1, 0],
  ["block", 0x40], ["loop", 0x7f], ["if", 0x63, 0x70], ["block", 0x64, 0x81, 1], ["block", 0xc0, 0],
  ["i32.load", 2, 0], ["i32.load", 0x42, 1, 0x80, 1], ["i32.load", 0xc2, 0, 0x81, 0, 0], ["i64.store", 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
  ["v128.load8_lane", 0, 0x80, 0, 15], ["v128.load8_lane", 0x40, 1, 0, 15], ["i32.const", 0xff, 0xff, 0xff, 0xff, 0x0f], ["i64.const", 0x80, 0],
  ["f32.const", 0xff, 0xff, 0xff, 0xff], ["f64.const", 1, 2, 3, 4, 5, 6, 7, 0x80], ["i8x16.extract_lane_s", 0xff], ["atomic.fence", 0],
  ["i8x16.shuffle", ...Array(16).fill(0xff)], ["ref.null", 0x70], ["ref.null", 0x80, 1], ["select_typed", 1, 0x7f], ["select_typed", 2, 0x63, 0x81, 0, 0x7f],
  ["try_table", 0x40, 0], ["try_table", 0x63, 0x70, 4, 0, 0x81, 0, 1, 1, 0, 0x82, 0, 2, 5, 3, 0x85, 0],
  ["br_on_cast", 3, 0x81, 0, 0x70, 0x80, 1], ["memory.init", 1, 0x81, 0], ["array.new_fixed", 0x80, 1, 9],
])("%s ends behind %j…", (name, ...rest) => {
  const immediates = rest as number[];
  const row = rowNamed(name);
  const bytes = Uint8Array.from([9, 9, ...immediates, 0xff, 0xff]);
  expect(skipImmediates(bytes, 2, row)).toBe(2 + immediates.length);
  const reader = new ByteReader(Uint8Array.from(immediates), 0x100);
  readImmediates(reader, row);
  expect(reader.done).toBe(true);
  if (immediates.length === 0) return;
  const cut = new ByteReader(Uint8Array.from(immediates.slice(0, -1)), 0x100);
  expect(() => readImmediates(cut, row)).toThrow(expect.objectContaining({ offset: 0x100 }));
});

// biome-ignore format: a table
test.each<[name: string, message: string, ...bytes: number[]]>([
  ["call", "too long", 0x80, 0x80, 0x80, 0x80, 0x80, 0], ["i64.const", "too long", ...Array(10).fill(0x80), 0],
  ["br_table", "a vector of 268435455 items does not fit", 0xff, 0xff, 0xff, 0x7f], ["select_typed", "a vector of 9 items does not fit", 9, 0x7f],
  ["try_table", "a vector of 9 items does not fit", 0x40, 9], ["try_table", "unknown catch clause", 0x40, 1, 4, 0, 0],
])("%s: %s", (name, message, ...bytes) => {
  const row = rowNamed(name);
  expect(() => skipImmediates(Uint8Array.from(bytes as number[]), 0, row)).toThrow(message);
  expect(() => readImmediates(new ByteReader(Uint8Array.from(bytes as number[])), row)).toThrow(DecodeError);
});

test("memory arguments are read", () => {
  const read = (...bytes: number[]) => readMemarg(new ByteReader(Uint8Array.from(bytes)));
  expect(read(2, 0x80, 1)).toEqual({ align: 2, memory: 0, offset: 128n });
  expect(read(0x43, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 1)).toEqual({
    align: 3,
    memory: 5,
    offset: 2n ** 36n - 1n,
  });
});

test("an unknown opcode is named with its offset", () => {
  expect(() => readOpcode(new ByteReader(Uint8Array.of(0xfc, 99), 0x20))).toThrow(
    expect.objectContaining({ message: "unknown instruction 0xfc", offset: 0x20 }),
  );
  expect(() => readOpcode(new ByteReader(Uint8Array.of(0xfd), 0x20))).toThrow(
    expect.objectContaining({ message: "unexpected end", offset: 0x21 }),
  );
});

test("on any bytes, either path goes forward or throws a DecodeError, and both agree", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(bytes, fc.nat(opcodes.length - 1), (code, row) => {
      const outcome = (act: () => number) => {
        try {
          return act();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return -1;
        }
      };
      const fast = outcome(() => skipImmediates(code, 0, row));
      const reader = new ByteReader(code);
      const checked = outcome(() => {
        readImmediates(reader, row);
        return reader.at;
      });
      expect(checked).toBe(fast <= code.length ? fast : -1);
      const found = outcome(() => rowAt(code, 0));
      if (found !== noRow) expect(found).toBeLessThan(opcodes.length);
    }),
    { numRuns: 5000 },
  );
});
