/**
 * A serialized constant as its source would write it, for people who read a listing: numbers, strings and the like;
 * of anything that is made of parts its kind alone. Nothing is computed from these texts.
 */
import { ByteReader } from "../base/bytes.ts";
import { Diagnostic } from "../base/diagnostics.ts";
import { readString } from "./atoms.ts";
import { zigzag } from "./lines.ts";

const texts: Readonly<Record<string, (reader: ByteReader) => string>> = {
  null: () => "null",
  undefined: () => "undefined",
  bool_false: () => "false",
  bool_true: () => "true",
  int32: (reader) => String(zigzag(reader)),
  float64: (reader) => {
    const bytes = reader.take(8);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
    return Object.is(value, -0) ? "-0" : String(value);
  },
  string: (reader) => JSON.stringify(readString(reader)),
};

/** The value with this tag whose remaining bytes are `bytes`: `0.5`, `"text"`, `(big int)`. */
export function constantText(tag: string, bytes: Uint8Array): string {
  try {
    return texts[tag]?.(new ByteReader(bytes)) ?? `(${tag.replaceAll("_", " ")})`;
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return `(${tag})`;
  }
}
