/** binaryen as the second opinion: it makes modules from text, and says whether one is valid that Node 20 cannot run. */
import binaryen from "binaryen";
import { decodeModule } from "../../src/wasm/decode.ts";
import type { Module } from "../../src/wasm/types.ts";

const { All, CompactImports, GC } = binaryen.Features as typeof binaryen.Features & {
  CompactImports: number;
};
/** All but binaryen's compact encoding of imports, which is not the specification's. */
export const everything = All & ~CompactImports;
/** What V8 runs; with garbage collection, binaryen writes null references in a way that the V8 of Node 20 does not read. */
export const forV8 = everything & ~GC;

/** The typings do not know the second parameter. */
const readBinary = binaryen.readBinary as (data: Uint8Array, features: number) => binaryen.Module;

export function assemble(wat: string, features = forV8): Module {
  const module = binaryen.parseText(wat);
  try {
    module.setFeatures(features);
    if (!module.validate()) throw new Error(`not valid: ${wat}`);
    return decodeModule(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** Whether binaryen reads the module and finds it valid. */
export function isValid(bytes: Uint8Array): boolean {
  let module: binaryen.Module;
  try {
    module = readBinary(bytes, everything);
  } catch {
    return false;
  }
  const valid = module.validate() === 1;
  module.dispose();
  return valid;
}
