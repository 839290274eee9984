/** Pushes what stands for no value of a type: 0, null, or a trap where the type has neither. */
import type { ByteWriter } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import { referenceOf } from "../../wasm/heap-types.ts";
import { F32, F64, I32, I64, V128, type ValType } from "../../wasm/types.ts";

function pushZero(w: ByteWriter, type: ValType): void {
  const reference = referenceOf(type);
  if (type === I32) emit(w, "i32.const", 0);
  else if (type === I64) emit(w, "i64.const", 0n);
  else if (type === F32) emit(w, "f32.const", 0);
  else if (type === F64) emit(w, "f64.const", 0);
  else if (type === V128) emit(w, "v128.const", new Uint8Array(16));
  else if (reference?.nullable) emit(w, "ref.null", reference.heap);
  else emit(w, "unreachable");
}

/** Of each type, topmost first. */
export function pushZeros(w: ByteWriter, types: readonly ValType[]): void {
  for (const type of [...types].reverse()) pushZero(w, type);
}
