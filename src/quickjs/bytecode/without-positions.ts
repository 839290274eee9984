/**
 * A serialized program without the positions that its compiler noted: byte for byte what the engine makes, which keeps no
 * source text in their place.
 *
 *   … line table │ length, positions │ …   →   … line table │ 0 │ …
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { BytecodeUnit } from "./function.ts";
import { sum } from "./read-unit.ts";

/** Bytes in front of what the checksum is of: the version, and the checksum. */
const head = 5;

/** `bytes`: of quickjs-ng 26, which begins with a checksum; `unit`: the same, read with its positions. */
export function withoutPositions(bytes: Uint8Array, { functions }: BytecodeUnit): Uint8Array {
  const parts = functions.flatMap(({ positions }) => positions ?? []);
  parts.sort((a, b) => a.byteOffset - b.byteOffset);
  const writer = new ByteWriter(bytes.length);
  let at = 0;
  for (const part of parts) {
    const start = part.byteOffset - bytes.byteOffset;
    writer.copy(bytes, at, start - lebLength(part.length));
    writer.u8(0);
    at = start + part.length;
  }
  writer.copy(bytes, at);
  const rest = writer.finish();
  new DataView(rest.buffer, rest.byteOffset).setUint32(1, sum(rest.subarray(head)), true);
  return rest;
}

/** Bytes of a number as LEB128 in its shortest form, as the engine writes it. */
function lebLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}
