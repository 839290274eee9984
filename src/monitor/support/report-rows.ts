/**
 * The rows of a report as the reporter of a self-contained file reads them (reporter-source.ts): for each, little-endian,
 * the number of its first value, the length of the text in front of the value, that text, the type, a line break.
 * A type is a letter a part; one whose text may hold a comma has a quote in front, as its cell has.
 */
import { ByteWriter, encodeText } from "../../base/bytes.ts";
import { isMap, isTuple, type Type } from "../language-types.ts";
import type { RowLayout } from "../report.ts";

// biome-ignore format: a table
const letters: Readonly<Record<string, string>> = {
  u8: "a", i8: "b", u16: "c", i16: "d", u32: "u", i32: "i", u64: "U", i64: "I", f32: "f", f64: "F", bool: "B", str: "s", funcref: "r",
};

/** `heading`: the first line; `lead`: what stands in front of a row's value, both without a line break. */
export function reportRows(
  rows: readonly RowLayout[],
  heading: string,
  lead: (row: RowLayout) => string,
): Uint8Array {
  const w = new ByteWriter(256 + rows.length * 64);
  const put = (first: number, text: string, type: string) => {
    const bytes = encodeText(text);
    for (const word of [first, bytes.length]) for (let i = 0; i < 4; i++) w.u8((word >>> (8 * i)) & 0xff);
    w.copy(bytes);
    w.copy(encodeText(`${type}\n`));
  };
  put(0, heading, "");
  for (const row of rows)
    put(row.first, lead(row), `${isPlain(row.type) ? "" : '"'}${typeLetters(row.type)}`);
  return w.finish();
}

const isPlain = (type: Type) => !isMap(type) && !isTuple(type) && type !== "str";

function typeLetters(type: Type): string {
  if (isTuple(type)) return `(${type.items.map(typeLetters).join("")})`;
  if (isMap(type)) return `<${typeLetters(type.key)}${typeLetters(type.value)}>`;
  return letters[type as string]!;
}
