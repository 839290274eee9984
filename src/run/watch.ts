/**
 * When a guest is to stop: the main thread asks for it (Ctrl-C), or its time is over. Everything that can take long
 * looks here: the meter's ticks, and each host function that waits, or goes over what a guest may make gigabytes of.
 */
import { Stop } from "./ends.ts";
import { Control } from "./job.ts";

/** What a platform may still call of a guest that was stopped, in milliseconds: Shopify's `finalize` hands over logs. */
const lastWordMs = 2_000;

export class Watch {
  readonly #control: Int32Array;
  readonly #deadline: number;
  readonly #besides: () => void;
  /** When nothing of the guest may run any more; unset while it runs. */
  #last: number | null = null;

  /**
   * `control`: Control.words i32, shared with the main thread; `timeoutMs` from now on, null for any time; `besides` looks
   * for other reasons, and throws them.
   */
  constructor(control: Int32Array, timeoutMs: number | null, besides: () => void = () => {}) {
    this.#control = control;
    this.#besides = besides;
    this.#deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  }

  /** @throws Stop where the guest is to stop. */
  readonly look = (): void => {
    if (this.#last !== null && performance.now() < this.#last) return;
    if (Atomics.load(this.#control, Control.stop) !== 0) throw new Stop("interrupted");
    if (performance.now() > this.#deadline) throw new Stop("timeout");
    this.#besides();
  };

  /** Says to the main thread how much fuel there is. */
  report(fuel: bigint): void {
    Atomics.store(this.#control, Control.progress, Number(fuel / 1_000_000n));
  }

  /** The guest has ended: what is left to do is reading out, and the platform's last word. */
  ended(): void {
    this.#last = performance.now() + lastWordMs;
    Atomics.store(this.#control, Control.ended, 1);
  }
}
