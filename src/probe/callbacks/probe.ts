/**
 * Probes as values: where one stands in a module, and what happens each time control comes there. A count probe adds
 * one, an operand probe hands one operand to a function of the host, a frame probe hands it what it asks to see of the
 * activation. A probe is immutable and knows no instance; what it came to is asked of the instrumented module's control.
 *
 *   const turns = countProbe({ function: 1, pc: 14 });
 *   const sizes = operandProbe(grow, (pages: number) => { … });
 *   const deep = attachable(frameProbe({ entry: 3 }, ["depth"], ({ depth }) => { … }), false);
 *
 * At one place probes fire in the order of their list: they are one event. Which of them are attached is settled when
 * the event begins, so that what a probe changes while it fires takes effect at the next event.
 */

/**
 * An instruction: the absolute index of its function (0-based, imported ones first), and its byte offset in that
 * function's body, whose byte 0 counts the groups of locals.
 */
export interface At {
  readonly function: number;
  readonly pc: number;
}

/**
 * Where a probe fires: before an instruction, or before each one of all functions (every opcode counts, `block`, `else`
 * and `end` too), when a function has been entered, or when it is left by its end, a return, a branch or a tail call; at
 * an exception or a trap it is not. "all" is every function that the module defines.
 */
export type Where =
  | At
  | { readonly entry: number | "all" }
  | { readonly exit: number | "all" }
  | "every instruction";

/** Where a caller is: at an instruction, or, where a probe's function called the guest, at an entry or exit: pc null. */
export interface Caller {
  readonly function: number;
  readonly pc: number | null;
}

/** Where a probe fires: in one place, or in several as one probe; never twice at one event. */
export type Places = Where | readonly Where[];

export interface CountProbe {
  readonly kind: "count";
  readonly at: Places;
}

export interface OperandProbe {
  readonly kind: "operand";
  readonly at: Places;
  /** Which operand of the instruction, 0 = topmost. */
  readonly operand: number;
  readonly fire: (value: never) => void;
}

/** What a frame probe can ask to see. */
export type Reads = "locals" | "operands" | "depth" | "callers";

export interface FrameProbe {
  readonly kind: "frame";
  readonly at: Places;
  readonly reads: readonly Reads[];
  readonly fire: (frame: Frame) => void;
}

export type Probe = CountProbe | OperandProbe | FrameProbe;

/** A probe that can be attached and detached while the guest runs: a guard is asked at each of its places. */
export type Attachable<P extends Probe = Probe> = P & {
  /** Whether it is attached from the start. */
  readonly attached: boolean;
};

/**
 * An activation, as it was when the probe fired. Values are what JavaScript gets from WebAssembly: i32, f32 and f64 are
 * numbers (i32 signed), i64 a signed bigint, references themselves. A v128 is a bigint of 128 bits, lane 0 lowest. What
 * cannot leave WebAssembly (exnref), and a local that may not be set yet (of a type without null), is undefined.
 */
export interface Frame {
  readonly function: number;
  /** Of the instruction; null at an entry or exit. */
  readonly pc: number | null;
  readonly event: "instruction" | "entry" | "exit";
  /** Parameters and locals by index. */
  readonly locals: readonly unknown[];
  /** The operand stack of the activation, topmost first: all of it, not only the instruction's operands. None at entries and exits. */
  readonly operands: readonly unknown[];
  /** Activations of the module's own functions, this one included: 1 = the outermost. */
  readonly depth: number;
  /**
   * Where the activations below it are, the nearest first: at calls, or at probes whose function called the guest. To be
   * read while the probe fires. @throws Diagnostic (usage) later.
   */
  readonly callers: readonly Caller[];
}

/** Counts how often control comes to its places. Costs a load, an add and a store of a global, in any engine. */
export function countProbe(at: Places): CountProbe {
  return Object.freeze({ kind: "count", at });
}

/**
 * Hands an operand (default: the topmost) of the instructions at its places to `fire`, as Frame's values are; a v128
 * cannot be. What `fire` throws goes through the guest. A WebAssembly function that takes just that type and gives
 * nothing is called without leaving WebAssembly.
 */
export function operandProbe<T extends number | bigint | object | null>(
  at: Places,
  fire: (value: T) => void,
  operand = 0,
): OperandProbe {
  return Object.freeze({ kind: "operand", at, operand, fire });
}

/**
 * Calls `fire` with the activation at its places; of what `reads` does not list, nothing is there and nothing is paid.
 * What `fire` throws goes through the guest. `fire` may call the guest.
 */
export function frameProbe<const R extends Reads = never>(
  at: Places,
  reads: readonly R[],
  fire: (frame: Pick<Frame, "function" | "pc" | "event" | R>) => void,
): FrameProbe {
  return Object.freeze({ kind: "frame", at, reads, fire });
}

/** The same probe, to be attached and detached while the guest runs; `attached`: whether it is from the start. */
export function attachable<P extends Probe>(probe: P, attached = true): Attachable<P> {
  return Object.freeze<Attachable<P>>({ ...probe, attached });
}

/** Whether a probe was made with `attachable`. */
export const isAttachable = (probe: Probe): probe is Attachable => "attached" in probe;
