/** Rewrites a module with the metering kernel and without it, and holds one against the other. */
import { expect } from "vitest";
import { DecodeError } from "../../src/base/diagnostics.ts";
import { type Kernel, kernelFor } from "../../src/probe/kernel.ts";
import { Stop } from "../../src/probe/kernel-walk.ts";
import type { Plan } from "../../src/probe/plan.ts";
import { rewriteWith } from "../../src/probe/rewrite.ts";
import type { RewriteContext } from "../../src/probe/rewrite-context.ts";
import type { Module } from "../../src/wasm/types.ts";

/** The bytes, or what was wrong. */
function outcome(rewritten: () => Uint8Array): Uint8Array | string {
  try {
    return rewritten();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `${error.message} at ${error.offset}`;
  }
}

/** Adds to `written` the numbers of the bodies that a kernel writes. */
function watch(kernel: Kernel, written: Set<number>): void {
  const { write, walk } = kernel;
  kernel.write = (w, from, end) => {
    const done = write.call(kernel, w, from, end);
    for (let i = from; i < done; i++) written.add(i);
    return done;
  };
  kernel.walk = (one, meter) => {
    const begun = walk.call(kernel, one, meter);
    if (!begun) return undefined;
    const { go } = begun;
    begun.go = () => {
      const stop = go.call(begun);
      if (stop === Stop.done) written.add(one.body);
      return stop;
    };
    return begun;
  };
}

/** Fails where the bytes, or the error, depend on the kernel; gives the numbers of the bodies that it wrote. */
export function expectSame(module: Module, plans: readonly Plan[]): readonly number[] {
  const expected = outcome(() => rewriteWith(() => undefined, module, plans));
  const written = new Set<number>();
  const watched = (context: RewriteContext): Kernel | undefined => {
    const kernel = kernelFor(context, 0);
    if (kernel) watch(kernel, written);
    return kernel;
  };
  const found = outcome(() => rewriteWith(watched, module, plans));
  // not by toEqual, which takes seconds for a megabyte
  const same =
    typeof found === "string" || typeof expected === "string"
      ? found === expected
      : Buffer.compare(found, expected) === 0;
  if (!same) expect(found).toEqual(expected);
  return [...written].sort((a, b) => a - b);
}
