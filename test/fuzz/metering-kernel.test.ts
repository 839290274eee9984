/** Whatever a module's code, and however damaged, the metering kernel and the rewriter without it give the same bytes or error. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { expectSame } from "../support/both-rewriters.ts";
import { damaged } from "../support/damaged.ts";
import { frameHooks, frameProbes, meter, models } from "../support/metered.ts";
import { arbitraryProgram } from "../support/programs.ts";

const programs = fc.oneof(
  { weight: 4, arbitrary: arbitraryProgram("none") },
  { weight: 1, arbitrary: arbitraryProgram("legacy") },
  { weight: 1, arbitrary: arbitraryProgram("try_table") },
);

const anyHow = fc.record({
  model: fc.constantFrom(...models.map(([model]) => model)),
  checks: fc.boolean(),
  /** Functions that have probes: one in so many, or none. */
  every: fc.constantFrom(Number.POSITIVE_INFINITY, 1, 2, 3),
});

/** How many bodies there are, and how many the kernel wrote; null where the module is not read. */
function check(
  bytes: Uint8Array,
  { model, checks, every }: typeof anyHow extends fc.Arbitrary<infer T> ? T : never,
) {
  let module: ReturnType<typeof decodeModule>;
  try {
    module = decodeModule(bytes);
  } catch (error) {
    if (error instanceof Diagnostic) return null;
    throw error;
  }
  const plan = {
    ...{ hooks: frameHooks, functions: new Map(), meter: meter(model, "run", checks) },
    everywhere: (index: number) => (index % every === 0 ? frameProbes(index) : undefined),
  };
  return { bodies: module.bodies.length, written: expectSame(module, [plan]).length };
}

test("programs", () => {
  let [bodies, written] = [0, 0];
  fc.assert(
    fc.property(programs, anyHow, ({ bytes }, how) => {
      const found = check(bytes, how)!;
      bodies += found.bodies;
      written += found.written;
    }),
    { numRuns: 1500 },
  );
  expect(written, "bodies that the kernel wrote").toBeGreaterThan(bodies / 3);
});

test("damaged programs", () => {
  let written = 0;
  const bytes = damaged(
    programs.map(({ bytes }) => bytes),
    3,
  );
  fc.assert(
    fc.property(bytes, anyHow, (bytes, how) => {
      written += check(bytes, how)?.written ?? 0;
    }),
    { numRuns: 1500 },
  );
  expect(written).toBeGreaterThan(500);
});
