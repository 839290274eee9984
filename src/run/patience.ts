/** How long a guest may take to stop once it has been asked to. */
import { Diagnostic, type DiagnosticKind } from "../base/diagnostics.ts";

const graceMs = 10_000;

/**
 * The last resort against a guest that does not come past any check (one instruction can fill gigabytes): asked to stop,
 * it gets some seconds; then its thread is ended, and what it counted is lost with it.
 */
export class Patience {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #interruption: AbortSignal | undefined;
  #giveUp: (error: Diagnostic) => void = () => {};
  readonly ended: Promise<never>;

  /** A guest is asked to stop after a time, and when `interruption` is aborted. */
  constructor(timeoutMs: number | null, interruption: AbortSignal | undefined) {
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
    const lost = new Diagnostic({ kind, message });
    this.#timers.push(setTimeout(() => this.#giveUp(lost), milliseconds));
  }

  stop(): void {
    this.#interruption?.removeEventListener("abort", this.#interrupted);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
