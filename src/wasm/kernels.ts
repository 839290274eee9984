/**
 * WebAssembly that walks over code (assembly/, built into dist/): in a cold process it takes a fraction of what JavaScript
 * does. What its modules share: how they are loaded, are told which immediates instructions have, and are given the code.
 */
import { readFileSync } from "node:fs";
import { builtFile } from "../base/package-files.ts";
import { opcodes } from "./opcodes.ts";
import type { Module } from "./types.ts";
import { codeSize } from "./walk.ts";

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

/** Addresses in a kernel's memory. */
export interface Placed {
  /** Of a table of the caller's. */
  readonly table: number;
  /** Of the first function's body, and of what is behind the last. */
  readonly code: number;
  readonly behind: number;
}

/** Puts the code of a module that has some into a kernel's memory, behind a table of `tableSize` bytes, and with `room` behind it. */
export function placeCode(
  { memory, free }: KernelBase,
  module: Module,
  tableSize: number,
  room: number,
): Placed {
  const size = codeSize(module);
  const table = aligned(free.value);
  const code = table + tableSize;
  const behind = aligned(code + size);
  memory.grow(Math.max(0, Math.ceil((behind + room - memory.buffer.byteLength) / 65536)));
  const { start } = module.bodies[0]!;
  new Uint8Array(memory.buffer, code).set(module.bytes.subarray(start, start + size));
  return { table, code, behind };
}

/** The first address from one on that words may begin at. */
const aligned = (address: number): number => Math.ceil(address / 8) * 8;
