/** Writes an instruction as it was, where its labels count otherwise and indices have moved. */
import type { ByteWriter } from "../base/bytes.ts";
import { lebAt, lebEnd, skipBlockType } from "../wasm/instructions.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { type IndexMap, writeMoved } from "../wasm/reindex.ts";

/** `label`: what a label is now. */
export function writeImmediates(
  w: ByteWriter,
  bytes: Uint8Array,
  { row, immediates, next }: { readonly row: number; readonly immediates: number; readonly next: number },
  map: IndexMap,
  label: (before: number) => number,
): void {
  const writeLabel = (from: number): number => {
    w.leb(label(lebAt(bytes, from)));
    return lebEnd(bytes, from);
  };
  switch (opcodes[row]!.imm) {
    case Imm.label:
      writeLabel(immediates);
      return;
    case Imm.labels: {
      let from = lebEnd(bytes, immediates);
      w.copy(bytes, immediates, from);
      for (let i = lebAt(bytes, immediates); i >= 0; i--) from = writeLabel(from);
      return;
    }
    case Imm.cast:
      w.u8(bytes[immediates]!);
      w.copy(bytes, writeLabel(immediates + 1), next);
      return;
    case Imm.catches: {
      const count = skipBlockType(bytes, immediates);
      let from = lebEnd(bytes, count);
      w.copy(bytes, immediates, from);
      for (let i = lebAt(bytes, count); i > 0; i--) {
        const kind = bytes[from++]!;
        w.u8(kind);
        if (kind < 2) {
          w.leb(map.tag(lebAt(bytes, from)));
          from = lebEnd(bytes, from);
        }
        from = writeLabel(from);
      }
      return;
    }
    default:
      writeMoved(w, bytes, immediates, row, map);
  }
}

/** Whether an instruction of that row names labels. */
export function namesLabels(row: number): boolean {
  const { imm } = opcodes[row]!;
  return imm === Imm.label || imm === Imm.labels || imm === Imm.cast || imm === Imm.catches;
}
