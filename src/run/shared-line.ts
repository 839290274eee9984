/**
 * The last line of a terminal, which a line of progress and the guest's own text must not share. The main thread draws progress
 * there, the guest's thread writes to it; a word of their shared memory says what stands there, and lets one of them in at a
 * time. Progress is drawn where no line of the guest's is open, and the guest takes it away before it writes.
 */
import { isatty } from "node:tty";
import { encodeText } from "../base/bytes.ts";
import { Control } from "./job.ts";

/** What stands on the line, or who is at it. */
const State = { empty: 0, progress: 1, guest: 2, drawing: 3, writing: 4 } as const;

/** Calls `draw`, unless a line of the guest's is open, or it is being written to. */
export function drawProgress(control: Int32Array, draw: () => boolean): void {
  for (const state of [State.empty, State.progress]) {
    if (Atomics.compareExchange(control, Control.line, state, State.drawing) !== state) continue;
    const isDrawn = draw() || state === State.progress;
    Atomics.store(control, Control.line, isDrawn ? State.progress : State.empty);
    Atomics.notify(control, Control.line);
    return;
  }
}

/** The guest's side of it. */
export class SharedLine {
  readonly #control: Int32Array;
  readonly #clear: Uint8Array;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #isTerminal: Readonly<Record<1 | 2, boolean>>;

  /** `clear`: what takes a line of progress away; `write`: writes to stderr. */
  constructor(
    control: Int32Array,
    clear: string,
    write: (bytes: Uint8Array) => void,
    isTerminal: Readonly<Record<1 | 2, boolean>> = { 1: isatty(1), 2: isatty(2) },
  ) {
    this.#control = control;
    this.#clear = encodeText(clear);
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  /** Has `write` write these bytes to a descriptor, on a line without progress. */
  around(fd: 1 | 2, bytes: Uint8Array, write: () => void): void {
    if (!this.#isTerminal[fd] || bytes.length === 0) return write();
    this.#enter();
    try {
      write();
    } finally {
      this.#leave(bytes.at(-1) === 0x0a ? State.empty : State.guest);
    }
  }

  /** Nothing is drawn from here on, and what was drawn is taken away. */
  close(): void {
    this.#enter();
    this.#leave(State.guest);
  }

  #enter(): void {
    for (;;) {
      const state = Atomics.load(this.#control, Control.line);
      if (state === State.drawing) Atomics.wait(this.#control, Control.line, state, 100);
      else if (Atomics.compareExchange(this.#control, Control.line, state, State.writing) === state) {
        if (state === State.progress) this.#write(this.#clear);
        return;
      }
    }
  }

  #leave(state: number): void {
    Atomics.store(this.#control, Control.line, state);
  }
}
