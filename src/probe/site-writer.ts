/**
 * The probes at the instructions of one function: follows the operand stack along the rewriter's walk, where a probe
 * needs that, and writes the actions before, after and instead of an instruction, and where a branch is taken.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { blockSignature } from "../wasm/block-type.ts";
import { emit } from "../wasm/emit.ts";
import { rowAt } from "../wasm/instructions.ts";
import { opcodes } from "../wasm/opcodes.ts";
import { independent, OperandStack } from "../wasm/stack.ts";
import { funcTypeAt, type Module, type ValType } from "../wasm/types.ts";
import type { CodeWalk } from "../wasm/walk.ts";
import type { Action } from "./action.ts";
import { type ActionWriter, argumentsOf, type Bound, type Spot } from "./action-writer.ts";
import type { Charging } from "./charging.ts";
import { branches, flowOf, opensBlock, returns } from "./control.ts";
import type { SiteProbe, When } from "./plan.ts";
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

export class SiteWriter {
  readonly #context: SiteContext;
  readonly #stack: OperandStack;
  readonly #functionResults: readonly ValType[];
  /** The rows at which the walk must stop; null for all, where the stack is followed. */
  readonly stops: Uint8Array | null;
  #here: readonly Bound<SiteProbe>[] = [];
  /** What code in front of the instruction can reach on the stack, topmost first; where probes stand. */
  #reached: readonly ValType[] = [];

  constructor(context: SiteContext) {
    this.#context = context;
    this.#stack = new OperandStack(context.module, context.index);
    const { module, index } = context;
    this.#functionResults = funcTypeAt(module, module.functions[index]!)?.results ?? [];
    this.stops = rowsOf(context);
  }

  /** Follows the walk to an instruction. Whether probes stand there. */
  step(): boolean {
    const { code, sites } = this.#context;
    this.#here = sites.get(code.at) ?? [];
    if (this.stops) {
      if (this.#here.length > 0) this.#stack.look(code);
    } else {
      const { types, floor } = this.#stack;
      if (this.#here.length > 0) this.#reached = types.slice(floor).reverse();
      this.#stack.step(code);
    }
    return this.#here.length > 0;
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

  before(): void {
    const mine = this.#at("before");
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
   * instead, and is given what writes the instruction itself once they are back.
   */
  saveAll(): { saved: readonly number[]; put: (instruction: (depth: number) => void) => void } {
    const { w, actions, charging } = this.#context;
    const mine: readonly Bound[] = this.#at("instead");
    const where = this.#spot(false);
    const spot = actions.save(w, where, mine, where.own);
    const leaves = this.#leaves(where);
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

  /** What must be on the stack behind what stands instead of the instruction, topmost first. */
  #leaves({ row, immediates }: Omit<Spot, "saved">): readonly ValType[] {
    const { module } = this.#context;
    const flow = flowOf[row]!;
    if (opensBlock(flow)) return [...blockSignature(module, immediates).results].reverse();
    if (returns(flow)) return [...this.#functionResults].reverse();
    return [...this.#stack.results].reverse();
  }

  /** Passes over the block that the instruction opens, up to and with its `end`. */
  skipBlock(): void {
    const { code } = this.#context;
    const outside = this.#stack.depth - 1;
    while (this.#stack.depth > outside && code.advance()) this.#stack.step(code);
  }
}

/** The rows of the instructions that have probes; null where one of these depends on what lies on the stack. */
function rowsOf({ module, sites }: SiteContext): Uint8Array | null {
  const rows = new Uint8Array(opcodes.length);
  for (const [offset, probes] of sites) {
    const row = rowAt(module.bytes, offset);
    if (independent[row] !== 1 || probes.some(({ action }) => asksForStack(action))) return null;
    rows[row] = 1;
  }
  return rows;
}

/** Whether what a probe is given is more than the operands or results of its instruction. */
function asksForStack(action: SiteProbe): boolean {
  const isAround = action.when === "before" || action.when === "after";
  return !isAround || argumentsOf(action).some(({ kind }) => kind === "stack");
}

const reenters = (mine: readonly Bound<Action>[]): boolean => mine.some(({ action }) => action.reenters);
