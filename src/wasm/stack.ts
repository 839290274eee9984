/**
 * The operand stack of one function, as types, followed instruction by instruction along a walk: what each one takes
 * and what it leaves, also where that depends on what lies on the stack (select, drop, references, branches). For
 * valid code; where nothing can be reached, or the module is damaged, types are `unknownType`.
 *
 *   const stack = new OperandStack(module, index);
 *   for (const code = codeOf(module, index); code.advance(); ) { stack.step(code); … stack.operands … }
 */
import { DecodeError } from "../base/diagnostics.ts";
import { type BlockSignature, blockSignature } from "./block-type.ts";
import { referenceTo, withNull } from "./heap-types.ts";
import { lebAt, lebEnd, signedAt } from "./instructions.ts";
import { localTypeOf } from "./locals.ts";
import { opcodes } from "./opcodes.ts";
import { type Around, effectOf, unknownType } from "./stack-effects.ts";
import { funcTypeAt, I32, type Module, type ValType } from "./types.ts";
import type { CodeWalk } from "./walk.ts";

/** An open block: what it takes and leaves, and how high the stack was below its parameters. */
interface OpenBlock extends BlockSignature {
  readonly isLoop: boolean;
  readonly height: number;
}

const none: readonly ValType[] = [];

export class OperandStack {
  /** What the instruction that was stepped over takes and leaves, deepest first; what goes into a block it opens is both. */
  operands: readonly ValType[] = none;
  results: readonly ValType[] = none;
  readonly #around: Around;
  readonly #module: Module;
  readonly #types: ValType[] = [];
  readonly #blocks: OpenBlock[] = [];

  /** `index`: absolute, of a defined function. */
  constructor(module: Module, index: number) {
    this.#module = module;
    const localType = localTypeOf(module, index);
    this.#around = {
      module,
      localType: (local) => localType(local) ?? unknownType,
      below: (n) => {
        const at = this.#types.length - 1 - n;
        return at >= (this.#blocks.at(-1)?.height ?? 0) ? this.#types[at]! : unknownType;
      },
    };
    const { results } = funcTypeAt(module, module.functions[index]!) ?? { results: none };
    this.#blocks.push({ isLoop: false, height: 0, params: none, results });
  }

  /** Where the walk is, before its next step: what is on the stack, deepest first. */
  get types(): readonly ValType[] {
    return this.#types;
  }

  /** How many of these lie below the innermost block, whose code cannot reach them. */
  get floor(): number {
    return this.#blocks.at(-1)?.height ?? 0;
  }

  /** Blocks that are open, the function's own included. */
  get depth(): number {
    return this.#blocks.length;
  }

  /** Steps over the instruction at which the walk is. */
  step({ row, at, immediates, bytes }: CodeWalk): void {
    const { name } = opcodes[row]!;
    switch (name) {
      case "block":
      case "loop":
      case "try":
      case "try_table":
      case "if":
        return this.#open(name, blockSignature(this.#module, immediates));
      case "else":
      case "catch":
      case "catch_all": {
        const block = this.#close(at);
        const tag = name === "catch" ? this.#module.tags[lebAt(bytes, immediates)] : undefined;
        const thrown = tag === undefined ? none : (funcTypeAt(this.#module, tag)?.params ?? none);
        this.#blocks.push({ ...block, isLoop: false });
        return this.#effect(none, name === "else" ? block.params : thrown, block.results);
      }
      case "end":
      case "delegate": {
        const { results } = this.#close(at);
        return this.#effect(none, results, results);
      }
      case "br":
        this.#effect(this.#label(lebAt(bytes, immediates), at), none);
        return this.#leave();
      case "br_if": {
        const label = this.#label(lebAt(bytes, immediates), at);
        return this.#effect([...label, I32], label);
      }
      case "br_table": {
        let last = lebEnd(bytes, immediates);
        for (let i = lebAt(bytes, immediates); i > 0; i--) last = lebEnd(bytes, last);
        this.#effect([...this.#label(lebAt(bytes, last), at), I32], none);
        return this.#leave();
      }
      case "br_on_null": {
        const label = this.#label(lebAt(bytes, immediates), at);
        const type = this.#around.below(0);
        return this.#effect([...label, type], [...label, withNull(type, false)]);
      }
      case "br_on_non_null": {
        const label = this.#label(lebAt(bytes, immediates), at).slice(0, -1);
        return this.#effect([...label, this.#around.below(0)], label);
      }
      case "br_on_cast":
      case "br_on_cast_fail": {
        const label = this.#label(lebAt(bytes, immediates + 1), at).slice(0, -1);
        const type = this.#around.below(0);
        return this.#effect([...label, type], [...label, castRest(name, bytes, immediates, type)]);
      }
      case "return":
        this.#effect(this.#blocks[0]!.results, none);
        return this.#leave();
      case "unreachable":
      case "rethrow":
        this.#effect(none, none);
        return this.#leave();
      default: {
        const { operands, results } = effectOf(this.#around, row, immediates);
        if (!leaves.has(name)) return this.#effect(operands, results);
        this.#effect(operands, none);
        return this.#leave();
      }
    }
  }

  /** What the instruction at which the walk is takes and leaves, of one that is `independent`, and nothing else is followed. */
  look({ row, immediates }: CodeWalk): void {
    const { operands, results } = effectOf(this.#around, row, immediates);
    this.operands = operands;
    this.results = results;
  }

  #open(name: string, signature: BlockSignature): void {
    const { params, results } = signature;
    this.#effect(name === "if" ? [...params, I32] : params, none);
    this.#blocks.push({ isLoop: name === "loop", height: this.#types.length, params, results });
    this.#types.push(...params);
    this.results = params;
  }

  /** Ends a block or one part of it: its results are gone from the stack. */
  #close(at: number): OpenBlock {
    const block = this.#blocks.pop();
    if (!block) throw new DecodeError("the function's blocks and its end do not match", at);
    this.#types.length = Math.min(this.#types.length, block.height);
    return block;
  }

  #label(depth: number, at: number): readonly ValType[] {
    const block = this.#blocks[this.#blocks.length - 1 - depth];
    if (!block) throw new DecodeError(`label ${depth} does not exist`, at);
    return block.isLoop ? block.params : block.results;
  }

  /** `taken`: gone from the stack already; otherwise the operands are popped. */
  #effect(operands: readonly ValType[], results: readonly ValType[], taken?: readonly ValType[]): void {
    const floor = this.#blocks.at(-1)?.height ?? 0;
    this.#types.length = Math.max(floor, this.#types.length - operands.length);
    this.#types.push(...results);
    this.operands = taken ?? operands;
    this.results = results;
  }

  /** Control does not go on: nothing is known of the stack but that it is there. */
  #leave(): void {
    this.#types.length = Math.min(this.#types.length, this.#blocks.at(-1)?.height ?? 0);
  }
}

/** Whether what an instruction takes and leaves follows from itself, whatever lies on the stack, by row. */
export const independent = Uint8Array.from(opcodes, ({ name, signature }) =>
  signature !== "?" || name === "call" || name === "call_indirect" ? 1 : 0,
);

/** Instructions that control does not go on behind, whose operands effectOf knows. */
const leaves = new Set(["throw", "throw_ref", "return_call", "return_call_indirect", "return_call_ref"]);

/** The type of the reference that stays where br_on_cast or br_on_cast_fail does not branch. */
function castRest(name: string, bytes: Uint8Array, immediates: number, type: ValType): ValType {
  const toNull = (bytes[immediates]! & 2) !== 0;
  if (name === "br_on_cast") return toNull ? withNull(type, false) : type;
  const to = lebEnd(bytes, lebEnd(bytes, immediates + 1));
  return referenceTo(signedAt(bytes, to), toNull);
}
