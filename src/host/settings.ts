/** What a guest is to find: its input, where its output goes, its clock and randomness, its platform. Plain data. */
import type { ShopifyGeneration } from "./shopify/shopify.ts";

export interface HostSettings {
  /** Contents of stdin, or "inherit" to read the process's own at the guest's first read. */
  readonly stdin: Uint8Array | "inherit";
  /** A read ends where so many bytes of stdin do, or a multiple of them; null: where its buffer does. Default: null. */
  readonly stdinPiece?: number | null;
  /** Pass the guest's output on to the process's stdout and stderr; "stderr": all of it there, stdout is taken. */
  readonly passThrough: boolean | "stderr";
  readonly args: readonly string[];
  /** Otherwise the clock stands still (clock.ts). */
  readonly realClock: boolean;
  readonly seed: bigint;
  /** The platform whose protocol the guest speaks; without it, WASI between pipes. */
  readonly platform?: ShopifyGeneration | null;
  /** Absolute path of a host that the user made; it drives the guest, and the export is not called. */
  readonly userHost?: string | null;
}
