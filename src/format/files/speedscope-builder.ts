/**
 * Builders that hold the invariants of a speedscope file: frames are distinct, the clock never goes back,
 * calls close in the reverse order of their opening, nothing stays open. Breaking one throws, with the names
 * of both frames: a profile that speedscope would refuse is never written.
 */
import { internalError } from "../../base/diagnostics.ts";
import { addFuel } from "../../base/fuel.ts";
import type { EventedProfile, FrameEvent, SampledProfile, SpeedscopeFrame } from "./speedscope-spec.ts";

/** The frames of a file; equal frames share one index. */
export class FrameTable {
  readonly frames: SpeedscopeFrame[] = [];
  readonly #index = new Map<string, number>();

  /** Index of `frame`, 0-based. */
  add(frame: SpeedscopeFrame): number {
    const { name, file, line, col } = frame;
    // unlike its parts, where the name ends is told
    const key = `${name.length} ${line} ${col} ${file === undefined} ${name}${file}`;
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    this.#index.set(key, this.frames.length);
    return this.frames.push(frame) - 1;
  }

  name(frame: number): string {
    return this.frames[frame]?.name ?? `frame ${frame}`;
  }
}

/** Calls in order; `at` is fuel since the start of the run. */
export class EventedBuilder {
  readonly #name: string;
  readonly #table: FrameTable;
  /** Frame of each event; of a closing its complement (-1 - frame). */
  readonly #frames: number[] = [];
  readonly #at: number[] = [];
  readonly #open: number[] = [];
  #clock = 0;

  constructor(name: string, table: FrameTable) {
    this.#name = name;
    this.#table = table;
  }

  enter(frame: number, at: number): void {
    this.#advance(at, "entering", frame);
    this.#open.push(frame);
    this.#frames.push(frame);
    this.#at.push(at);
  }

  leave(frame: number, at: number): void {
    const top = this.#open.at(-1);
    if (top !== frame)
      throw internalError(
        `profile "${this.#name}": leaving ${this.#table.name(frame)} at ${at} while ${this.#innermost()} is innermost`,
      );
    this.#advance(at, "leaving", frame);
    this.#open.pop();
    this.#frames.push(-1 - frame);
    this.#at.push(at);
  }

  /** The profile, `endValue` fuel long. */
  finish(endValue: number): EventedProfile {
    this.#advance(endValue, "finishing");
    if (this.#open.length > 0)
      throw internalError(
        `profile "${this.#name}": finished while ${this.#innermost()} (outermost: ${this.#table.name(this.#open[0]!)}) is open`,
      );
    return {
      type: "evented",
      name: this.#name,
      unit: "none",
      startValue: 0,
      endValue,
      events: { [Symbol.iterator]: () => this.#events() },
    };
  }

  *#events(): Generator<FrameEvent> {
    for (let i = 0; i < this.#at.length; i++) {
      const frame = this.#frames[i]!;
      const at = this.#at[i]!;
      yield frame >= 0 ? { type: "O", frame, at } : { type: "C", frame: -1 - frame, at };
    }
  }

  #innermost(): string {
    const top = this.#open.at(-1);
    return top === undefined ? "no frame" : this.#table.name(top);
  }

  #advance(at: number, act: string, frame?: number): void {
    if (at < this.#clock) {
      const what = frame === undefined ? act : `${act} ${this.#table.name(frame)}`;
      throw internalError(
        `profile "${this.#name}": ${what} at ${at} goes back from ${this.#clock} in ${this.#innermost()}`,
      );
    }
    this.#clock = at;
  }
}

/** Stacks with weights. */
export class SampledBuilder {
  readonly #name: string;
  /** The stacks one behind the other, and where each begins. */
  readonly #stacks: number[] = [];
  readonly #starts: number[] = [];
  readonly #weights: number[] = [];
  #total = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Adds `fuel` under `stack` (frame indices, outermost first); nothing where it is 0. */
  sample(stack: readonly number[], fuel: number): void {
    if (fuel === 0) return;
    this.#starts.push(this.#stacks.length);
    for (const frame of stack) this.#stacks.push(frame);
    this.#weights.push(fuel);
    this.#total = addFuel(this.#total, fuel);
  }

  /** The profile; throws unless its weights add up to `total`. */
  finish(total: number): SampledProfile {
    if (this.#total !== total)
      throw internalError(`profile "${this.#name}": its weights add up to ${this.#total}, not to ${total}`);
    return {
      type: "sampled",
      name: this.#name,
      unit: "none",
      startValue: 0,
      endValue: total,
      samples: { [Symbol.iterator]: () => this.#samples() },
      weights: this.#weights,
    };
  }

  *#samples(): Generator<readonly number[]> {
    for (const [i, start] of this.#starts.entries())
      yield this.#stacks.slice(start, this.#starts[i + 1] ?? this.#stacks.length);
  }
}
