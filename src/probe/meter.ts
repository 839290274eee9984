/**
 * Emits the counting of fuel inside one function. The counter is a global; while a function runs, its value is
 * held in one i64 local. At any place in the code the true count is
 *   stale ? global + pending : local + pending
 * where `pending` is what the straight run since the last emission costs. `settle` makes the local true, `spill`
 * makes the global true: before anything that reads it (a call, an exit, a trap).
 *
 *   i32.const 1 / call $f / i32.const 2 / drop      becomes
 *   i32.const 1 / (global += 1 + 2) / call $f / i32.const 2 / drop / (global += 1)
 */
import type { ByteWriter } from "../base/bytes.ts";

const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_EQ = 0x46;
const I64_EQ = 0x51;
const I64_ADD = 0x7c;
const I64_MUL = 0x7e;
const I64_GT_S = 0x55;
const I64_EXTEND_I32_U = 0xad;
const IF = 0x04;
const CALL = 0x10;
const END = 0x0b;
const EMPTY = 0x40;

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
  readonly #immediate: boolean;
  /** True where only the global is right. */
  stale = true;
  /** Fuel of the instructions since the last emission. */
  pending = 0;
  /** Whether the local was ever used, and so must be declared. */
  usesLocal = false;

  /** `immediate`: the per-instruction mode, in which the global is always right. */
  constructor(at: MeterIndices, local: number, immediate: boolean) {
    this.#at = at;
    this.#local = local;
    this.#immediate = immediate;
  }

  #op(w: ByteWriter, opcode: number, index: number): void {
    w.u8(opcode);
    w.leb(index);
  }

  #addPending(w: ByteWriter): void {
    if (this.pending === 0) return;
    w.u8(I64_CONST);
    w.bigSleb(BigInt(this.pending));
    w.u8(I64_ADD);
    this.pending = 0;
  }

  /** Makes the local right, for code that goes on or joins other code. */
  settle(w: ByteWriter): void {
    if (this.#immediate) return this.spill(w);
    if (!this.stale && this.pending === 0) return;
    if (this.stale) this.#op(w, GLOBAL_GET, this.#at.counter);
    else this.#op(w, LOCAL_GET, this.#local);
    this.#addPending(w);
    this.#op(w, LOCAL_SET, this.#local);
    this.usesLocal = true;
    this.stale = false;
  }

  /** Makes the global right and forgets the local. */
  spill(w: ByteWriter): void {
    if (this.stale && this.pending === 0) return;
    if (this.stale) this.#op(w, GLOBAL_GET, this.#at.counter);
    else this.#op(w, LOCAL_GET, this.#local);
    this.#addPending(w);
    this.#op(w, GLOBAL_SET, this.#at.counter);
    this.stale = true;
  }

  /** Makes both right: before a branch that may leave the function. */
  settleAndSpill(w: ByteWriter): void {
    this.settle(w);
    if (this.stale) return;
    this.#op(w, LOCAL_GET, this.#local);
    this.#op(w, GLOBAL_SET, this.#at.counter);
  }

  /** Pushes the true count; settles first. */
  pushFuel(w: ByteWriter): void {
    this.settle(w);
    if (this.stale) this.#op(w, GLOBAL_GET, this.#at.counter);
    else this.#op(w, LOCAL_GET, this.#local);
  }

  /** Adds `unit` times the value of a local: the size of a bulk operation. */
  chargeSize(w: ByteWriter, size: number, is64: boolean, unit: number): void {
    this.pushFuel(w);
    this.#op(w, LOCAL_GET, size);
    if (!is64) w.u8(I64_EXTEND_I32_U);
    if (unit !== 1) {
      w.u8(I64_CONST);
      w.bigSleb(BigInt(unit));
      w.u8(I64_MUL);
    }
    w.u8(I64_ADD);
    if (this.stale) this.#op(w, GLOBAL_SET, this.#at.counter);
    else this.#op(w, LOCAL_SET, this.#local);
  }

  /** After a grow whose result is on the stack: where it failed, takes back what `chargeSize` added. */
  refundFailure(
    w: ByteWriter,
    { size, result, is64 }: { readonly size: number; readonly result: number; readonly is64: boolean },
    unit: number,
  ): void {
    this.settle(w);
    this.#op(w, LOCAL_TEE, result);
    this.#op(w, LOCAL_GET, result);
    w.u8(is64 ? I64_CONST : I32_CONST);
    w.sleb(-1);
    w.u8(is64 ? I64_EQ : I32_EQ);
    w.u8(IF);
    w.u8(EMPTY);
    this.chargeSize(w, size, is64, -unit);
    w.u8(END);
  }

  /** At a loop header: past the limit, the host is asked. The local stays right. */
  check(w: ByteWriter): void {
    if (this.#at.tick === null) return;
    this.pushFuel(w);
    this.#op(w, GLOBAL_GET, this.#at.limit);
    w.u8(I64_GT_S);
    w.u8(IF);
    w.u8(EMPTY);
    if (!this.stale) {
      this.#op(w, LOCAL_GET, this.#local);
      this.#op(w, GLOBAL_SET, this.#at.counter);
    }
    this.#op(w, CALL, this.#at.tick);
    w.u8(END);
  }

  /** At a function's entry, where only the global is right: past the limit, the host is asked. */
  checkAtEntry(w: ByteWriter): void {
    if (this.#at.tick === null) return;
    this.#op(w, GLOBAL_GET, this.#at.counter);
    this.#op(w, GLOBAL_GET, this.#at.limit);
    w.u8(I64_GT_S);
    w.u8(IF);
    w.u8(EMPTY);
    this.#op(w, CALL, this.#at.tick);
    w.u8(END);
  }
}
