/**
 * What the rewriter is told. A *probe* is an action (action.ts) at a place in the code; a *plan* is all probes of a
 * module, what it adds to the module, and, if wanted, the meter that counts fuel. Nothing here knows QuickJS or a
 * language: the profiler's plan and a monitor's are both made of these types.
 *
 * Several plans are applied together (rewrite.ts). They do not see each other: each has its own hooks, functions,
 * globals and so on, numbered from 0 in the plan and by `Indices` in the module that is written.
 *
 * How the events of a structured instruction are said with the four kinds of site (offsets from sites.ts):
 *   a block, loop, if or else is entered          after its opening instruction (a loop: at each turn)
 *   its end is reached from inside                ending, at its `end` (the `if` part of if/else: at its `else`)
 *   control is behind it, however it came there   after its `end`
 *   it is replaced as a whole                     instead of its opening instruction
 *   only the part behind an else is               instead of the else
 *   a branch is taken                             taken
 *   a branch is not taken                         after it
 */
import type { CostModel } from "../fuel/models.ts";
import type { Action, Hook } from "./action.ts";
import type { Additions } from "./additions.ts";

/**
 * Where an action stands at an instruction:
 *   before   control has reached it; its operands are on the stack
 *   ending   the same at an `end` or `else`, but only where the code in front of it was executed: not where another
 *            action stands instead of that
 *   after    control goes on behind it: never behind a branch that is taken, a trap or an exception
 *   instead  it is not executed: its operands are taken off the stack, and the action leaves its results. It is charged
 *            as if it had been executed. Instead of a `return` or a tail call it leaves the function's results, with which
 *            the function returns; where control never goes on behind the instruction otherwise (`br`, `throw` …), it
 *            must not behind the action: a trap stands there. Instead of a block, loop, if or try, all of it goes;
 *            instead of an else, what stands behind it up to the end.
 *   taken    a branch (`br` and all that begin with it) is about to be taken
 */
export type When = "before" | "ending" | "after" | "instead" | "taken";

export type SiteProbe = Action & { readonly when: When };

/** The probes of one function. */
export interface FunctionProbes {
  readonly entry?: readonly Action[];
  /**
   * At every way out: falling off the end, return, a branch to the outermost label, a tail call.
   * Not at a trap or an exception that leaves the function.
   */
  readonly exit?: readonly Action[];
  /**
   * By absolute byte offset of the instruction's opcode in the file. Order within a site is kept. Sites that
   * control cannot reach get no code.
   */
  readonly sites?: ReadonlyMap<number, readonly SiteProbe[]>;
}

/** Two i64 globals, counter and limit: made and exported by the module, or imported from where they were made. */
export type MeterGlobals = { readonly kind: "define" } | { readonly kind: "import"; readonly module: string };

export interface Meter {
  readonly model: CostModel;
  /**
   * `run`: held in a local while a function runs, and added to only where ways of control differ in cost (fast).
   * `instruction`: every instruction adds to the counter at once (slow; right even at a hardware trap).
   */
  readonly mode: "run" | "instruction";
  readonly globals: MeterGlobals;
  /** Compare the counter with the limit at function entries and loop headers, and call the `tick` import past it. */
  readonly checks: boolean;
}

export interface Plan {
  readonly hooks: readonly Hook[];
  /** By absolute function index of the original module. */
  readonly functions: ReadonlyMap<number, FunctionProbes>;
  /** For functions that `functions` does not name. */
  readonly everywhere?: (index: number) => FunctionProbes | undefined;
  readonly added?: Additions;
  /** Of several plans one may have it. */
  readonly meter?: Meter;
  /** A start function runs at instantiation, when nothing listens yet: export it instead, under `meterNames.start`. */
  readonly deferStart?: boolean;
}

/** Names of what an instrumented module imports and exports; every hook is imported from `module` too. */
export const meterNames = {
  module: "javy_prof",
  /** () -> (): called past the limit, with the counter up to date; may return (limit raised) or throw. */
  tick: "tick",
  counter: "javy_prof.fuel",
  limit: "javy_prof.limit",
  start: "javy_prof.start",
} as const;
