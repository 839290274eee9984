/**
 * Finds the places that a plan's probes stand at: instructions, by a predicate over the decoded row, its immediates
 * and the types of its operands and results. A site is data; where in the file it stands is its identity.
 *
 *   findSites(module, (site) => site.name === "br_if").map(({ offset }) => offset)
 */
import { opcodes } from "../wasm/opcodes.ts";
import { OperandStack } from "../wasm/stack.ts";
import type { Module, ValType } from "../wasm/types.ts";
import { type CodeWalk, codeOf } from "../wasm/walk.ts";
import { Control, delimits, Flow, flowOf, opensBlock } from "./control.ts";
import { Labels } from "./labels.ts";
import { type Replaced, replacedTypes } from "./replaced.ts";
import { type ImmediateValue, immediateValues } from "./values.ts";

/** An instruction of a function. */
export interface Site {
  /** Absolute index of the function. */
  readonly function: number;
  /** Absolute byte offset of the opcode in the file. */
  readonly offset: number;
  /** Which instruction of the function it is, from 0. */
  readonly ordinal: number;
  /** Its row in THE table, and its name there. */
  readonly row: number;
  readonly name: string;
  /** Types of the operands, topmost first; those of a branch end with what its label takes. */
  readonly operands: readonly ValType[];
  /** Types of what is on the stack behind it that it put there, topmost first; what goes into a block, behind its opening. */
  readonly results: readonly ValType[];
  readonly immediates: readonly ImmediateValue[];
  /** What an action that stands instead of it takes and leaves. */
  readonly replaced: Replaced;
  /** Whether control can get there, as far as the code tells without values. */
  readonly reachable: boolean;
  /** Blocks that are open around it; 0 at the function's own level. */
  readonly depth: number;
}

/** The instructions of function `index` (absolute, a defined one) that `wants` asks for, in the order of the code. */
export function sitesOf(module: Module, index: number, wants: (site: Site) => boolean): Site[] {
  const found: Site[] = [];
  const stack = new OperandStack(module, index);
  const code = codeOf(module, index);
  const control = new Control(code.at, new Labels());
  for (let ordinal = 0; control.frames.length > 0 && code.advance(); ordinal++) {
    stack.step(code);
    const site = new FoundSite(module, index, ordinal, code, stack, control);
    control.step(code);
    if (wants(site)) found.push(site);
  }
  return found;
}

/** The same for all functions of the module. */
export function findSites(module: Module, wants: (site: Site) => boolean): Site[] {
  return module.bodies.flatMap((_, i) => sitesOf(module, module.importedFunctions + i, wants));
}

/** What costs to make is made when it is asked for. */
class FoundSite implements Site {
  readonly function: number;
  readonly offset: number;
  readonly ordinal: number;
  readonly row: number;
  readonly depth: number;
  readonly reachable: boolean;
  readonly #module: Module;
  readonly #immediates: number;
  readonly #operands: readonly ValType[];
  readonly #results: readonly ValType[];

  constructor(
    module: Module,
    index: number,
    ordinal: number,
    { at, row, immediates }: CodeWalk,
    { operands, results }: OperandStack,
    { frames, reachable }: Control,
  ) {
    this.function = index;
    this.offset = at;
    this.ordinal = ordinal;
    this.row = row;
    this.depth = frames.length - 1;
    this.reachable = reachable;
    this.#module = module;
    this.#immediates = immediates;
    this.#operands = operands;
    this.#results = results;
  }

  get name(): string {
    return opcodes[this.row]!.name;
  }

  get operands(): readonly ValType[] {
    return [...this.#operands].reverse();
  }

  get results(): readonly ValType[] {
    return [...this.#results].reverse();
  }

  get immediates(): readonly ImmediateValue[] {
    return immediateValues(this.#module.bytes, this.#immediates, this.row);
  }

  get replaced(): Replaced {
    const at = { row: this.row, immediates: this.#immediates };
    return replacedTypes(this.#module, this.function, at, this.#operands, this.#results);
  }
}

/** Where the parts of a block stand: absolute offsets of its opening instruction, its `else` or handlers, and its `end`. */
export interface BlockSpan {
  readonly start: number;
  /** `else`, `catch` and `catch_all`, in their order. */
  readonly parts: readonly number[];
  /** The `end`, or the `delegate` of a try. */
  readonly end: number;
}

/** The blocks of function `index`, by the offset of their opening instruction; the function's own is left out. */
export function blocksOf(module: Module, index: number): ReadonlyMap<number, BlockSpan> {
  const found = new Map<number, BlockSpan>();
  const open: { readonly start: number; readonly parts: number[] }[] = [];
  for (const code = codeOf(module, index); code.advance(); ) {
    const flow = flowOf[code.row]!;
    if (opensBlock(flow)) open.push({ start: code.at, parts: [] });
    else if (flow === Flow.end || flow === Flow.delegate) {
      const block = open.pop();
      if (block) found.set(block.start, { ...block, end: code.at });
    } else if (delimits(flow)) open.at(-1)?.parts.push(code.at);
  }
  return found;
}
