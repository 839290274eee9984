/**
 * Passes exactly over a serialized value that is no function: of a constant pool only its functions matter,
 * and they stand between values of every other kind. Kinds go by the names of the engine's tags.
 */
import type { ByteReader } from "../../base/bytes.ts";
import type { EngineTable } from "../engines/opcodes/table.ts";
import type { EngineVersion } from "../engines/versions.ts";
import { type AtomTable, skipString } from "./atoms.ts";
import { zigzag } from "./line-table.ts";

/** Values and functions nest at most this deep; the engine's own stack ends earlier. */
export const deepest = 1000;

type Skip = (reader: ByteReader, context: Context, depth: number) => void;

interface Context {
  readonly engine: EngineVersion;
  readonly atoms: AtomTable;
}

function skipCounted(reader: ByteReader, each: () => void): void {
  const count = reader.leb();
  for (let i = 0; i < count; i++) each();
}

const array: Skip = (reader, context, depth) => {
  skipCounted(reader, () => skipValue(reader, context, depth + 1));
};

const nothing: Skip = () => {};

const nested: Skip = (reader, context, depth) => skipValue(reader, context, depth + 1);

/** libbf's form: sign and exponent, then the mantissa unless the number is zero, infinite or none. */
function skipNumber(reader: ByteReader, size: (length: number) => number): void {
  const exponent = zigzag(reader) >> 1;
  if (exponent < 0 || exponent > 2) reader.take(size(reader.leb()));
}

const skipBinaryNumber = (reader: ByteReader) => skipNumber(reader, (bytes) => bytes);

/** What follows each tag. */
const kinds: Readonly<Record<string, Skip>> = {
  null: nothing,
  undefined: nothing,
  bool_false: nothing,
  bool_true: nothing,
  int32: (reader) => void reader.leb(),
  float64: (reader) => void reader.take(8),
  string: skipString,
  object: (reader, context, depth) => {
    skipCounted(reader, () => {
      context.atoms.read(reader);
      skipValue(reader, context, depth + 1);
    });
  },
  array,
  template_object: (reader, context, depth) => {
    array(reader, context, depth);
    // the raw strings
    skipValue(reader, context, depth + 1);
  },
  big_int: (reader, { engine }) => {
    if (engine.format.bigNumbers === "libbf") skipBinaryNumber(reader);
    else reader.take(reader.leb());
  },
  big_float: (reader) => skipBinaryNumber(reader),
  big_decimal: (reader) => skipNumber(reader, (digits) => (digits + 1) >> 1),
  typed_array: (reader, context, depth) => {
    reader.u8();
    reader.leb();
    reader.leb();
    skipValue(reader, context, depth + 1);
  },
  array_buffer: (reader) => {
    const length = reader.leb();
    reader.leb();
    reader.take(length);
  },
  shared_array_buffer: (reader) => {
    reader.leb();
    reader.leb();
    reader.take(8);
  },
  regexp: (reader) => {
    skipString(reader);
    skipString(reader);
  },
  date: nested,
  object_value: nested,
  object_reference: (reader) => void reader.leb(),
  map: (reader, context, depth) => {
    skipCounted(reader, () => {
      skipValue(reader, context, depth + 1);
      skipValue(reader, context, depth + 1);
    });
  },
  set: array,
  symbol: (reader, context) => void context.atoms.read(reader),
};

/** Reads the tag of the next value: its name. */
export function readTag(reader: ByteReader, table: EngineTable): string {
  const start = reader.at;
  const tag = reader.u8();
  return table.tags[tag - 1] ?? reader.fail(`unknown kind of value ${tag}`, start);
}

/** Passes over the rest of a value whose tag was read. */
export function skipTagged(tag: string, reader: ByteReader, context: Context, depth: number): void {
  if (depth > deepest) reader.fail("values are nested too deep");
  const skip = kinds[tag] ?? reader.fail(`a ${tag} where a plain value belongs`, reader.at - 1);
  skip(reader, context, depth);
}

/** Passes over a value. */
export function skipValue(reader: ByteReader, context: Context, depth = 0): void {
  skipTagged(readTag(reader, context.engine.table), reader, context, depth);
}
