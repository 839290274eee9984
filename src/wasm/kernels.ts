/**
 * WebAssembly that walks over code (assembly/, built into dist/): in a cold process it takes a fraction of what JavaScript
 * does. What its modules share: how they are loaded, and how they are told which immediates instructions have.
 */
import { readFileSync } from "node:fs";
import { builtFile } from "../base/package-files.ts";
import { opcodes } from "./opcodes.ts";

/** The code of functions, in bytes, from which on a kernel is worth being loaded. */
export const worthwhile = 65_536;

/** What every kernel exports: an address where the data of who calls it may begin, and the table of immediates. */
export interface KernelBase {
  readonly memory: WebAssembly.Memory;
  readonly free: WebAssembly.Global<"i32">;
  readonly kinds: WebAssembly.Global<"i32">;
}

const compiled = new Map<string, WebAssembly.Module>();

/** An instance with a memory of its own of the module that is built as `path`. It knows the instructions that `knows` tells, by row. */
export function instantiateKernel<T extends KernelBase>(path: string, knows: (row: number) => boolean): T {
  const module = compiled.get(path) ?? new WebAssembly.Module(readFileSync(builtFile(path)));
  compiled.set(path, module);
  const kernel = new WebAssembly.Instance(module).exports as unknown as T;
  const kinds = new Uint8Array(kernel.memory.buffer, kernel.kinds.value);
  opcodes.forEach(({ code, imm }, row) => {
    if (knows(row)) kinds[kernelNumber(code)] = imm + 1;
  });
  return kernel;
}

/** Where a kernel's tables have what is known of an instruction: by its byte, or by its prefix and its sub-opcode. */
export function kernelNumber(code: number): number {
  return code < 256 ? code : 256 + (Math.floor(code / 65536) - 0xfb) * 512 + (code % 65536);
}

/** Makes a kernel's memory reach up to an address. */
export function growTo({ memory }: KernelBase, end: number): void {
  memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / 65536)));
}

/** The first address from one on that words may begin at. */
export const aligned = (address: number): number => Math.ceil(address / 8) * 8;
