/**
 * A walk of the kernel over a function with probes: it writes the code up to where probes stand, and stops there; what
 * they write is put behind that, and the walk goes on. What is pending goes to and fro with the meter (meter.ts).
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { KernelExports } from "./kernel-module.ts";
import type { MeterState } from "./meter.ts";

/** Why a walk stops: at what the kernel does not know, at the end, where probes stand, and to have a size charged. */
export const Stop = { unknown: 0, done: 1, before: 2, after: 3, exit: 4, sized: 5 } as const;

export interface ProbedFunction {
  /** Number of its body among those of the module. */
  readonly body: number;
  /** Absolute offsets of instructions with probes before or behind them. */
  readonly stops: Iterable<number>;
  /** Whether it has exit probes. */
  readonly wraps: boolean;
  /** Whether this is another walk over it, since the last one had learnt something. */
  readonly again: boolean;
}

/** Where things are in the kernel's memory: offsets in the code are less by `shift`, and there is so much room. */
interface Places {
  readonly shift: number;
  readonly output: number;
  readonly room: number;
}

export class KernelWalk {
  readonly #exports: KernelExports;
  readonly #places: Places;
  readonly #meter: MeterState;
  /** Address of the first byte of the code that is written. */
  #begin = 0;

  constructor(exports: KernelExports, places: Places, meter: MeterState) {
    this.#exports = exports;
    this.#places = places;
    this.#meter = meter;
  }

  /** False where the function is not the kernel's. */
  enter({ body, stops, wraps, again }: ProbedFunction): boolean {
    const { output, shift, room } = this.#places;
    const addresses = Uint32Array.from(stops, (offset) => offset + shift).sort();
    if (addresses.byteLength > room / 2) return false;
    this.#begin = output + addresses.byteLength;
    new Uint32Array(this.#exports.memory.buffer, output, addresses.length).set(addresses);
    const { pending, stale } = this.#meter;
    const fuel = BigInt(pending);
    return this.#exports.enter(body, this.#begin, output, addresses.length, wraps, again, fuel, stale) !== 0;
  }

  /** Walks up to the next stop, and lets the meter know what is pending there. */
  go(): number {
    const { pending, stale, usesLocal } = this.#exports;
    const stop = this.#exports.go();
    this.#meter.pending = Number(pending.value);
    this.#meter.stale = stale.value !== 0;
    this.#meter.usesLocal ||= usesLocal.value !== 0;
    return stop;
  }

  /** Absolute offset of the instruction that the walk stopped before, or of the one behind that. */
  get at(): number {
    return this.#exports.here.value - this.#places.shift;
  }

  /** Puts what was written where the walk stopped; false where there is no room. */
  put(w: ByteWriter): boolean {
    const { memory, to } = this.#exports;
    const { output, room } = this.#places;
    const bytes = w.view();
    if (to.value + bytes.length > output + room) return false;
    new Uint8Array(memory.buffer).set(bytes, to.value);
    this.#exports.writeAt(to.value + bytes.length);
    this.#exports.resume(BigInt(this.#meter.pending), this.#meter.stale);
    return true;
  }

  /** At the end: copies the code. */
  copy(w: ByteWriter): void {
    const { memory, to } = this.#exports;
    w.copy(new Uint8Array(memory.buffer), this.#begin, to.value);
  }

  get hasCall(): boolean {
    return this.#exports.hasCall.value !== 0;
  }

  /** Whether something leads to the end of the block around the code, which exit probes stand behind. */
  get isWrapped(): boolean {
    return this.#exports.isWrapped() !== 0;
  }

  /** Whether another walk is needed. */
  get learnt(): boolean {
    return this.#exports.learnt.value !== 0;
  }
}
