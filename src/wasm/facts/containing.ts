/** Which functions to look at for instructions that few have, without a walk over all code in JavaScript. */
import { aligned, growTo, instantiateKernel, type KernelBase, kernelNumber, worthwhile } from "../kernels.ts";
import { opcodes } from "../opcodes.ts";
import type { Module } from "../types.ts";

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
  const { bodies, bytes } = module;
  const [first, last] = [bodies[0]?.start ?? 0, bodies.at(-1)?.end ?? 0];
  if (last - first < least) return [...bodies.keys()];
  const search = instantiateKernel<SearchExports>("wasm/search.wasm", () => true);
  const { buffer } = search.memory;
  const marks = new Uint8Array(buffer, search.marks.value);
  opcodes.forEach(({ code }, row) => {
    marks[kernelNumber(code)] = marked[row]!;
  });

  const places = aligned(search.free.value);
  const code = places + bodies.length * 8;
  // an instruction that the last body ends in the middle of is read up to its end
  growTo(search, code + (last - first) + 64);
  const list = new Uint32Array(search.memory.buffer, places, bodies.length * 2);
  bodies.forEach(({ start, end }, i) => {
    list[2 * i] = code + start - first;
    list[2 * i + 1] = code + end - first;
  });
  new Uint8Array(search.memory.buffer, code).set(bytes.subarray(first, last));
  const found: number[] = [];
  for (let i = search.find(places, 0, bodies.length); i < bodies.length; ) {
    found.push(i);
    i = search.find(places, i + 1, bodies.length);
  }
  return found;
}
