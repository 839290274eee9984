/**
 * What table 0 holds before anything runs: function indices by table index, from the active element segments at
 * constant offsets. Pointers to functions in memory are indices into it.
 */
import type { ByteReader } from "../../base/bytes.ts";
import { readOpcode } from "../instructions.ts";
import { rowNamed } from "../opcodes.ts";
import { sectionReader } from "../sections.ts";
import { type Module, SectionId } from "../types.ts";
import { readConstant } from "./constant.ts";

const REF_FUNC = rowNamed("ref.func");
const REF_NULL = rowNamed("ref.null");
const END = rowNamed("end");

/** More entries than V8 accepts. */
const most = 10_000_000;

/** The function at each table index; entries that are null or not known are left out. */
export function initialTable(module: Module): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  const r = sectionReader(module, SectionId.element);
  if (!r) return table;
  for (let count = r.leb(); count > 0; count--) {
    const { start, functions } = readSegment(r);
    if (start === null || start + functions.length > most) continue;
    functions.forEach((index, i) => {
      if (index !== null && index < module.functions.length) table.set(start + i, index);
    });
  }
  return table;
}

/** A segment of any form (decode.ts has checked them); `start` is null where it goes to no known place of table 0. */
function readSegment(r: ByteReader): { start: number | null; functions: (number | null)[] } {
  const flags = r.leb();
  const active = (flags & 1) === 0;
  const inTable = active && flags & 2 ? r.leb() : 0;
  const offset = active ? readConstant(r) : null;
  if ((flags & 3) !== 0) flags & 4 ? skipType(r) : r.u8();
  const functions: (number | null)[] = [];
  for (let count = r.leb(); count > 0; count--) functions.push(flags & 4 ? readItem(r) : r.leb());
  return { start: inTable === 0 && offset !== null ? Number(BigInt.asUintN(32, offset)) : null, functions };
}

function skipType(r: ByteReader): void {
  const byte = r.u8();
  if (byte === 0x63 || byte === 0x64) r.bigLeb(33, true);
}

/** `ref.func f end` or `ref.null t end`; whatever else is not known. */
function readItem(r: ByteReader): number | null {
  const at = r.at;
  const row = readOpcode(r);
  if (row === REF_FUNC) {
    const index = r.leb();
    if (readOpcode(r) === END) return index;
  } else if (row === REF_NULL) {
    r.bigLeb(33, true);
    if (readOpcode(r) === END) return null;
  }
  r.at = at;
  readConstant(r);
  return null;
}
