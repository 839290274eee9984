/**
 * Random programs with the fuel that wasmtime itself reported for them (45.0.0, 48.0.0, 50.0.1; instantiation not
 * counted): what the generator's programs cost is not only our own opinion. The first 40 have no exceptions, the
 * others try_table, which wasmtime 45 refuses.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { counterOf, interpret, meter, metered, runInV8 } from "../support/metered.ts";
import type { Program } from "../support/programs.ts";

interface Recorded {
  readonly wasm: string;
  readonly args: readonly [number, number];
  readonly end: string;
  readonly fuel: Readonly<Record<string, number>>;
}

const recorded = JSON.parse(
  readFileSync(new URL("recorded.json", import.meta.url), "utf8"),
) as readonly Recorded[];

const models = { "wasmtime-45": "flat", "wasmtime-48": "bulk", "wasmtime-50": "grow" } as const;

describe.each(["run", "instruction"] as const)("mode %s", (mode) => {
  test.each(recorded.map((one, i) => ({ ...one, i })))("program $i", ({ wasm, args, end, fuel }) => {
    const bytes = new Uint8Array(Buffer.from(wasm, "base64"));
    const program: Program = { bytes, args: [args[0], BigInt(args[1])] };
    const hasTryTable = !WebAssembly.validate(bytes as BufferSource);
    for (const [version, expected] of Object.entries(fuel)) {
      const oracle = interpret(decodeModule(bytes), program, {
        model: models[version as keyof typeof models],
      });
      expect(oracle.fuel, `${version}, interpreter`).toBe(expected);
      expect(oracle.end).toBe(end);
      const rewritten = metered(program, meter(version, mode));
      if (hasTryTable) {
        const module = decodeModule(rewritten);
        const { machine } = interpret(module, program);
        expect(counterOf(module, machine), version).toBe(expected);
      } else {
        expect(runInV8(rewritten, program).fuel, version).toBe(expected);
      }
    }
  });
});

test("as many as were recorded, under as many versions", () => {
  expect(recorded.length).toBe(74);
  expect(recorded.filter(({ fuel }) => Object.keys(fuel).length === 3).length).toBeGreaterThanOrEqual(40);
  expect(recorded.every(({ fuel }) => Object.keys(fuel).length >= 2)).toBe(true);
});
