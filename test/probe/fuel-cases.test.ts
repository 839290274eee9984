/** Metered by the rewriter and run in V8, every recorded case gives the fuel that wasmtime itself reported. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import { type Meter, meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";

interface Case {
  readonly name: string;
  readonly args: readonly number[];
  readonly wasm: string;
  readonly fuel: Readonly<Record<string, number>>;
}

const { cases } = JSON.parse(readFileSync(new URL("../fuel/cases.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

function fuelOf({ wasm, args }: Case, model: string, mode: Meter["mode"], checks: boolean): number {
  const module = decodeModule(new Uint8Array(Buffer.from(wasm, "base64")));
  const metered = rewrite(module, {
    hooks: [],
    functions: new Map(),
    meter: { model: modelNamed(model), mode, globals: { kind: "define" }, checks },
  });
  let ticks = 0;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered as BufferSource), {
    javy_prof: { tick: () => void (ticks += 1) },
  });
  const counter = instance.exports[meterNames.counter] as WebAssembly.Global;
  if (checks) (instance.exports[meterNames.limit] as WebAssembly.Global).value = 3n;
  const before = Number(counter.value);
  try {
    (instance.exports["f"] as (...args: number[]) => unknown)(...args);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
  return Number(counter.value) - before;
}

describe.each(["run", "instruction"] as const)("mode %s", (mode) => {
  test.each(cases)("$name", (one) => {
    for (const [model, fuel] of Object.entries(one.fuel)) {
      expect(fuelOf(one, model, mode, false), model).toBe(fuel);
      expect(fuelOf(one, model, mode, true), `${model}, with checks`).toBe(fuel);
    }
  });
});

test("there are as many cases as were recorded", () => expect(cases.length).toBe(51));
