/**
 * What the rewriter is told. A *probe* is a call of a hook (an imported function) at a place in the code; a
 * *plan* is all probes of a module and, if wanted, the meter that counts fuel. Nothing here knows QuickJS:
 * the profiler's plan (profiler-plan.ts) and a monitor's are both made of these types.
 */
import type { CostModel } from "../fuel/models.ts";
import type { ValType } from "../wasm/types.ts";

/** A function that the instrumented module imports. Hooks return nothing. */
export interface Hook {
  readonly module: string;
  readonly name: string;
  readonly params: readonly ValType[];
}

/** Where an argument of a hook comes from; what it needs must exist at the site, or the rewriter refuses the plan. */
export type ProbeArgument =
  /** A parameter or local of the function, by index; at an entry, the parameter as the caller passed it. */
  | { readonly kind: "local"; readonly index: number }
  /** An operand of the instruction, 0 = topmost ("before" only). */
  | { readonly kind: "operand"; readonly index: number }
  /** A result of the instruction, 0 = topmost ("after" only). */
  | { readonly kind: "result"; readonly index: number }
  /** An immediate of the instruction, in the order of the encoding; memory arguments give alignment, memory, offset. */
  | { readonly kind: "immediate"; readonly index: number }
  /** Address operand plus constant offset of a load or store ("before" only). */
  | { readonly kind: "effectiveAddress" }
  /** Fuel consumed so far, an i64: everything up to the site, the instruction itself excluded "before" it. Needs a meter. */
  | { readonly kind: "fuel" }
  | { readonly kind: "const"; readonly type: ValType; readonly value: number | bigint };

export interface Probe {
  /** Index in the plan's hooks. */
  readonly hook: number;
  readonly arguments: readonly ProbeArgument[];
}

export interface SiteProbe extends Probe {
  readonly when: "before" | "after";
}

/** The probes of one function. */
export interface FunctionProbes {
  readonly entry?: readonly Probe[];
  /**
   * At every way out: falling off the end, return, a branch to the outermost label, a tail call.
   * Not at a trap or an exception that leaves the function.
   */
  readonly exit?: readonly Probe[];
  /** By absolute byte offset of the instruction's opcode in the file. Order within a site is kept. */
  readonly sites?: ReadonlyMap<number, readonly SiteProbe[]>;
}

/** Two i64 globals, counter and limit: made and exported by the module, or imported from where they were made. */
export type MeterGlobals = { readonly kind: "define" } | { readonly kind: "import"; readonly module: string };

export interface Meter {
  readonly model: CostModel;
  /**
   * `run`: one charge per straight run, held in a local while a function runs (fast).
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
