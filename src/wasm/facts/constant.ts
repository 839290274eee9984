/**
 * Constant expressions: the initialisers of globals, tables, segments. They are skipped, not evaluated, but
 * where one is a single integer constant its value is returned, since addresses of data segments are that.
 */
import type { ByteReader } from "../../base/bytes.ts";
import { readImmediates, readOpcode } from "../instructions.ts";
import { opcodes, rowNamed } from "../opcodes.ts";

const END = rowNamed("end");
const I32_CONST = rowNamed("i32.const");
const I64_CONST = rowNamed("i64.const");
const END_BYTE = opcodes[END]!.code;
const I32_CONST_BYTE = opcodes[I32_CONST]!.code;

/** Reads what nearly all are, in thousands of data segments: an i32.const and `end`. Null where it is another, and is not read. */
export function readLoneI32(r: ByteReader): bigint | null {
  const begin = r.at;
  if (r.bytes[begin] === I32_CONST_BYTE) {
    r.at = begin + 1;
    const value = r.sleb();
    if (r.bytes[r.at] === END_BYTE) {
      r.at += 1;
      return BigInt(value);
    }
    r.at = begin;
  }
  return null;
}

/** Skips a constant expression, its `end` included; returns the value of a lone i32.const or i64.const, else null. */
export function readConstant(r: ByteReader): bigint | null {
  const lone = readLoneI32(r);
  if (lone !== null) return lone;
  let value: bigint | null = null;
  for (let count = 0; ; count++) {
    const start = r.at;
    const row = readOpcode(r);
    if (row === END) return count === 1 ? value : null;
    if (opcodes[row]!.name === "block") r.fail("a block in a constant expression", start);
    if (row === I32_CONST) value = BigInt(r.sleb());
    else if (row === I64_CONST) value = r.bigLeb(64, true);
    else {
      value = null;
      readImmediates(r, row);
    }
  }
}
