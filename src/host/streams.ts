/**
 * A guest's input and output on the process's own descriptors: read to the end at the first read, written until the
 * descriptor takes no more, the first part kept for the result. Synchronous, as guests are.
 */
import { fstatSync, readSync, writeSync } from "node:fs";
import { usageError } from "../base/diagnostics.ts";
import { fixedInstant, platformInstant } from "./clock.ts";
import { randomStream } from "./random.ts";
import type { HostSettings } from "./settings.ts";

export interface OutputSummary {
  readonly bytes: number;
  /** The first bytes, up to `outputKept`. */
  readonly head: Uint8Array;
}

/** Bytes of stdin that a guest can hold at most: all that 32-bit addresses reach. */
const mostStdin = 2 ** 32;

/** What is read or written at once, in bytes: between two of them is time to look whether the guest is to stop. */
const chunkBytes = 1024 * 1024;

/** How much of each output stream a result keeps. */
export const outputKept = 1024 * 1024;

/** Why a descriptor takes nothing more: a code of the system, EPIPE where its reader has gone. */
export interface OutputLost {
  readonly stream: "stdout" | "stderr";
  readonly code: string;
}

/** How a guest reaches the descriptors of the process. `look` is called now and then while it takes long, and may throw. */
export interface Descriptors {
  /** All of stdin. @throws Diagnostic (usage) past the limit. */
  readonly read: (look: () => void) => Uint8Array;
  /** Takes all of the bytes; the code of the error where the descriptor does not, else null. */
  readonly write: (fd: 1 | 2, bytes: Uint8Array, look: () => void) => string | null;
}

/** They themselves: whoever is not ready is waited for. */
export const ownDescriptors: Descriptors = { read: (look) => readFully(0, look), write: writeFully };

/** The same for a run that repeats another: of what it writes to each descriptor, so many bytes were written before. */
export function passedOn(descriptors: Descriptors, passed: Readonly<Record<1 | 2, number>>): Descriptors {
  const left = { ...passed };
  const write: Descriptors["write"] = (fd, bytes, look) => {
    const rest = bytes.subarray(left[fd]);
    left[fd] -= bytes.length - rest.length;
    return descriptors.write(fd, rest, look);
  };
  return { ...descriptors, write };
}

/** One output stream of the guest. */
export class Output {
  /** The descriptor that it is passed on to; null where it is not. */
  readonly to: 1 | 2 | null;
  readonly #descriptors: Pick<Descriptors, "write">;
  /** Set at the first error: nothing is passed on from there. */
  lost: OutputLost | null = null;
  readonly #head: Uint8Array[] = [];
  #kept = 0;
  #bytes = 0;

  constructor(to: 1 | 2 | null, descriptors: Pick<Descriptors, "write">) {
    this.to = to;
    this.#descriptors = descriptors;
  }

  /** `look`: called now and then while it takes long; may throw. */
  write(bytes: Uint8Array, look: () => void): void {
    this.keep(bytes);
    this.pass(bytes, look);
  }

  /** Takes bytes for the result, and passes them on to nobody. */
  keep(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const room = outputKept - this.#kept;
    if (room > 0) {
      const part = bytes.slice(0, room);
      this.#head.push(part);
      this.#kept += part.length;
    }
  }

  /** Passes on what was kept before. `look` as in `write`. */
  pass(bytes: Uint8Array, look: () => void): void {
    if (this.to === null || this.lost) return;
    const code = this.#descriptors.write(this.to, bytes, look);
    if (code !== null) this.lost = { stream: this.to === 1 ? "stdout" : "stderr", code };
  }

  get summary(): OutputSummary {
    return { bytes: this.#bytes, head: new Uint8Array(Buffer.concat(this.#head)) };
  }
}

/** Writes all of it; a full pipe is waited for. The code of the error where the descriptor does not take it, else null. */
function writeFully(fd: number, bytes: Uint8Array, look: () => void): string | null {
  for (let at = 0; at < bytes.length; look()) {
    try {
      at += writeSync(fd, bytes, at, Math.min(chunkBytes, bytes.length - at));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN") return code ?? String(error);
      pause(1);
    }
  }
  return null;
}

/** Reads a descriptor to its end; `look` is called while it comes, and may throw. @throws Diagnostic (exit 2) past the limit. */
function readFully(fd: number, look: () => void): Uint8Array {
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(chunkBytes);
  let total = 0;
  // a file says beforehand how much it is
  refuseTooMuch(fileSize(fd));
  for (;;) {
    look();
    try {
      const count = readSync(fd, chunk);
      if (count === 0) break;
      chunks.push(chunk.slice(0, count));
      total += count;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A closed stdin is an empty one.
      if (code === "EOF" || code === "EBADF") break;
      if (code !== "EAGAIN") throw error;
      pause(5);
    }
    refuseTooMuch(total);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** 0 for what is no file, and for a descriptor that is closed. */
function fileSize(fd: number): number {
  try {
    return fstatSync(fd).size;
  } catch {
    return 0;
  }
}

function refuseTooMuch(bytes: number): void {
  if (bytes <= mostStdin) return;
  throw usageError(
    `stdin has more than ${mostStdin.toLocaleString("en-US")} bytes`,
    "no guest can hold more: 32-bit addresses end there",
  );
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** What WASI is made with: streams, arguments, clock and random numbers as the settings say. */
export function hostOptions(
  host: HostSettings,
  write: (fd: 1 | 2, bytes: Uint8Array) => void,
  look: () => void,
  { read }: Pick<Descriptors, "read"> = ownDescriptors,
) {
  const random = randomStream(host.seed);
  return {
    stdin: () => (host.stdin === "inherit" ? read(look) : host.stdin),
    stdinPiece: host.stdinPiece ?? null,
    write,
    args: host.args,
    now: (clock: "realtime" | "monotonic") => {
      if (!host.realClock) return (host.platform ? platformInstant : fixedInstant)[clock];
      return clock === "realtime" ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
    },
    random,
    look,
  };
}
