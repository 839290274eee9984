/**
 * Emits the counting of fuel inside one function. The counter is a global; while a function runs, its value is
 * held in one i64 local. At any place in the code the true count is
 *   stale ? global + pending : local + pending
 * where `pending` is what the run of instructions behind it costs. `align` makes the local true but for a rest, `spill`
 * makes the global true: before anything that reads it (a call, an exit, a trap). When that is, charging.ts says.
 *
 *   i32.const 1 / call $f / i32.const 2 / drop      becomes
 *   i32.const 1 / (global += 1 + 2) / call $f / i32.const 2 / drop / (global += 1)
 */
import type { ByteWriter } from "../base/bytes.ts";
import { emit } from "../wasm/emit.ts";

/** Indices of the meter's parts in the instrumented module. */
export interface MeterIndices {
  readonly counter: number;
  readonly limit: number;
  /** Function index of the tick import, or null where nothing is checked. */
  readonly tick: number | null;
}

export class MeterState {
  readonly #at: MeterIndices;
  readonly #local: number;
  /** The per-instruction mode, in which the global is always right. */
  readonly immediate: boolean;
  /** True where only the global is right. */
  stale = true;
  /** Fuel of the instructions since the last emission. */
  pending = 0;
  /** Whether the local was ever used, and so must be declared. */
  usesLocal = false;

  constructor(at: MeterIndices, local: number, immediate: boolean) {
    this.#at = at;
    this.#local = local;
    this.immediate = immediate;
  }

  #pushCount(w: ByteWriter): void {
    if (this.stale) emit(w, "global.get", this.#at.counter);
    else emit(w, "local.get", this.#local);
  }

  /** Makes the local right but for `rest`, which stays pending. */
  align(w: ByteWriter, rest: number): void {
    if (this.immediate) return this.spill(w);
    const difference = this.pending - rest;
    this.pending = rest;
    if (!this.stale && difference === 0) return;
    this.#pushCount(w);
    if (difference !== 0) {
      emit(w, "i64.const", difference);
      emit(w, "i64.add");
    }
    emit(w, "local.set", this.#local);
    this.usesLocal = true;
    this.stale = false;
  }

  /** Makes the local right but for what is pending. */
  load(w: ByteWriter): void {
    this.align(w, this.pending);
  }

  /** Makes the global right and forgets the local. */
  spill(w: ByteWriter): void {
    if (this.stale && this.pending === 0) return;
    this.peekFuel(w);
    this.pending = 0;
    emit(w, "global.set", this.#at.counter);
    this.stale = true;
  }

  /** Makes the global right, and the local stays what it is: before a branch that may leave the function. */
  writeThrough(w: ByteWriter): void {
    if (this.stale) return this.spill(w);
    this.peekFuel(w);
    emit(w, "global.set", this.#at.counter);
  }

  /** Pushes the true count; nothing changes. */
  peekFuel(w: ByteWriter): void {
    this.#pushCount(w);
    if (this.pending === 0) return;
    emit(w, "i64.const", this.pending);
    emit(w, "i64.add");
  }

  /** Adds `unit` times the value of a local: the size of a bulk operation. */
  chargeSize(w: ByteWriter, size: number, is64: boolean, unit: number): void {
    this.peekFuel(w);
    this.pending = 0;
    emit(w, "local.get", size);
    if (!is64) emit(w, "i64.extend_i32_u");
    if (unit !== 1) {
      emit(w, "i64.const", unit);
      emit(w, "i64.mul");
    }
    emit(w, "i64.add");
    if (this.stale) emit(w, "global.set", this.#at.counter);
    else emit(w, "local.set", this.#local);
  }

  /** After a grow whose result is on the stack: where it failed, takes back what `chargeSize` added. */
  refundFailure(
    w: ByteWriter,
    { size, result, is64 }: { readonly size: number; readonly result: number; readonly is64: boolean },
    unit: number,
  ): void {
    // What stands in the arm must not change what is pending behind it.
    if (this.pending !== 0) this.stale ? this.spill(w) : this.align(w, 0);
    emit(w, "local.tee", result);
    emit(w, "local.get", result);
    emit(w, is64 ? "i64.const" : "i32.const", -1);
    emit(w, is64 ? "i64.eq" : "i32.eq");
    emit(w, "if", null);
    this.chargeSize(w, size, is64, -unit);
    emit(w, "end");
  }

  /** At a loop header: past the limit, the host is asked. */
  check(w: ByteWriter): void {
    if (this.#at.tick === null) return;
    this.peekFuel(w);
    emit(w, "global.get", this.#at.limit);
    emit(w, "i64.gt_s");
    emit(w, "if", null);
    if (!this.stale) this.writeThrough(w);
    emit(w, "call", this.#at.tick);
    emit(w, "end");
  }

  /** At a function's entry, where only the global is right: past the limit, the host is asked. */
  checkAtEntry(w: ByteWriter): void {
    if (this.#at.tick === null) return;
    emit(w, "global.get", this.#at.counter);
    emit(w, "global.get", this.#at.limit);
    emit(w, "i64.gt_s");
    emit(w, "if", null);
    emit(w, "call", this.#at.tick);
    emit(w, "end");
  }
}
