/**
 * The probes at the instructions of one function: follows the operand stack along the rewriter's walk, where a probe
 * needs that, and writes the actions before, after and instead of an instruction, and where a branch is taken.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { rowAt } from "../wasm/instructions.ts";
import { opcodes } from "../wasm/opcodes.ts";
import { independent, OperandStack } from "../wasm/stack.ts";
import type { Module, ValType } from "../wasm/types.ts";
import type { CodeWalk } from "../wasm/walk.ts";
import type { Action } from "./action.ts";
import { type ActionWriter, argumentsOf, type Bound, type Spot } from "./action-writer.ts";
import type { Charging } from "./charging.ts";
import { branches, Flow, flowOf } from "./control.ts";
import type { SiteProbe, When } from "./plan.ts";
import { replacedTypes } from "./replaced.ts";
import { isConditional, pushCondition } from "./taken.ts";

/** The parts of a function's rewriting that it works with. */
export interface SiteContext {
  readonly module: Module;
  readonly index: number;
  readonly sites: ReadonlyMap<number, readonly Bound<SiteProbe>[]>;
  readonly code: CodeWalk;
  readonly w: ByteWriter;
  readonly actions: ActionWriter;
  readonly charging: Charging | undefined;
  /** Copies the original bytes up to an offset. */
  readonly copyTo: (at: number) => void;
}

/** What stands in front of an instruction. */
export type InFront = Extract<When, "before" | "ending">;

export class SiteWriter {
  readonly #context: SiteContext;
  readonly #stack: OperandStack;
  /** The rows at which the walk must stop; null for all, where the stack is followed. */
  readonly stops: Uint8Array | null;
  #here: readonly Bound<SiteProbe>[] = [];
  /** What code in front of the instruction can reach on the stack, topmost first; where probes stand. */
  #reached: readonly ValType[] = [];

  constructor(context: SiteContext) {
    this.#context = context;
    this.#stack = new OperandStack(context.module, context.index);
    this.stops = rowsOf(context);
  }

  /** Follows the walk to an instruction. Whether probes stand there. */
  step(): boolean {
    const { code, sites } = this.#context;
    this.#here = sites.get(code.at) ?? [];
    const hasProbes = this.#here.length > 0;
    if (this.stops) {
      if (hasProbes) this.#stack.look(code);
      return hasProbes;
    }
    const { types, floor } = this.#stack;
    if (hasProbes) this.#reached = types.slice(floor).reverse();
    this.#stack.step(code);
    return hasProbes;
  }

  #at(when: When): readonly Bound<SiteProbe>[] {
    return this.#here.filter(({ action }) => action.when === when);
  }

  #spot(after: boolean): Omit<Spot, "saved"> {
    const { row, at, immediates, next } = this.#context.code;
    const mine = [...(after ? this.#stack.results : this.#stack.operands)].reverse();
    const types = after ? mine : [...mine, ...this.#reached.slice(mine.length)];
    return { row, at, immediates, next, types, own: mine.length, after };
  }

  /** `only`: of an `end` whose block has something instead of its code, the ones that belong there. */
  before(only?: InFront): void {
    const mine = this.#here.filter(({ action: { when } }) =>
      only ? when === only : when === "before" || when === "ending",
    );
    if (mine.length > 0) this.#plain(mine, this.#context.code.at, this.#spot(false));
  }

  /** Behind the instruction at which the walk is now, which need not be the one that it was stepped to. */
  after(): void {
    const { code, sites } = this.#context;
    this.#here = sites.get(code.at) ?? [];
    const mine = this.#at("after");
    if (mine.length > 0) this.#plain(mine, code.next, this.#spot(true));
  }

  #plain(mine: readonly Bound[], at: number, where: Omit<Spot, "saved">): void {
    const { w, actions, copyTo } = this.#context;
    copyTo(at);
    const spot = actions.save(w, where, mine);
    actions.write(w, mine, spot);
    actions.restore(w, spot);
  }

  /** Where a branch is taken: before it, under its own condition. Its cost is charged already. */
  taken(): void {
    const mine = this.#at("taken");
    if (mine.length === 0) return;
    const { w, actions, copyTo, code, charging } = this.#context;
    if (!branches(flowOf[code.row]!))
      throw internalError(`${opcodes[code.row]!.name} is no branch that could be taken`);
    copyTo(code.at);
    const conditional = isConditional(code);
    const spot = actions.save(w, this.#spot(false), mine, conditional ? 1 : 0);
    if (reenters(mine)) charging?.meter.spill(w);
    if (conditional) {
      pushCondition(w, code, spot.saved[0]!);
      emit(w, "if", null);
    }
    actions.write(w, mine, spot, true);
    if (conditional) emit(w, "end");
    actions.restore(w, spot);
  }

  /** Whether an action stands instead of the instruction. */
  replaces(): boolean {
    const count = this.#at("instead").length;
    if (count > 1) {
      const { name } = opcodes[this.#context.code.row]!;
      throw internalError(`${count} actions stand instead of one ${name}`);
    }
    return count === 1;
  }

  /**
   * Takes the instruction's operands off the stack into locals, topmost first; `put` writes the action that stands
   * instead, and is given what writes the instruction itself once they are back. Of an `else`, which is written, what
   * goes into the part behind it.
   */
  saveAll(): { saved: readonly number[]; put: (instruction: (depth: number) => void) => void } {
    const { w, actions, charging, module, index } = this.#context;
    const mine: readonly Bound[] = this.#at("instead");
    const where = { ...this.#spot(flowOf[this.#context.code.row] === Flow.else), after: false };
    const spot = actions.save(w, where, mine, where.own);
    const { operands, results } = this.#stack;
    const { leaves } = replacedTypes(module, index, where, operands, results);
    const put = (instruction: (depth: number) => void) => {
      if (reenters(mine)) charging?.meter.spill(w);
      actions.write(w, mine, spot, true, {
        leaves,
        original: (depth) => {
          actions.restore(w, spot);
          instruction(depth);
        },
      });
    };
    return { saved: spot.saved, put };
  }

  /** Passes over the block that the instruction opens, up to and with its `end`. */
  skipBlock(): void {
    const { code } = this.#context;
    const outside = this.#stack.depth - 1;
    while (this.#stack.depth > outside && code.advance()) this.step();
  }
}

/** The rows of the instructions that have probes; null where one of these depends on what lies on the stack. */
function rowsOf({ module, sites }: SiteContext): Uint8Array | null {
  const rows = new Uint8Array(opcodes.length);
  for (const [offset, probes] of sites) {
    const row = rowAt(module.bytes, offset);
    const around = probes.every(({ action: { when } }) => when !== "instead" && when !== "taken");
    const isOwn = probes.every(({ action }) => argumentsOf(action).every(({ kind }) => kind !== "stack"));
    if (independent[row] !== 1 || !around || !isOwn) return null;
    rows[row] = 1;
  }
  return rows;
}

const reenters = (mine: readonly Bound<Action>[]): boolean => mine.some(({ action }) => action.reenters);
