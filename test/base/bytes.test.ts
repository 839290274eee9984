/** Reader and writer mirror each other, and malformed input is an error with an absolute offset. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../src/base/bytes.ts";
import { DecodeError } from "../../src/base/diagnostics.ts";

const read = (write: (w: ByteWriter) => void) => {
  const w = new ByteWriter(1);
  write(w);
  return new ByteReader(w.finish());
};

test("unsigned LEB128 comes back", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (n) => read((w) => w.leb(n)).leb() === n));
});

test("signed LEB128 comes back", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      (n) => read((w) => w.sleb(n)).sleb() === n,
    ),
  );
});

test("64-bit signed LEB128 comes back", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (n) => read((w) => w.bigSleb(n)).bigLeb(64, true) === n,
    ),
  );
});

test("names come back, whatever they hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => read((w) => w.name(text)).name() === text),
  );
});

test("LEBs of unusual length are read", () => {
  expect(new ByteReader(Uint8Array.of(0x83, 0x80, 0x80, 0x00)).leb()).toBe(3);
  expect(new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f)).sleb()).toBe(-1);
});

test.each([
  ["unsigned, six bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], (r: ByteReader) => r.leb()],
  ["unsigned, bits beyond 32", [0xff, 0xff, 0xff, 0xff, 0x1f], (r: ByteReader) => r.leb()],
  ["signed, bits beyond 32", [0xff, 0xff, 0xff, 0xff, 0x4f], (r: ByteReader) => r.sleb()],
  ["truncated", [0x80, 0x80], (r: ByteReader) => r.leb()],
  [
    "64 bits, bits beyond",
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e],
    (r: ByteReader) => r.bigLeb(64, false),
  ],
  ["malformed UTF-8", [0x02, 0xc3, 0x28], (r: ByteReader) => r.name()],
  ["a name that is longer than the bytes", [0x05, 0x61], (r: ByteReader) => r.name()],
] as const)("%s is refused", (_, bytes, act) => {
  const reader = new ByteReader(Uint8Array.from(bytes), 0x100);
  expect(() => act(reader)).toThrow(DecodeError);
  expect(() => act(new ByteReader(Uint8Array.from(bytes), 0x100))).toThrow(
    expect.toSatisfy(({ offset }: DecodeError) => offset >= 0x100 && offset <= 0x10f),
  );
});
