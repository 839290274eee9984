/**
 * Whatever a program does, its metered form does the same and counts what the interpreter counts, instruction by
 * instruction: under every model, in both modes, with and without checks and probes.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { interpret, meter, metered, models, runInV8 } from "../support/metered.ts";
import { arbitraryProgram, type Program } from "../support/programs.ts";

interface How {
  readonly model: (typeof models)[number];
  readonly checks: boolean;
  readonly probes: boolean;
}

const anyHow: fc.Arbitrary<How> = fc.record({
  model: fc.constantFrom(...models),
  checks: fc.boolean(),
  probes: fc.boolean(),
});

function check(program: Program, { model: [version, model], checks, probes }: How): void {
  const plain = runInV8(program.bytes, program);
  const oracle = interpret(decodeModule(program.bytes), program, { model });
  expect(plain.end, "the interpreter's result").toBe(oracle.end);
  expect(plain.state, "the interpreter's state").toBe(oracle.state);
  for (const mode of ["run", "instruction"] as const) {
    const how = meter(version, mode, checks);
    const bytes = metered(program, how, probes);
    expect(WebAssembly.validate(bytes as BufferSource), `${mode}: valid`).toBe(true);
    const report = runInV8(bytes, program, { enter: () => {}, leave: () => {} });
    expect(report.end, mode).toBe(plain.end);
    // Functions moved up by the imports that were added; the table holds the same ones under new numbers.
    const moved = (checks ? 1 : 0) + (probes ? 2 : 0);
    expect(report.state, mode).toBe(
      plain.state.replace(/\[(.*)\]/, (_, table: string) => `[${renumbered(table, moved)}]`),
    );
    // A fast meter is short of what it held when hardware trapped; never beyond.
    if (mode === "instruction" || plain.end !== "trap") expect(report.fuel, mode).toBe(oracle.fuel);
    else expect(report.fuel, mode).toBeLessThanOrEqual(oracle.fuel);
    expect(metered(program, how, probes), `${mode}: the same bytes again`).toEqual(bytes);
  }
}

/** The host's function keeps its number, 0. */
function renumbered(table: string, moved: number): string {
  return table
    .split(",")
    .map((index) => (index === "" || index === "0" ? index : String(Number(index) + moved)))
    .join();
}

test("programs without exceptions", () => {
  fc.assert(fc.property(arbitraryProgram("none"), anyHow, check), { numRuns: 600 });
});

test("programs with legacy exceptions", () => {
  fc.assert(fc.property(arbitraryProgram("legacy"), anyHow, check), { numRuns: 400 });
});
