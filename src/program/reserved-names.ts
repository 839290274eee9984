/**
 * The names that an instrumented module gains beside its own (probe/plan.ts). A module that has one of them already
 * would be taken for something that it is not, so it is refused before anything is made of it.
 */
import { unsupported } from "../base/diagnostics.ts";
import { meterNames } from "../probe/plan.ts";
import type { Module } from "../wasm/types.ts";

const ours = meterNames.module;

/** `namespace`: what a plugin says that its modules import from. @throws Diagnostic (unsupported). */
export function refuseReservedNames({ imports, exports }: Module, namespace: string | null = null): void {
  const found = [
    ...exports.filter(({ name }) => name.startsWith(`${ours}.`)).map(({ name }) => `exports "${name}"`),
    ...(imports.some(({ module }) => module === ours) ? [`imports from "${ours}"`] : []),
    ...(namespace === ours ? [`calls itself "${ours}"`] : []),
  ];
  if (found.length === 0) return;
  throw unsupported(
    `the module ${found.join(", ")}: these names are the profiler's own`,
    "was it instrumented by javy-prof before? then give the module that it was made of",
  );
}
