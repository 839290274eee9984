/** Calls that end the program: of WASI's proc_exit. Control does not come back from them to the function's end. */
import { lebAt } from "../../wasm/instructions.ts";
import { opcodes } from "../../wasm/opcodes.ts";
import type { Module } from "../../wasm/types.ts";
import type { Outline } from "./outline.ts";

/** Offsets of such calls in a function. */
export function processExits(module: Module, { instructions }: Outline): number[] {
  const exits = processExitImports(module);
  if (exits.length === 0) return [];
  return instructions
    .filter(
      ({ offset, row }) =>
        /^(return_)?call$/.test(opcodes[row]!.name) && exits.includes(lebAt(module.bytes, offset + 1)),
    )
    .map(({ offset }) => offset);
}

/** Indices of the imported functions that end the program. */
export function processExitImports({ imports }: Module): number[] {
  return imports
    .filter(({ description }) => description.kind === "func")
    .flatMap(({ module, name }, n) => (name === "proc_exit" && module.startsWith("wasi_") ? [n] : []));
}
