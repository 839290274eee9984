/** What goes into a block and what comes out, from the block type in the code. */
import { ByteReader } from "../base/bytes.ts";
import { valType } from "./decode.ts";
import { funcTypeAt, type Module, type ValType } from "./types.ts";

export interface BlockSignature {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

const nothing: BlockSignature = { params: [], results: [] };

/** The value type at `at` in the code. */
export function valTypeAt(bytes: Uint8Array, at: number): ValType {
  const r = new ByteReader(bytes);
  r.at = at;
  return valType(r);
}

/** The block type at `at` (the immediate of block, loop, if, try and try_table). A type that does not exist is empty. */
export function blockSignature(module: Module, at: number): BlockSignature {
  const lead = module.bytes[at]!;
  if (lead === 0x40) return nothing;
  if (lead === 0x63 || lead === 0x64 || (lead > 0x40 && lead < 0x80))
    return { params: [], results: [valTypeAt(module.bytes, at)] };
  const r = new ByteReader(module.bytes);
  r.at = at;
  return funcTypeAt(module, Number(r.bigLeb(33, true))) ?? nothing;
}
