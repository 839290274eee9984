/** Whatever a module's code, and however damaged, the metering kernel and the rewriter without it give the same bytes or error. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ByteWriter } from "../../src/base/bytes.ts";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import type { Place } from "../../src/probe/action.ts";
import type { FunctionProbes, SiteProbe } from "../../src/probe/plan.ts";
import { type Site, sitesOf } from "../../src/probe/sites.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { independent } from "../../src/wasm/stack.ts";
import type { Module } from "../../src/wasm/types.ts";
import { expectSame } from "../support/both-rewriters.ts";
import { damaged } from "../support/damaged.ts";
import { frameHooks, frameProbes, meter, models } from "../support/metered.ts";
import { arbitraryProgram } from "../support/programs.ts";

const programs = fc.oneof(
  { weight: 4, arbitrary: arbitraryProgram("none") },
  { weight: 1, arbitrary: arbitraryProgram("legacy") },
  { weight: 1, arbitrary: arbitraryProgram("try_table") },
);

interface How {
  readonly model: string;
  readonly checks: boolean;
  /** One in so many functions has probes. */
  readonly every: number;
  /** Of these, whether at entry and exit, and at one in so many instructions that probes can be at without the operand stack. */
  readonly frames: boolean;
  readonly sites: number;
  /** Whether they may run code of the module. */
  readonly reenters: boolean;
}

const none = Number.POSITIVE_INFINITY;
const anyHow: fc.Arbitrary<How> = fc.record({
  model: fc.constantFrom(...models.map(([model]) => model)),
  checks: fc.boolean(),
  every: fc.constantFrom(none, 1, 2, 3),
  frames: fc.boolean(),
  sites: fc.constantFrom(none, 1, 2, 5),
  reenters: fc.boolean(),
});

const fuel = { kind: "fuel" } as const;

/** Probes before and behind an instruction that look at its topmost operand and result, where it has any, and the fuel. */
function probesAt({ operands, results }: Site, reenters: boolean): SiteProbe[] {
  const push = (w: ByteWriter, place: Place) => {
    for (const n of place.types.keys()) {
      place.push(n);
      emit(w, "drop");
    }
  };
  const operand = operands.length > 0 ? [{ kind: "operand", index: 0 } as const] : [];
  const result = results.length > 0 ? [{ kind: "result", index: 0 } as const] : [];
  return [
    { when: "before", values: [fuel, ...operand], write: push, reenters },
    { when: "after", values: [...result, fuel], write: push, reenters },
  ];
}

function probesOf(
  module: Module,
  index: number,
  { every, frames, sites, reenters }: How,
): FunctionProbes | undefined {
  if (index % every !== 0) return undefined;
  const at = sitesOf(module, index, ({ row, ordinal }) => ordinal % sites === 0 && independent[row] === 1);
  return {
    ...(frames ? frameProbes(index) : {}),
    sites: new Map(at.map((site) => [site.offset, probesAt(site, reenters)])),
  };
}

/** How many bodies there are, and how many the kernel wrote; null where the module, or its code, is damaged. */
function check(bytes: Uint8Array, how: How): { bodies: number; written: number } | null {
  let module: Module;
  const probes = new Map<number, FunctionProbes>();
  try {
    module = decodeModule(bytes);
    module.bodies.forEach((_, i) => {
      const index = module.importedFunctions + i;
      const found = probesOf(module, index, how);
      if (found) probes.set(index, found);
    });
  } catch (error) {
    if (error instanceof Diagnostic) return null;
    throw error;
  }
  const plan = { hooks: frameHooks, functions: probes, meter: meter(how.model, "run", how.checks) };
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
