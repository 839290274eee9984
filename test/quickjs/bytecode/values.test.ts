import { expect, test } from "vitest";
import { ByteReader } from "../../../src/base/bytes.ts";
import { AtomTable } from "../../../src/quickjs/bytecode/atoms.ts";
import { skipValue } from "../../../src/quickjs/bytecode/values.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";

const engine = engineById("ng26");
const { table } = engine;
const tag = (name: string) => table.tags.indexOf(name) + 1;
const one = [tag("int32"), 2];

/** A value of each kind, as JS_WriteObjectRec writes it. */
const values: Record<string, number[]> = {
  null: [],
  undefined: [],
  bool_false: [],
  bool_true: [],
  int32: [0xff, 0xff, 0xff, 0xff, 0x0f],
  float64: [1, 2, 3, 4, 5, 6, 7, 8],
  string: [2 * 3, 0x61, 0x62, 0x63],
  object: [2, 2, ...one, 7, tag("null")],
  array: [3, ...one, tag("array"), 0, ...one],
  big_int: [5, 1, 2, 3, 4, 5],
  template_object: [1, tag("string"), 0, tag("array"), 1, tag("undefined")],
  typed_array: [2, 4, 0, tag("array_buffer"), 4, 4, 1, 2, 3, 4],
  array_buffer: [3, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3],
  shared_array_buffer: [3, 3, 1, 2, 3, 4, 5, 6, 7, 8],
  regexp: [2, 0x61, 4, 1, 2],
  date: [tag("float64"), 0, 0, 0, 0, 0, 0, 0, 0],
  object_value: [tag("string"), 2, 0x61],
  object_reference: [0x80, 0x01],
  map: [2, ...one, ...one, tag("null"), tag("array"), 0],
  set: [2, ...one, tag("string"), 2 * 1 + 1, 0x2d, 0x4e],
  symbol: [0xce, 3],
};

for (const [name, bytes] of Object.entries(values))
  test(`a ${name} is passed over exactly`, () => {
    const whole = Uint8Array.from([tag(name), ...bytes, 0x55]);
    const reader = new ByteReader(whole);
    skipValue(reader, { engine, atoms: new AtomTable(table, []) });
    expect(reader.at).toBe(whole.length - 1);
    // and not one byte less is enough
    const short = new ByteReader(whole.subarray(0, whole.length - 2));
    expect(() => skipValue(short, { engine, atoms: new AtomTable(table, []) })).toThrow(/unexpected end/);
  });

test("every kind of value but functions and modules is known", () => {
  expect(Object.keys(values).sort()).toEqual(
    table.tags.filter((name) => name !== "function_bytecode" && name !== "module").sort(),
  );
});

test("a function where a plain value belongs is refused", () => {
  const nested = Uint8Array.from([tag("array"), 1, tag("function_bytecode")]);
  expect(() => skipValue(new ByteReader(nested), { engine, atoms: new AtomTable(table, []) })).toThrow(
    /function_bytecode/,
  );
});

test("big numbers of libbf are passed over exactly", () => {
  const older = engineById("bellard2021bignum");
  const context = { engine: older, atoms: new AtomTable(older.table, []) };
  const big = (name: string) => older.table.tags.indexOf(name) + 1;
  // exponent 64 as a zigzag of twice itself and the sign, then a length and so many bytes (digits for a decimal)
  for (const [name, bytes] of [
    ["big_int", [0x86, 0x02, 3, 1, 2, 3]],
    ["big_int", [0]],
    ["big_float", [4]],
    ["big_decimal", [0x86, 0x02, 3, 0x21, 0x03]],
  ] as const) {
    const whole = Uint8Array.from([big(name), ...bytes, 0x55]);
    const reader = new ByteReader(whole);
    skipValue(reader, context);
    expect([name, reader.at]).toEqual([name, whole.length - 1]);
  }
});
