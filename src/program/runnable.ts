/**
 * Whether the engine under this process (V8) takes a module at all. Asked before anything looks into its code:
 * what reads code (dispatch, data flow, rewriter) may then rely on its being well typed. Decoding understands more than
 * V8 runs, so what a module lacks here can be said by name.
 */
import { type Diagnostic, unsupported } from "../base/diagnostics.ts";
import type { Module } from "../wasm/types.ts";

interface Feature {
  readonly name: string;
  readonly used: (module: Module) => boolean;
  /** The smallest module that has nothing else: whether V8 takes it is whether V8 has the feature. */
  readonly smallest: readonly number[];
  /** The first major version of Node.js that has it without a flag in all of its releases. */
  readonly node: number;
}

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const features: readonly Feature[] = [
  {
    name: "several memories (multi-memory)",
    used: ({ memories }) => memories.length > 1,
    // section 5 with two memories of no page
    smallest: [...header, 5, 5, 2, 0, 0, 0, 0],
    node: 22,
  },
  {
    name: "64-bit memory (memory64)",
    used: ({ memories }) => memories.some(({ is64 }) => is64),
    // section 5 with one memory, flags 4: addresses are i64
    smallest: [...header, 5, 3, 1, 4, 0],
    node: 24,
  },
  {
    name: "64-bit tables (table64)",
    used: ({ tables }) => tables.some(({ limits }) => limits.is64),
    // section 4 with one table of funcref, flags 4
    smallest: [...header, 4, 4, 1, 0x70, 4, 0],
    node: 24,
  },
];

const takes = (bytes: Uint8Array): boolean => WebAssembly.validate(bytes as BufferSource);

/** What a module uses and this V8 does not have, asked of V8 itself. */
function lackingFeatures(module: Module): Feature[] {
  return features.filter(({ used, smallest }) => used(module) && !takes(Uint8Array.from(smallest)));
}

/** Names of the features that a module uses and the V8 under this process lacks. */
export function lacking(module: Module): string[] {
  return lackingFeatures(module).map(({ name }) => name);
}

const reasons = new WeakMap<Module, Diagnostic | null>();

/** Why V8 does not take a module; null where it does. V8 is asked once. */
export function whyNotRunnable(module: Module): Diagnostic | null {
  let reason = reasons.get(module);
  if (reason === undefined) {
    reason = findReason(module);
    reasons.set(module, reason);
  }
  return reason;
}

function findReason(module: Module): Diagnostic | null {
  if (takes(module.bytes)) return null;
  const reason = compileError(module.bytes);
  const here = `Node.js ${process.versions.node} (V8 ${process.versions.v8.split("-")[0]})`;
  const missing = lackingFeatures(module);
  if (missing.length > 0)
    return unsupported(
      `this module uses what ${here} does not run: ${missing.map(({ name }) => name).join(", ")}`,
      `found: ${reason}`,
      `supported: WebAssembly as this Node.js runs it; Node.js ${Math.max(...missing.map(({ node }) => node))} has it, and so has wasmtime`,
    );
  return unsupported(
    `this module is damaged: ${reason}`,
    `found by ${here} when it checked the module; it may also use a WebAssembly feature that is newer than that`,
  );
}

/** @throws Diagnostic (unsupported) where V8 does not take the module. */
export function refuseUnrunnable(module: Module): void {
  const reason = whyNotRunnable(module);
  if (reason) throw reason;
}

/** V8's own words, the place as an offset in the file. */
function compileError(bytes: Uint8Array): string {
  try {
    new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    return (error as Error).message
      .replace(/^WebAssembly\.Module\(\): /, "")
      .replace(/ @\+(\d+)$/, (_, offset: string) => ` (at offset 0x${Number(offset).toString(16)})`);
  }
  return "it is not valid";
}
