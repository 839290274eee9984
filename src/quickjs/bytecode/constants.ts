/**
 * A serialized constant as its source would write it, for people who read a listing: numbers, strings and the like;
 * of anything that is made of parts its kind alone. Nothing is computed from these texts.
 */
import { ByteReader } from "../../base/bytes.ts";
import { Diagnostic } from "../../base/diagnostics.ts";
import type { EngineTable } from "../engines/opcodes/table.ts";
import { readString } from "./atoms.ts";
import type { BytecodeFunction } from "./function.ts";
import { zigzag } from "./line-table.ts";
import { readTag } from "./values.ts";

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

/** The texts of a function's constants by index, `0.5`, `"text"`, `(big int)`; null for functions and where unknown. */
export function constantTexts(fn: BytecodeFunction, table: EngineTable): (string | null)[] {
  let next = 0;
  return fn.constants.map((inner) => {
    const literal = inner >= 0 ? undefined : fn.literals?.[next++];
    return literal === undefined ? null : constantText(literal, table);
  });
}

function constantText(literal: Uint8Array, table: EngineTable): string | null {
  const reader = new ByteReader(literal);
  try {
    const tag = readTag(reader, table);
    return texts[tag]?.(reader) ?? `(${tag.replaceAll("_", " ")})`;
  } catch (error) {
    if (error instanceof Diagnostic) return null;
    throw error;
  }
}
