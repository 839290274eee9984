/**
 * What an action that stands instead of an instruction takes off the stack and leaves there, from what the instruction
 * itself does: a block as a whole gives what comes out of it, an `else` takes what goes into the `if`, and a return or
 * a tail call gives the function's results.
 */
import { blockSignature } from "../wasm/block-type.ts";
import { funcTypeAt, type Module, type ValType } from "../wasm/types.ts";
import { Flow, flowOf, opensBlock, returns } from "./control.ts";

/** Types, topmost first. */
export interface Replaced {
  readonly takes: readonly ValType[];
  readonly leaves: readonly ValType[];
}

/** `operands` and `results`: of the instruction as the operand stack has them (wasm/stack.ts), deepest first. */
export function replacedTypes(
  module: Module,
  index: number,
  { row, immediates }: { readonly row: number; readonly immediates: number },
  operands: readonly ValType[],
  results: readonly ValType[],
): Replaced {
  const flow = flowOf[row]!;
  // The stack says of an `else` what the part before it leaves, and what the one behind it begins with.
  if (flow === Flow.else) return { takes: reversed(results), leaves: reversed(operands) };
  const leaves = opensBlock(flow)
    ? blockSignature(module, immediates).results
    : returns(flow)
      ? (funcTypeAt(module, module.functions[index]!)?.results ?? [])
      : results;
  return { takes: reversed(operands), leaves: reversed(leaves) };
}

const reversed = (types: readonly ValType[]): readonly ValType[] => [...types].reverse();
