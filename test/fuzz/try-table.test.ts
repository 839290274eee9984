/**
 * Programs with try_table, which Node 20 does not run: the interpreter runs the original and the metered module, and
 * the counter of the metered one is what the interpreter counted on the original.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { isValid } from "../support/binaryen.ts";
import { counterOf, interpret, meter, metered, models } from "../support/metered.ts";
import { arbitraryProgram } from "../support/programs.ts";

const noHooks = { enter: () => [], leave: () => [] };

test("metered programs with try_table count what their instructions cost", () => {
  fc.assert(
    fc.property(
      arbitraryProgram("try_table"),
      fc.constantFrom(...models),
      fc.boolean(),
      fc.boolean(),
      (program, [version, model], checks, probes) => {
        const oracle = interpret(decodeModule(program.bytes), program, { model });
        for (const mode of ["run", "instruction"] as const) {
          const module = decodeModule(metered(program, meter(version, mode, checks), probes));
          const report = interpret(module, program, { imports: noHooks });
          expect(report.end, mode).toBe(oracle.end);
          const fuel = counterOf(module, report.machine);
          if (mode === "instruction" || oracle.end !== "trap") expect(fuel, mode).toBe(oracle.fuel);
          else expect(fuel, mode).toBeLessThanOrEqual(oracle.fuel);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("and are valid where binaryen says that the original is", () => {
  fc.assert(
    fc.property(arbitraryProgram("try_table", 150), (program) => {
      fc.pre(isValid(program.bytes));
      expect(isValid(metered(program, meter("wasmtime-50", "run", true), true))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
