/**
 * A guest's input and output on the process's own descriptors: read to the end at the first read, written until the
 * descriptor takes no more, the first part kept for the result. Synchronous, as guests are.
 */
import { readSync, writeSync } from "node:fs";
import { randomStream } from "./random.ts";
import type { HostSettings } from "./settings.ts";

export interface OutputSummary {
  readonly bytes: number;
  /** The first bytes, up to `outputKept`. */
  readonly head: Uint8Array;
}

/** How much of each output stream a result keeps. */
export const outputKept = 1024 * 1024;

/** Why a descriptor takes nothing more: a code of the system, EPIPE where its reader has gone. */
export interface OutputLost {
  readonly stream: "stdout" | "stderr";
  readonly code: string;
}

/** One output stream of the guest. */
export class Output {
  readonly #to: 1 | 2 | null;
  /** Set at the first error: nothing is passed on from there. */
  lost: OutputLost | null = null;
  readonly #head: Uint8Array[] = [];
  #kept = 0;
  #bytes = 0;

  /** `to`: the descriptor to pass it on to. */
  constructor(to: 1 | 2 | null) {
    this.#to = to;
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const room = outputKept - this.#kept;
    if (room > 0) {
      const part = bytes.slice(0, room);
      this.#head.push(part);
      this.#kept += part.length;
    }
    if (this.#to === null || this.lost) return;
    const code = writeFully(this.#to, bytes);
    if (code !== null) this.lost = { stream: this.#to === 1 ? "stdout" : "stderr", code };
  }

  get summary(): OutputSummary {
    return { bytes: this.#bytes, head: new Uint8Array(Buffer.concat(this.#head)) };
  }
}

/** Writes all of it; a full pipe is waited for. The code of the error where the descriptor does not take it, else null. */
function writeFully(fd: number, bytes: Uint8Array): string | null {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN") return code ?? String(error);
      pause(1);
    }
  }
  return null;
}

/** Reads a descriptor to its end; `waiting` is called while there is nothing yet, and may throw. */
function readFully(fd: number, waiting: () => void): Uint8Array {
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(65536);
  for (;;) {
    try {
      const count = readSync(fd, chunk);
      if (count === 0) break;
      chunks.push(chunk.slice(0, count));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A closed stdin is an empty one.
      if (code === "EOF" || code === "EBADF") break;
      if (code !== "EAGAIN") throw error;
      waiting();
      pause(5);
    }
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** What WASI is made with: streams, arguments, clock and random numbers as the settings say. */
export function hostOptions(
  host: HostSettings,
  write: (fd: 1 | 2, bytes: Uint8Array) => void,
  waiting: () => void,
) {
  const random = randomStream(host.seed);
  return {
    stdin: () => (host.stdin === "inherit" ? readFully(0, waiting) : host.stdin),
    write,
    args: host.args,
    now: (clock: "realtime" | "monotonic") => {
      if (!host.realClock) return clock === "monotonic" ? (host.monotonic ?? 0n) : 0n;
      return clock === "realtime" ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
    },
    random,
  };
}
