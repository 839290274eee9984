/**
 * When the meter must be right, and where. The global is right wherever something else may read it: at a call, a way
 * out, a catch clause. Everywhere else the true count is base + pending, and nothing is written but where ways of
 * control join: each label has a *potential*, the pending fuel with which every way must lead to it. The first way that
 * does sets it, for free; any other adds the difference to the base, which is then the local.
 *
 *   block                             pending
 *     … br_if 0                       5        the label's potential becomes 5
 *     (local += 7 - 5)                7        another way leads there with 7: two are added
 *   end                               5        and behind it 5 are pending again
 *
 * The targets of one br_table share one potential, since nothing can be written on its ways (labels.ts). Each method is
 * called before the instruction that it names is written; meter.ts emits.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { DecodeError } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { type Control, Flow, type Frame } from "./control.ts";
import type { MeterState } from "./meter.ts";

export class Charging {
  readonly meter: MeterState;
  readonly #control: Control;
  /** Whether exit probes stand behind the outermost block: then branches there do not yet leave the function. */
  readonly #wraps: boolean;
  readonly #checks: boolean;
  /** What is pending where an `if` parts, by its block. */
  readonly #parted = new WeakMap<Frame, number>();

  constructor(
    meter: MeterState,
    control: Control,
    how: { readonly wraps: boolean; readonly checks: boolean },
  ) {
    this.meter = meter;
    this.#control = control;
    this.#wraps = how.wraps;
    this.#checks = how.checks;
  }

  /** A branch to `frames`. `stays`: control may also go on. */
  branch(w: ByteWriter, frames: readonly Frame[], stays: boolean): void {
    const labels = frames.some((frame) => this.#leaves(frame))
      ? frames.filter((frame) => !this.#leaves(frame))
      : frames;
    this.#align(w, labels);
    if (labels.length === frames.length) return;
    if (stays || labels.length > 0) this.meter.writeThrough(w);
    else this.meter.spill(w);
  }

  /** Whether only the global counts behind a label. */
  #leaves(frame: Frame): boolean {
    return frame.caught || (frame === this.#control.outermost && !this.#wraps);
  }

  /** A block is being opened, and control knows it already. */
  open(w: ByteWriter, frame: Frame, flow: number): void {
    const { meter } = this;
    if (flow === Flow.loop) {
      if (frame.caught) return meter.spill(w);
      // A check at the header is cheaper where nothing is pending, and all other ways there add anyway.
      if (this.#checks && frame.potential.value === null) frame.potential.value = 0;
      this.#align(w, [frame]);
    } else if (flow === Flow.if) {
      if (frame.caught) meter.writeThrough(w);
      else meter.load(w);
      this.#parted.set(frame, meter.pending);
    }
  }

  /** One part of the innermost block ends and the next begins. */
  part(w: ByteWriter, frame: Frame, flow: number): void {
    const { meter } = this;
    if (this.#control.reachable) this.#join(w, frame);
    if (flow === Flow.else && frame.live) {
      const parted = this.#parted.get(frame);
      if (parted === undefined) throw new DecodeError("else without an if", frame.start);
      meter.pending = parted;
      meter.stale = meter.immediate;
      return;
    }
    // A handler starts where the exception left the callee: only the global is right.
    meter.pending = 0;
    meter.stale = true;
  }

  /** The innermost block, not the function's own, ends. */
  end(w: ByteWriter, frame: Frame): void {
    if (!this.#control.joins(frame)) return;
    const skipped =
      frame.flow === Flow.if && !frame.sawElse && !frame.caught ? this.#parted.get(frame)! : null;
    // Where there is no `else`, its way to the end is the one that should cost nothing.
    if (skipped !== null) frame.potential.value ??= skipped;
    if (this.#control.reachable) this.#join(w, frame);
    if (skipped !== null && skipped !== frame.potential.value) {
      emit(w, "else");
      this.meter.pending = skipped;
      this.meter.stale = false;
      this.#join(w, frame);
    }
    this.#behind(frame);
  }

  /** The block around the whole function, which branches lead to, ends. */
  endOfWrap(w: ByteWriter, frame: Frame): void {
    if (this.#control.reachable) this.#join(w, frame);
    this.#behind(frame);
  }

  /** Something else is about to look at the global, or control to be lost: a call, a return, a trap. */
  leave(w: ByteWriter): void {
    this.meter.spill(w);
  }

  /** The way to a label's end from the code before it. */
  #join(w: ByteWriter, frame: Frame): void {
    if (frame.caught) this.meter.spill(w);
    else this.#align(w, [frame]);
  }

  /** Makes the local right but for the labels' potential, which is what is pending where they have none yet. */
  #align(w: ByteWriter, frames: readonly Frame[]): void {
    if (frames.length === 0) return;
    let value: number | null = null;
    for (const { potential } of frames) {
      if (value !== null && potential.value !== null && potential.value !== value)
        this.#control.labels.share(frames);
      value ??= potential.value;
    }
    value ??= this.meter.pending;
    for (const { potential } of frames) potential.value ??= value;
    this.meter.align(w, value);
  }

  #behind({ caught, potential }: Frame): void {
    const { meter } = this;
    meter.stale = caught || meter.immediate;
    meter.pending = meter.stale ? 0 : (potential.value ?? 0);
  }
}
