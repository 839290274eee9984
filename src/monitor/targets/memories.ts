/**
 * What a host does for a module whose monitor has memories elsewhere, as functions of the module that has them all:
 * copying from one to another, and asking for a size. Memories go by the numbers that generated code names them by.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { Indices } from "../../probe/action.ts";
import type { AddedFunction } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, type Module } from "../../wasm/types.ts";

export interface NumberedMemory {
  readonly number: number;
  readonly is64: boolean;
  readonly index: (indices: Indices) => number;
}

/** The memories of a module that is rewritten. */
export function memoriesOf({ memories }: Module): NumberedMemory[] {
  return memories.map(({ is64 }, number) => ({ number, is64, index: ({ moved }) => moved.memory(number) }));
}

/** (from, at, to, into, length): out of bounds it copies nothing, since a monitor must not stop its program. */
export function copyFunction(memories: readonly NumberedMemory[]): AddedFunction {
  return {
    ...{ params: [I32, I32, I32, I32, I32], results: [] },
    write: (w, indices) => {
      for (const from of memories)
        for (const to of memories) {
          pushIs(w, 0, from);
          pushIs(w, 2, to);
          emit(w, "i32.and");
          emit(w, "if", null);
          returnOutside(w, 1, () => pushPages(w, from, indices));
          returnOutside(w, 3, () => pushPages(w, to, indices));
          pushAddress(w, 3, to.is64);
          pushAddress(w, 1, from.is64);
          pushAddress(w, 4, from.is64 && to.is64);
          emit(w, "memory.copy", to.index(indices), from.index(indices));
          emit(w, "return");
          emit(w, "end");
        }
      emit(w, "unreachable");
    },
  };
}

/** (memory) → its pages. `otherwise`: what an unknown one has; left out, asking for it is a trap. */
export function sizeFunction(memories: readonly NumberedMemory[], otherwise?: number): AddedFunction {
  return {
    ...{ params: [I32], results: [I32] },
    write: (w, indices) => {
      for (const memory of memories) {
        pushIs(w, 0, memory);
        emit(w, "if", null);
        emit(w, "memory.size", memory.index(indices));
        if (memory.is64) emit(w, "i32.wrap_i64");
        emit(w, "return");
        emit(w, "end");
      }
      if (otherwise === undefined) emit(w, "unreachable");
      else emit(w, "i32.const", otherwise);
    },
  };
}

/** Whether a local holds the memory's number. */
export function pushIs(w: ByteWriter, local: number, { number }: NumberedMemory): void {
  emit(w, "local.get", local);
  emit(w, "i32.const", number);
  emit(w, "i32.eq");
}

function pushPages(w: ByteWriter, { is64, index }: NumberedMemory, indices: Indices): void {
  emit(w, "memory.size", index(indices));
  if (!is64) emit(w, "i64.extend_i32_u");
}

/**
 * Returns where the bytes at the address in a local, as many as local 4 says, are not all in a memory, whose pages
 * `pages` pushes as an i64.
 */
export function returnOutside(w: ByteWriter, address: number, pages: () => void): void {
  pushAddress(w, address, true);
  pushAddress(w, 4, true);
  emit(w, "i64.add");
  pages();
  emit(w, "i64.const", 16n);
  emit(w, "i64.shl");
  emit(w, "i64.gt_u");
  emit(w, "if", null);
  emit(w, "return");
  emit(w, "end");
}

/** An i32 in a local as an address. */
export function pushAddress(w: ByteWriter, local: number, is64: boolean): void {
  emit(w, "local.get", local);
  if (is64) emit(w, "i64.extend_i32_u");
}
