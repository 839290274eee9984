/** The added function that finds a function by its place in table 0, as the table is before the program runs. */
import type { ByteWriter } from "../../base/bytes.ts";
import type { AddedFunction } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { I32 } from "../../wasm/types.ts";

/** (index in the table) → a funcref (language-types.ts): halving the table at each step. */
export function resolveFunction(table: ReadonlyMap<number, number>): AddedFunction {
  const entries = [...table].sort(([a], [b]) => a - b);
  return { params: [I32], results: [I32], write: (w) => search(w, entries, 0, entries.length) };
}

function search(
  w: ByteWriter,
  entries: readonly (readonly [number, number])[],
  from: number,
  to: number,
): void {
  if (from === to) return emit(w, "i32.const", 0);
  const middle = (from + to) >> 1;
  const [index, found] = entries[middle]!;
  emit(w, "local.get", 0);
  emit(w, "i32.const", index);
  if (to - from === 1) {
    emit(w, "i32.eq");
    emit(w, "if", { result: I32 });
    emit(w, "i32.const", found + 1);
    emit(w, "else");
    emit(w, "i32.const", 0);
  } else {
    emit(w, "i32.lt_u");
    emit(w, "if", { result: I32 });
    search(w, entries, from, middle);
    emit(w, "else");
    search(w, entries, middle, to);
  }
  emit(w, "end");
}
