/**
 * What an instruction does to control, as far as the rewriter cares, and what can be reached: the blocks that are
 * open while a function is walked through. Code that cannot be reached costs nothing and gets no probes.
 */
import { DecodeError } from "../base/diagnostics.ts";
import { lebAt, lebEnd, skipBlockType } from "../wasm/instructions.ts";
import { opcodes, rowNamed } from "../wasm/opcodes.ts";
import type { CodeWalk } from "../wasm/walk.ts";
import type { Labels, Potential } from "./labels.ts";

// biome-ignore format: a table
export const Flow = {
  plain: 0, block: 1, loop: 2, if: 3, else: 4, end: 5, br: 6, brIf: 7, brTable: 8, return: 9, call: 10, tailCall: 11, trap: 12,
  throw: 13, tryTable: 14, try: 15, catch: 16, delegate: 17, sized: 18, brOnCast: 19,
} as const;

/** The flow of each instruction, by its row in the opcode table. */
export const flowOf = new Uint8Array(opcodes.length);
// biome-ignore format: a table
const flows: Readonly<Record<string, number>> = {
  block: Flow.block, loop: Flow.loop, if: Flow.if, else: Flow.else, end: Flow.end, br: Flow.br, br_if: Flow.brIf, br_on_null: Flow.brIf,
  br_on_non_null: Flow.brIf, br_on_cast: Flow.brOnCast, br_on_cast_fail: Flow.brOnCast, br_table: Flow.brTable, return: Flow.return,
  call: Flow.call, call_indirect: Flow.call, call_ref: Flow.call, return_call: Flow.tailCall, return_call_indirect: Flow.tailCall,
  return_call_ref: Flow.tailCall, unreachable: Flow.trap, throw: Flow.throw, throw_ref: Flow.throw, rethrow: Flow.throw,
  try_table: Flow.tryTable, try: Flow.try, catch: Flow.catch, catch_all: Flow.catch, delegate: Flow.delegate, "memory.grow": Flow.sized,
  "memory.copy": Flow.sized, "memory.fill": Flow.sized, "memory.init": Flow.sized, "table.copy": Flow.sized, "table.fill": Flow.sized,
  "table.init": Flow.sized, "table.grow": Flow.sized, "array.new": Flow.sized, "array.new_default": Flow.sized, "array.new_data": Flow.sized,
  "array.new_elem": Flow.sized, "array.fill": Flow.sized, "array.copy": Flow.sized, "array.init_data": Flow.sized, "array.init_elem": Flow.sized,
};
for (const [name, flow] of Object.entries(flows)) flowOf[rowNamed(name)] = flow;

const is = (...kinds: readonly number[]) => {
  const table = new Uint8Array(32);
  for (const kind of kinds) table[kind] = 1;
  return (flow: number) => table[flow] === 1;
};
/** block, loop, if, try, try_table. */
export const opensBlock = is(Flow.block, Flow.loop, Flow.if, Flow.try, Flow.tryTable);
/** else, catch, catch_all, delegate, end. */
export const delimits = is(Flow.else, Flow.catch, Flow.delegate, Flow.end);
export const branches = is(Flow.br, Flow.brIf, Flow.brTable, Flow.brOnCast);
/** return and the tail calls. */
export const returns = is(Flow.return, Flow.tailCall);
/** Control never goes on behind these. */
export const diverts = is(Flow.br, Flow.brTable, Flow.return, Flow.tailCall, Flow.trap, Flow.throw);

/** Deeper nesting than V8 accepts by far. */
const deepest = 100_000;

/** One open block. */
export interface Frame {
  readonly flow: number;
  /** Absolute offset of the instruction that opened it. */
  readonly start: number;
  /** Whether control can reach the block at all. */
  readonly live: boolean;
  /** A catch clause leads to its label: there only the global is right. */
  readonly caught: boolean;
  /** The meter's: what is pending at its label. */
  readonly potential: Potential;
  /** A reachable branch leads to its label. */
  targeted: boolean;
  /** A part that ended before (then, try, a handler) reached its end. */
  partReached: boolean;
  sawElse: boolean;
}

export class Control {
  /** Whether control can get to where the walk is. */
  reachable = true;
  /** The function's own label, then every open block. */
  readonly frames: Frame[];
  readonly outermost: Frame;
  /** What is known of labels before they are reached; gains what this walk finds. */
  readonly labels: Labels;
  /** The targets of the branch that was asked for last, and its offset. */
  #targets: readonly Frame[] = [];
  #branchAt = -1;

  constructor(start: number, labels: Labels) {
    this.labels = labels;
    this.outermost = this.#frame(Flow.block, start);
    this.frames = [this.outermost];
  }

  #frame(flow: number, start: number): Frame {
    const caught = this.labels.isCaught(start);
    const potential = this.labels.potential(start);
    return {
      flow,
      start,
      live: this.reachable,
      caught,
      potential,
      targeted: false,
      partReached: false,
      sawElse: false,
    };
  }

  /** The block of a label; `at` for the error where there is none. */
  label(depth: number, at: number): Frame {
    const frame = this.frames[this.frames.length - 1 - depth];
    if (!frame) throw new DecodeError(`label ${depth} does not exist`, at);
    return frame;
  }

  /** The blocks whose labels the branch at which the walk is leads to, each once. */
  targets({ row, at, immediates, bytes }: CodeWalk): readonly Frame[] {
    if (this.#branchAt === at) return this.#targets;
    this.#branchAt = at;
    const flow = flowOf[row]!;
    if (flow !== Flow.brTable) {
      const depth = lebAt(bytes, flow === Flow.brOnCast ? immediates + 1 : immediates);
      this.#targets = [this.label(depth, at)];
      return this.#targets;
    }
    const frames = new Set<Frame>();
    let label = lebEnd(bytes, immediates);
    for (let i = lebAt(bytes, immediates); i >= 0; i--) {
      frames.add(this.label(lebAt(bytes, label), at));
      label = lebEnd(bytes, label);
    }
    this.#targets = [...frames];
    return this.#targets;
  }

  /** A branch to these is reached; `stays`: control may also go on. */
  branch(frames: readonly Frame[], stays: boolean): void {
    for (const frame of frames) frame.targeted = true;
    if (!stays) this.reachable = false;
  }

  /** Whether more than one way leads to the end of a block, but for a loop's, which has its label elsewhere. */
  joins(frame: Frame): boolean {
    if (frame.flow === Flow.loop) return false;
    return (frame.flow === Flow.if && frame.live) || frame.targeted || frame.partReached;
  }

  /** Steps over the instruction at which the walk is. */
  step(code: CodeWalk): void {
    const { row, at } = code;
    const flow = flowOf[row]!;
    if (opensBlock(flow)) return this.#open(code, flow);
    if (branches(flow)) {
      const frames = this.targets(code);
      if (this.reachable) this.branch(frames, !diverts(flow));
    } else if (flow === Flow.end || flow === Flow.delegate) {
      this.#close();
    } else if (delimits(flow)) {
      this.#part(this.label(0, at), flow);
    } else if (diverts(flow)) {
      this.reachable = false;
    }
  }

  #open(code: CodeWalk, flow: number): void {
    const { at } = code;
    if (this.frames.length >= deepest) throw new DecodeError("blocks are nested too deeply", at);
    if (flow === Flow.tryTable && this.reachable) this.#catches(code);
    this.frames.push(this.#frame(flow === Flow.tryTable ? Flow.block : flow, at));
  }

  /** One part of the innermost block ends and the next begins. */
  #part(frame: Frame, flow: number): void {
    if (this.reachable) frame.partReached = true;
    this.reachable = frame.live;
    if (flow === Flow.else) frame.sawElse = true;
  }

  #close(): void {
    const frame = this.frames.pop()!;
    const implicitElse = frame.flow === Flow.if && !frame.sawElse && frame.live;
    const branched = frame.flow !== Flow.loop && frame.targeted;
    const reached = this.reachable || frame.partReached || implicitElse || branched;
    this.reachable = frame.live && reached;
  }

  /** Marks the labels that the catch clauses of a try_table lead to; they count from outside it. */
  #catches({ bytes, immediates }: CodeWalk): void {
    let at = skipBlockType(bytes, immediates);
    const count = lebAt(bytes, at);
    at = lebEnd(bytes, at);
    for (let i = 0; i < count; i++) {
      at = bytes[at]! < 2 ? lebEnd(bytes, at + 1) : at + 1;
      const frame = this.label(lebAt(bytes, at), at);
      frame.targeted = true;
      this.labels.catch(frame.start);
      at = lebEnd(bytes, at);
    }
  }
}
