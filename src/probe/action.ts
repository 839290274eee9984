/**
 * What happens where a probe stands: the call of an imported function (a hook), the call of a function that the plan
 * adds to the module, or code written in place. Each is given values of the site (operands, results, immediates,
 * fuel …); what a value needs must exist at the site, or the rewriter refuses the plan.
 *
 * An action must leave the operand stack as it found it, but for one that stands `instead` of an instruction
 * (plan.ts): that one leaves the instruction's results. It must not branch out of itself, nor return.
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { BlockType } from "../wasm/emit.ts";
import type { IndexMap } from "../wasm/reindex.ts";
import type { ValType } from "../wasm/types.ts";

/** A function that the instrumented module imports, or has by then. */
export interface Hook {
  readonly module: string;
  readonly name: string;
  readonly params: readonly ValType[];
  /** None where it is left out. Only an action `instead` of an instruction may call one that has results. */
  readonly results?: readonly ValType[];
  /** Number of the plan's added function of this type that stands for it: then nothing is imported (merge.ts). */
  readonly added?: number;
}

/** Where a value that an action is given comes from. */
export type ProbeArgument =
  /** A parameter or local of the function, by index; at an entry, the parameter as the caller passed it. */
  | { readonly kind: "local"; readonly index: number }
  /** An operand of the instruction, 0 = topmost (not "after"). Those of a branch end with what its label takes. */
  | { readonly kind: "operand"; readonly index: number }
  /**
   * A value on the operand stack, 0 = topmost ("before" only): operands and what lies below them, as far down as the
   * innermost block reaches.
   */
  | { readonly kind: "stack"; readonly index: number }
  /** A result of the instruction, 0 = topmost ("after" only). */
  | { readonly kind: "result"; readonly index: number }
  /**
   * An immediate of the instruction, in the order of the encoding; memory arguments give alignment, memory, offset;
   * br_table its labels, the default last. Indices are those of the module as it was given.
   */
  | { readonly kind: "immediate"; readonly index: number }
  /** Address operand plus constant offset of a load or store (not "after"). */
  | { readonly kind: "effectiveAddress" }
  /**
   * Fuel consumed so far, an i64: everything up to the site, the instruction itself excluded "before" it and
   * included "after" it, `instead` of it and where it is "taken". Needs a meter.
   */
  | { readonly kind: "fuel" }
  /** A constant of type i32, i64, f32 or f64. */
  | { readonly kind: "const"; readonly type: ValType; readonly value: number | bigint };

/** Calls an import of the plan. */
export interface HookCall {
  /** Index in the plan's hooks. */
  readonly hook: number;
  readonly arguments: readonly ProbeArgument[];
}

/** Calls a function that the plan adds. */
export interface FunctionCall {
  /** Index in the plan's added functions. */
  readonly function: number;
  readonly arguments: readonly ProbeArgument[];
}

/** Code of the plan's own, in place. */
export interface CodeInPlace {
  /** What `write` can push. Only operands that are asked for here are saved. */
  readonly values: readonly ProbeArgument[];
  /** Writes the code with wasm/emit.ts. Called once for each site, or more often: it must always write the same. */
  readonly write: (w: ByteWriter, place: Place) => void;
}

export type Action = (HookCall | FunctionCall | CodeInPlace) & {
  /**
   * The action may run code of the module itself, through a hook that calls an export or a call of its own. Then the
   * meter's count is written back first. Left out: it does not.
   */
  readonly reenters?: boolean;
};

/** What code in place is written with. All pushes go to the writer that `write` was given. */
export interface Place {
  /** Where everything stands in the module that is written. */
  readonly indices: Indices;
  /** Absolute index of the function, in the module as it was given. */
  readonly function: number;
  /** Absolute offset of the instruction in the module as it was given; null at a function's entry and exit. */
  readonly offset: number | null;
  /** Types of the action's values, in their order. */
  readonly types: readonly ValType[];
  /** Pushes value `n` of the action's `values`; any number of times, inside blocks of its own too. */
  push(n: number): void;
  /**
   * A local of that type for this action alone, each call another one. It holds anything: other actions of the
   * function use the same one.
   */
  scratch(type: ValType): number;
  /** The local named `key` of this plan in this function, always the same one: 0 (or null) when the function is entered. */
  frameLocal(key: string, type: ValType): number;
  /** Types of what the code must leave on the stack, topmost first: nothing, but `instead` of an instruction. */
  readonly leaves: readonly ValType[];
  /**
   * Only `instead` of an instruction: pushes its operands and the instruction itself, which leaves its results; of a
   * block all of it, and of an `else` what is behind it. `depth`: how many blocks of the action's own are open here.
   * A block is written once at most, and behind it values and scratch locals hold something else: actions inside it
   * use the same ones.
   */
  original(depth: number): void;
}

/** Indices in the instrumented module of what one plan brings; each by its place in the plan's lists. */
export interface Indices {
  hook(n: number): number;
  function(n: number): number;
  global(n: number): number;
  memory(n: number): number;
  table(n: number): number;
  data(n: number): number;
  element(n: number): number;
  /** The index of a function type, which is added where the plans did not need it yet. */
  type(params: readonly ValType[], results: readonly ValType[]): number;
  /** The same as the type of a block. */
  blockType(params: readonly ValType[], results: readonly ValType[]): BlockType;
  /** Where that stands now which the module had before. */
  readonly moved: IndexMap;
}
