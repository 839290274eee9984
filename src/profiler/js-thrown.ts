/**
 * Exceptions as the listener of JavaScript follows them from function to function: where the value is that is thrown, and
 * whether it is one with which a function left that was called, known by its bits: of an object, which one it is.
 *
 * QuickJS clears its runtime's exception when something catches it, but not what an opcode called before: a built-in
 * function may swallow what a callback threw and throw another, as JS_IteratorClose does the other way round.
 */
import type { GuestMemory } from "../quickjs/memory/checked-view.ts";
import {
  bitsAt,
  caughtException,
  classOf,
  leavingException,
  messageOf,
  type Thrower,
} from "../quickjs/memory/thrown.ts";

/** What an activation keeps of them. */
export interface Seen {
  /** With which exceptions functions left that one of its opcodes called; for that opcode alone. */
  thrown: readonly bigint[];
}

/** What every activation begins with. */
export const noneThrown: readonly bigint[] = [];

export class Exceptions {
  readonly #memory: GuestMemory;
  readonly #thrower: () => Thrower | null;
  /** Address of the value that is told of. */
  told: number | null = null;

  /** `thrower`: null as long as no JavaScript has run. */
  constructor(memory: GuestMemory, thrower: () => Thrower | null) {
    this.#memory = memory;
    this.#thrower = thrower;
  }

  /** The address of what leaves the activation at hand; null where that is not known. */
  leaving(): number | null {
    const thrower = this.#thrower();
    return thrower && leavingException(thrower);
  }

  /** The address of what the activation at hand has caught above `depth` values; null where that is not known. */
  caught(depth: number | undefined): number | null {
    const thrower = this.#thrower();
    return thrower && depth !== undefined ? caughtException(thrower, depth) : null;
  }

  /** A function that the opcode called, at which `around` is, left with it; `first`: it is the first that did. */
  keep(around: Seen, at: number, first: boolean): void {
    const bits = bitsAt(this.#memory, at);
    around.thrown = first ? [bits] : [...around.thrown, bits];
  }

  /** Whether it is one that was kept for the opcode. */
  isKept({ thrown }: Seen, at: number): boolean {
    return thrown.includes(bitsAt(this.#memory, at));
  }

  /** The class, or the message, of what is told of; empty where it has none. */
  text(which: "class" | "message"): string {
    const thrower = this.#thrower();
    if (!thrower || this.told === null) return "";
    return (which === "class" ? classOf : messageOf)(thrower, this.told) ?? "";
  }
}
