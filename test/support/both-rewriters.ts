/** Rewrites a module with the metering kernel and without it, and holds one against the other. */
import { expect } from "vitest";
import { DecodeError } from "../../src/base/diagnostics.ts";
import type { RewriteContext } from "../../src/probe/function.ts";
import { kernelFor } from "../../src/probe/metered-by-kernel.ts";
import type { Plan } from "../../src/probe/plan.ts";
import { type BodyWriter, rewriteWith } from "../../src/probe/rewrite.ts";
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

/** Fails where the bytes, or the error, depend on the kernel; gives the numbers of the bodies that it wrote. */
export function expectSame(module: Module, plans: readonly Plan[]): readonly number[] {
  const expected = outcome(() => rewriteWith(() => undefined, module, plans));
  const written: number[] = [];
  const watched = (context: RewriteContext): BodyWriter | undefined => {
    const kernel = kernelFor(context, 0);
    return (
      kernel && {
        write(w, from, end) {
          const done = kernel.write(w, from, end);
          for (let i = from; i < done; i++) written.push(i);
          return done;
        },
      }
    );
  };
  const found = outcome(() => rewriteWith(watched, module, plans));
  // not by toEqual, which takes seconds for a megabyte
  const same =
    typeof found === "string" || typeof expected === "string"
      ? found === expected
      : Buffer.compare(found, expected) === 0;
  if (!same) expect(found).toEqual(expected);
  return written;
}
