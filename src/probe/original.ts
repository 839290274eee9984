/** Writes an instruction as it was, inside blocks that it did not stand in: its labels count further, its indices are new. */
import type { ByteWriter } from "../base/bytes.ts";
import { lebAt, lebEnd } from "../wasm/instructions.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { type IndexMap, writeMoved } from "../wasm/reindex.ts";
import type { Spot } from "./action-writer.ts";

/** `deeper`: how many blocks are open around it that were not. */
export function writeOriginal(
  w: ByteWriter,
  bytes: Uint8Array,
  { row, at, immediates, next }: Pick<Spot, "row" | "at" | "immediates" | "next">,
  map: IndexMap,
  deeper: number,
): void {
  w.copy(bytes, at, immediates);
  const label = (from: number): number => {
    w.leb(lebAt(bytes, from) + deeper);
    return lebEnd(bytes, from);
  };
  switch (opcodes[row]!.imm) {
    case Imm.label:
      label(immediates);
      return;
    case Imm.labels: {
      let from = lebEnd(bytes, immediates);
      w.copy(bytes, immediates, from);
      for (let i = lebAt(bytes, immediates); i >= 0; i--) from = label(from);
      return;
    }
    case Imm.cast:
      w.u8(bytes[immediates]!);
      w.copy(bytes, label(immediates + 1), next);
      return;
    default:
      writeMoved(w, bytes, immediates, row, map);
  }
}
