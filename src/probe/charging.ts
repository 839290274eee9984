/**
 * When the meter must be right, and where: the local at every place where ways of control join or part, the global
 * wherever something else may read it (a call, a way out, what an exception leads to). Each method is called before
 * the instruction that it names is written; meter.ts emits.
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { Control, Frame } from "./control.ts";
import { Flow } from "./control.ts";
import type { MeterState } from "./meter.ts";

export class Charging {
  readonly meter: MeterState;
  readonly #control: Control;
  /** Whether exit probes stand behind the outermost block: then branches there do not yet leave the function. */
  readonly #wraps: boolean;

  constructor(meter: MeterState, control: Control, wraps: boolean) {
    this.meter = meter;
    this.#control = control;
    this.#wraps = wraps;
  }

  /** A branch to `frames`. `stays`: control may also go on. */
  branch(w: ByteWriter, frames: readonly Frame[], stays: boolean): void {
    const { outermost } = this.#control;
    const leaves = frames.some((frame) => (frame === outermost && !this.#wraps) || frame.caught);
    if (leaves && !stays && frames.length === 1) this.meter.spill(w);
    else if (leaves) this.meter.settleAndSpill(w);
    else this.meter.settle(w);
  }

  /** A block is about to be opened. `caught`: a catch clause leads to its label. */
  open(w: ByteWriter, flow: number, caught: boolean): void {
    const { meter } = this;
    if (flow === Flow.loop) caught ? meter.spill(w) : meter.settle(w);
    else if (flow === Flow.if) caught ? meter.settleAndSpill(w) : meter.settle(w);
    else if (flow === Flow.try) meter.settle(w);
  }

  /** One part of the innermost block ends and the next begins. */
  part(w: ByteWriter, frame: Frame, flow: number): void {
    const { meter } = this;
    if (this.#control.reachable) this.#join(w, frame);
    meter.pending = 0;
    // A handler starts where the exception left the callee: only the global is right.
    meter.stale = flow === Flow.else ? meter.immediate : true;
  }

  /** The innermost block, not the function's own, ends. */
  end(w: ByteWriter, frame: Frame): void {
    if (!this.#control.joins(frame)) return;
    if (this.#control.reachable) this.#join(w, frame);
    this.#behind(frame);
  }

  /** The block around the whole function, which branches lead to, ends. */
  endOfWrap(w: ByteWriter, frame: Frame): void {
    if (this.#control.reachable) this.#join(w, frame);
    this.#behind(frame);
  }

  #join(w: ByteWriter, frame: Frame): void {
    this.meter.settle(w);
    if (frame.caught) this.meter.spill(w);
  }

  #behind(frame: Frame): void {
    this.meter.pending = 0;
    this.meter.stale = frame.caught || this.meter.immediate;
  }

  /** Something else is about to look at the global, or control to be lost: a call, a return, a trap. */
  leave(w: ByteWriter): void {
    this.meter.spill(w);
  }
}
