/** Entries of sections for what a plan adds: code, globals, data, elements. */
import { internalError } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { body, entry, writeGlobalType } from "../wasm/encode.ts";
import { referenceOf } from "../wasm/heap-types.ts";
import { F32, F64, I32, I64, V128, type ValType } from "../wasm/types.ts";
import type { Indices } from "./action.ts";
import type { AddedData, AddedFunction } from "./additions.ts";

/** A function's code, with its size in front. */
export function codeEntry({ locals = [], write }: AddedFunction, indices: Indices): Uint8Array {
  return body(
    locals.map((type) => [1, type] as const),
    (w) => {
      write(w, indices);
      emit(w, "end");
    },
  );
}

/** A global of the module's own. */
export function globalEntry(type: ValType, mutable: boolean, initial: number | bigint | null): Uint8Array {
  return entry((w) => {
    writeGlobalType(w, { type, mutable });
    const reference = referenceOf(type);
    if (reference) {
      if (initial !== null) throw internalError("a reference that a plan adds begins as null");
      emit(w, "ref.null", reference.heap);
    } else if (initial === null) throw internalError("a number that a plan adds has an initial value");
    else if (type === I64) emit(w, "i64.const", initial);
    else if (type === I32) emit(w, "i32.const", initial);
    else if (type === F32) emit(w, "f32.const", initial);
    else if (type === F64) emit(w, "f64.const", initial);
    else if (type === V128 && BigInt(initial) === 0n) emit(w, "v128.const", new Uint8Array(16));
    else throw internalError("globals that a plan adds are numbers, vectors of zeros or references");
    emit(w, "end");
  });
}

/** A data segment; `memory`: index of the one that an active segment goes to. */
export function dataEntry({ bytes, active }: AddedData, memory: number): Uint8Array {
  return entry((w) => {
    if (!active) w.leb(1);
    else {
      w.leb(memory === 0 ? 0 : 2);
      if (memory !== 0) w.leb(memory);
      emit(w, "i32.const", active.address);
      emit(w, "end");
    }
    w.sized(bytes);
  });
}

/** An active element segment: function indices from an index of a table on. */
export function elementsEntry(table: number, from: number, functions: readonly number[]): Uint8Array {
  return entry((w) => {
    w.leb(2);
    w.leb(table);
    emit(w, "i32.const", from);
    emit(w, "end");
    w.u8(0);
    w.leb(functions.length);
    for (const index of functions) w.leb(index);
  });
}
