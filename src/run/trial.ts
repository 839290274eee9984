/**
 * A guest's trial on the calling thread. Booting a thread costs about 100 ms of CPU, a short program much less. So it is
 * begun here, within bounds of fuel and time, with its output held back; what does not come to a plain end is abandoned,
 * and repeated from its start in a thread with a large stack, as if nothing had been: guests are deterministic.
 *
 * V8's own interrupts end it at the time limit, also in a loop of native code without checks. They cannot be caught, and
 * no `finally` runs. What a guest reads was read before, so that nothing is lost with them.
 */
import { fstatSync, statSync, writeSync } from "node:fs";
import { devNull, platform } from "node:os";
import { Script } from "node:vm";
import { type Descriptors, ownDescriptors } from "../host/streams.ts";
import type { CompileJob, CompileOutcome } from "../javy/compile.ts";
import { compileGuest } from "./compile-guest.ts";
import { runGuest } from "./guest.ts";
import { Control, type RunJob, type RunOutcome } from "./job.ts";

/**
 * How long the calling thread may be kept busy, in milliseconds: Ctrl-C is late by as much. Fuel ends most trials long before;
 * this is for what is not metered, and generous, since on a busy machine a hello world takes a fifth of a second.
 */
const longestMs = 500;

/** A little more than platforms let a function use. What costs more is longer than a thread takes to boot. */
const mostMillions = 12;

/** Bytes of source: longer ones take the compiler tens of milliseconds. */
const longestSource = 64 * 1024;

/** Bytes of output that are held back, and of a file that is read as input. */
const longestStream = 1024 * 1024;

/** The guest asks for an input that is not there yet. */
class InputNeeded extends Error {}

/** More than is tried. */
class TooLong extends Error {}

/** The outcome of compiling; null where it has to be repeated in a thread. */
export function tryCompile(job: CompileJob): CompileOutcome | null {
  if (job.source.length > longestSource) return null;
  const outcome = within(longestMs, () => compileGuest(job));
  // a thread has more stack
  return outcome === null || (outcome.kind === "failed" && outcome.trapped) ? null : outcome;
}

/** The outcome of a run, or the job that a thread has to do instead. */
export type Tried = { readonly outcome: RunOutcome } | { readonly job: RunJob };

export function tryRun(job: RunJob): Tried {
  if (!isRepeatable(job)) return { job };
  const tried = attempt(job);
  if (tried !== null) return tried;
  const stdin = inputAtHand();
  if (stdin === null) return { job };
  const given: RunJob = { ...job, host: { ...job.host, stdin } };
  return attempt(given) ?? { job: given };
}

/** Whether a run can begin here: it does the same each time, is counted, and nothing of it takes its own time. */
function isRepeatable({ host, profile, monitor }: RunJob): boolean {
  if (!profile || monitor || host.userHost || host.realClock || profile.bounds.timeoutMs !== null)
    return false;
  // pipes there are written to until they take it, and Ctrl-C waits for that
  return !(host.passThrough && platform() === "win32");
}

/** Null where the guest asks for an input that is not there yet. */
function attempt(job: RunJob): Tried | null {
  const output = new HeldOutput();
  const words = new Int32Array(job.control);
  const look = () => {
    if (Atomics.load(words, Control.progress) >= mostMillions) throw new TooLong();
  };
  const read = (): never => {
    throw new InputNeeded();
  };
  const descriptors: Descriptors = { read, write: (fd, bytes) => output.hold(fd, bytes) };
  let outcome: RunOutcome | null;
  try {
    outcome = within(longestMs, () => runGuest(job, { descriptors, look }));
  } catch (error) {
    if (error instanceof InputNeeded) return null;
    // whatever it is, it happens in a thread, too, or comes of this thread's stack
    return { job };
  } finally {
    words.fill(0, Control.progress);
  }
  if (outcome === null || !isPlain(outcome)) return { job };
  const passed = output.passOn();
  return passed === null ? { outcome } : { job: { ...job, passed } };
}

/** Whether a run has ended as it would with a larger stack, and is not to be stopped for another reason. */
function isPlain({ end, platform }: RunOutcome): boolean {
  return ["ok", "exit", "throw"].includes(end.kind) && (platform?.outputError ?? null) === null;
}

/** What the guest writes, until it has come to its end. */
class HeldOutput {
  readonly #parts: { readonly fd: 1 | 2; readonly bytes: Uint8Array }[] = [];
  #length = 0;

  hold(fd: 1 | 2, bytes: Uint8Array): null {
    this.#length += bytes.length;
    if (this.#length > longestStream) throw new TooLong();
    this.#parts.push({ fd, bytes: bytes.slice() });
    return null;
  }

  /** Writes it. Null where all was taken at once, else how much was: a thread can wait for the rest, or stop the guest. */
  passOn(): Record<1 | 2, number> | null {
    const passed = { 1: 0, 2: 0 };
    for (const { fd, bytes } of this.#parts)
      try {
        for (let at = 0; at < bytes.length; ) {
          const count = writeSync(fd, bytes, at);
          at += count;
          passed[fd] += count;
        }
      } catch {
        return passed;
      }
    return null;
  }
}

/** All of stdin where it can be had without waiting: a file that is not large, or nothing; null where it cannot. */
function inputAtHand(): Uint8Array | null {
  try {
    const stdin = fstatSync(0);
    const isNothing = stdin.isCharacterDevice() && stdin.rdev === statSync(devNull).rdev;
    return isNothing || (stdin.isFile() && stdin.size <= longestStream)
      ? ownDescriptors.read(() => {})
      : null;
  } catch {
    return null;
  }
}

/** Where a script finds what it calls. */
const called = Symbol.for("javy-prof trial");

/** What `act` gives; null where it was ended because it took longer, in milliseconds. */
function within<T>(timeout: number, act: () => T): T | null {
  const place = globalThis as { [called]?: () => T };
  place[called] = act;
  try {
    return new Script(`globalThis[Symbol.for("${called.description}")]()`).runInThisContext({ timeout }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
    throw error;
  } finally {
    delete place[called];
  }
}
