/** How long a guest may take to stop once it has been asked to. */
import { Diagnostic, type DiagnosticKind } from "../base/diagnostics.ts";
import { Control } from "./job.ts";

const graceMs = 10_000;

/**
 * The last resort against a guest that does not come past any check (one instruction can fill gigabytes): asked to stop,
 * it gets some seconds; then its thread is ended, and what it counted is lost with it. Reading out what an ended guest
 * left may take as long as it takes.
 */
export class Patience {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #control: Int32Array;
  readonly #interruption: AbortSignal | undefined;
  #giveUp: (error: Diagnostic) => void = () => {};
  readonly ended: Promise<never>;

  /**
   * A guest is asked to stop after a time, and when `interruption` is aborted. `control`: what the guest's thread shares,
   * in which it says that the guest has ended.
   */
  constructor(control: Int32Array, timeoutMs: number | null, interruption: AbortSignal | undefined) {
    this.#control = control;
    this.#interruption = interruption;
    this.ended = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.ended.catch(() => {});
    interruption?.addEventListener("abort", this.#interrupted);
    if (timeoutMs !== null) this.#after(timeoutMs + graceMs, "check");
  }

  readonly #interrupted = () => this.#after(graceMs, "interrupted");

  #after(milliseconds: number, kind: DiagnosticKind): void {
    const message = "the guest did not stop when it was asked to; its profile is lost";
    const end = () => {
      if (Atomics.load(this.#control, Control.ended) === 0) this.#giveUp(new Diagnostic({ kind, message }));
    };
    this.#timers.push(setTimeout(end, milliseconds));
  }

  stop(): void {
    this.#interruption?.removeEventListener("abort", this.#interrupted);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
