/**
 * Where the guest's clock stands unless it is given the real time: always at the same instant, so that the same program
 * has the same fuel. It is one of our days, for a program that reads the time costs otherwise in 1970 (0 is false, and
 * small numbers are integers where others see doubles). On Shopify's platform it is what function-runner says: its
 * deterministic-wasi-ctx (4.0.7) has both clocks at 0.
 */

/** Nanoseconds: since the epoch, and since any start. */
export interface Instant {
  readonly realtime: bigint;
  readonly monotonic: bigint;
}

/** 2026-01-01T00:00:00Z, a second after the start; some runtimes (Go's) refuse to start at 0. */
export const fixedInstant: Instant = { realtime: 1_767_225_600_000_000_000n, monotonic: 1_000_000_000n };

export const platformInstant: Instant = { realtime: 0n, monotonic: 0n };
