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
  /** The first Node.js whose V8 has it without a flag. */
  readonly node: number;
}

const features: readonly Feature[] = [
  { name: "several memories (multi-memory)", used: ({ memories }) => memories.length > 1, node: 22 },
  {
    name: "64-bit memory (memory64)",
    used: ({ memories, tables }) =>
      memories.some(({ is64 }) => is64) || tables.some(({ limits }) => limits.is64),
    node: 24,
  },
];

/** Names of the features that a module uses and older engines lack. */
export function lacking(module: Module): string[] {
  return features.filter(({ used }) => used(module)).map(({ name }) => name);
}

/** Why V8 does not take a module; null where it does. */
export function whyNotRunnable(module: Module): Diagnostic | null {
  if (WebAssembly.validate(module.bytes as BufferSource)) return null;
  const reason = compileError(module.bytes);
  const here = `Node.js ${process.versions.node} (V8 ${process.versions.v8.split("-")[0]})`;
  const used = features.filter((feature) => feature.used(module));
  if (used.length > 0)
    return unsupported(
      `this module uses what ${here} does not run: ${lacking(module).join(", ")}`,
      `found: ${reason}`,
      `supported: WebAssembly as this Node.js runs it; Node.js ${Math.max(...used.map(({ node }) => node))} has it, and so has wasmtime`,
    );
  return unsupported(
    `this module is damaged: ${reason}`,
    `found by ${here} when it checked the module; it may also use a WebAssembly feature that is newer than that`,
  );
}

/** @throws Diagnostic (exit 4) where V8 does not take the module. */
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
