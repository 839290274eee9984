/**
 * How values of a guest get into JavaScript as arguments of a call: as they are; a v128 as two i64, since none can cross;
 * a reference to an exception, and what has no type here, not at all.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import { Heap, referenceOf } from "../../wasm/heap-types.ts";
import { unknownType } from "../../wasm/stack-effects.ts";
import { I64, V128, type ValType } from "../../wasm/types.ts";

const stays = new Set<number>([Heap.exn, Heap.noexn]);

/** Types of the arguments that a value of that type becomes. */
export function crossing(type: ValType): readonly ValType[] {
  if (type === V128) return [I64, I64];
  const reference = referenceOf(type);
  return type === unknownType || (reference && stays.has(reference.heap)) ? [] : [type];
}

/** Pushes them; `push` pushes the value. */
export function writeCrossing(w: ByteWriter, type: ValType, push: () => void): void {
  if (type !== V128) {
    if (crossing(type).length > 0) push();
    return;
  }
  for (const lane of [0, 1]) {
    push();
    emit(w, "i64x2.extract_lane", lane);
  }
}

/** Values that cross one behind the other. */
export class Crossing {
  /** How many arguments they are. */
  readonly width: number;
  /** How many each is; null where each is one. */
  readonly #widths: readonly number[] | null;

  constructor(types: readonly ValType[]) {
    const widths = types.map((type) => crossing(type).length);
    this.width = widths.reduce((sum, width) => sum + width, 0);
    this.#widths = widths.every((width) => width === 1) ? null : widths;
  }

  /** The values from arguments, the first of which is argument `at`. */
  read(given: readonly unknown[], at: number): unknown[] {
    if (!this.#widths) return given.slice(at, at + this.width);
    let next = at;
    return this.#widths.map((width) => {
      const [low, high] = [given[next], given[next + 1]];
      next += width;
      if (width < 2) return width === 1 ? low : undefined;
      return (BigInt.asUintN(64, high as bigint) << 64n) | BigInt.asUintN(64, low as bigint);
    });
  }
}
