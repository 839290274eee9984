/**
 * How a report's values leave the module: one exported function from a value's number to its bits as an i64. A module
 * may have hundreds of thousands of values, more than it may have exports; halving finds one in a few steps.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { AddedFunction, AddedGlobal } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { F32, F64, I32, I64 } from "../../wasm/types.ts";

const perFunction = 512;

/** `reported` are numbers of added globals, by the value's number; the last of the functions is the one to export. */
export function valueFunctions(
  reported: readonly number[],
  globals: readonly AddedGlobal[],
  first: number,
): AddedFunction[] {
  const functions: AddedFunction[] = [];
  for (let from = 0; from < reported.length; from += perFunction) {
    const to = Math.min(from + perFunction, reported.length);
    functions.push({
      ...{ params: [I32], results: [I64] },
      write: (w, indices) =>
        halve(w, from, to, (n) => {
          const number = reported[n]!;
          pushBits(w, globals[number]!, indices.global(number));
        }),
    });
  }
  const count = functions.length;
  if (count < 2) return functions;
  const top: AddedFunction = {
    ...{ params: [I32], results: [I64] },
    write: (w, indices) =>
      halve(
        ...([w, 0, count] as const),
        (n) => {
          emit(w, "local.get", 0);
          emit(w, "call", indices.function(first + n));
        },
        perFunction,
      ),
  };
  return [...functions, top];
}

/** Writes the choice among leaves `from` to `to` by the parameter, of which each leaf takes `each` numbers. */
function halve(w: ByteWriter, from: number, to: number, leaf: (n: number) => void, each = 1): void {
  if (to - from === 1) return leaf(from);
  const middle = (from + to) >> 1;
  emit(w, "local.get", 0);
  emit(w, "i32.const", middle * each);
  emit(w, "i32.lt_u");
  emit(w, "if", { result: I64 });
  halve(w, from, middle, leaf, each);
  emit(w, "else");
  halve(w, middle, to, leaf, each);
  emit(w, "end");
}

function pushBits(w: ByteWriter, { type }: AddedGlobal, index: number): void {
  emit(w, "global.get", index);
  if (type === F64) return emit(w, "i64.reinterpret_f64");
  if (type === F32) emit(w, "i32.reinterpret_f32");
  if (type !== I64) emit(w, "i64.extend_i32_u");
}
