/**
 * What operand and frame probes are given at an event, as values of the place: the instruction's operand; locals, and the
 * operand stack, of which what lies below the innermost block is kept in locals of the plan's own from where that block
 * was opened, since code in a block cannot reach it.
 */
import { usageError } from "../../base/diagnostics.ts";
import { emit } from "../../wasm/emit.ts";
import { hasDefault } from "../../wasm/heap-types.ts";
import { localTypeOf } from "../../wasm/locals.ts";
import { unknownType } from "../../wasm/stack-effects.ts";
import { funcTypeAt, I32, type Module, typeName, V128, type ValType } from "../../wasm/types.ts";
import type { CodeInPlace } from "../action.ts";
import { Crossing, crossing } from "./crossing.ts";
import type { Given } from "./event-code.ts";
import type { Frame, FrameProbe, OperandProbe } from "./probe.ts";

/** An event as it is found in the code. */
export interface Found {
  readonly function: number;
  /** Absolute offset of the instruction; null at an entry or exit. */
  readonly offset: number | null;
  readonly event: Frame["event"];
  /** Types on the stack, topmost first, as far as the innermost block reaches; and what lies below, deepest first. */
  readonly reached: readonly ValType[];
  readonly below: readonly ValType[];
  /** The instruction's name, and how many of the values are its operands. */
  readonly name: string;
  readonly operands: number;
}

/** How what a frame probe sees gets there; operands topmost first. */
export interface Layout {
  readonly locals: Crossing;
  readonly operands: Crossing;
}

interface Locals {
  readonly given: readonly Given[];
  readonly crossing: Crossing;
}

export class FrameValues {
  readonly #module: Module;
  readonly #locals = new Map<number, Locals>();

  constructor(module: Module) {
    this.#module = module;
  }

  layout({ function: index, reached, below }: Found): Layout {
    const operands = new Crossing([...reached, ...[...below].reverse()]);
    return { locals: this.#localsOf(index).crossing, operands };
  }

  /** The number of the place, and what the probe reads, in the order in which the host takes it apart. */
  given({ reads }: FrameProbe, { function: index, reached, below }: Found, number: number): Given[] {
    const given: Given[] = [{ type: I32, constant: number }];
    if (reads.includes("locals")) given.push(...this.#localsOf(index).given);
    if (reads.includes("operands")) {
      given.push(...reached.map((type, index) => ({ type, value: { kind: "stack", index } as const })));
      given.push(...below.map((type, slot) => ({ type, kept: slotName(slot) })).reverse());
    }
    if (reads.includes("depth") || reads.includes("callers")) given.push({ type: I32, kept: "depth" });
    return given.filter(({ type }) => crossing(type).length > 0);
  }

  /** A function's locals by index; one that may not be set yet has no type here. */
  #localsOf(index: number): Locals {
    const known = this.#locals.get(index);
    if (known) return known;
    const typeOf = localTypeOf(this.#module, index);
    const params = funcTypeAt(this.#module, this.#module.functions[index]!)!.params.length;
    const types: ValType[] = [];
    for (let n = 0; ; n++) {
      const type = typeOf(n);
      if (type === undefined) break;
      types.push(n < params || hasDefault(type) ? type : unknownType);
    }
    const given = types.map((type, local) => ({ type, value: { kind: "local", index: local } as const }));
    const found = { given, crossing: new Crossing(types) };
    this.#locals.set(index, found);
    return found;
  }
}

/** @throws Diagnostic (usage) where there is no such operand, or none that could be given. */
export function operandOf({ operand }: OperandProbe, { reached, operands, name, ...place }: Found): Given {
  if (operand >= operands || !(operand >= 0))
    throw usageError(
      `an operand probe wants operand ${operand} of ${name} in function ${place.function}, which has ${operands}`,
    );
  const type = reached[operand]!;
  if (type === V128 || crossing(type).length === 0)
    throw usageError(`an operand of type ${typeName(type)} cannot be given to a function of the host`);
  return { type, value: { kind: "operand", index: operand } };
}

/** The names of the locals that keep what lies on the operand stack below a block, by how deep that is: 0 = the deepest. */
const slotName = (slot: number): string => `slot ${slot}`;

/** Keeps what a block that is about to be opened will not reach: all but what it takes. */
export function keep({ reached, operands, below }: Found): CodeInPlace {
  const highest = below.length + reached.length - 1;
  const kept = reached
    .map((type, index) => ({
      type,
      name: slotName(highest - index),
      value: { kind: "stack", index } as const,
    }))
    .slice(operands)
    .filter(({ type }) => crossing(type).length > 0);
  return {
    values: kept.map(({ value }) => value),
    write: (w, place) => {
      kept.forEach(({ type, name }, n) => {
        place.push(n);
        emit(w, "local.set", place.frameLocal(name, type));
      });
    },
  };
}
