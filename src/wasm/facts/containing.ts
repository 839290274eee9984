/** Which functions to look at for instructions that few have, without a walk over all code in JavaScript. */
import { instantiateKernel, type KernelBase, kernelNumber, placeCode, worthwhile } from "../kernels.ts";
import { opcodes } from "../opcodes.ts";
import type { Module } from "../types.ts";
import { codeSize } from "../walk.ts";

/** What assembly/search.ts exports. */
interface SearchExports extends KernelBase {
  readonly marks: WebAssembly.Global<"i32">;
  find(bodies: number, from: number, count: number): number;
}

/**
 * Numbers of the bodies that may have instructions of the rows that are marked, in their order. None that has is left
 * out; besides there are those that cannot be read at once, and all of a module with less code than `least` bytes.
 */
export function bodiesContaining(module: Module, marked: Uint8Array, least = worthwhile): number[] {
  const { bodies } = module;
  if (bodies.length === 0 || codeSize(module) < least) return [...bodies.keys()];
  const search = instantiateKernel<SearchExports>("wasm/search.wasm", () => true);
  const marks = new Uint8Array(search.memory.buffer, search.marks.value);
  opcodes.forEach(({ code }, row) => {
    marks[kernelNumber(code)] = marked[row]!;
  });

  // an instruction that the last body ends in the middle of is read up to its end
  const { table, code } = placeCode(search, module, bodies.length * 8, 64);
  const shift = code - bodies[0]!.start;
  const list = new Uint32Array(search.memory.buffer, table, bodies.length * 2);
  bodies.forEach(({ start, end }, i) => {
    list.set([start + shift, end + shift], i * 2);
  });
  const found: number[] = [];
  for (let i = search.find(table, 0, bodies.length); i < bodies.length; ) {
    found.push(i);
    i = search.find(table, i + 1, bodies.length);
  }
  return found;
}
