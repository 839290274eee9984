/** What wasmtime charges for instantiating modules: every case recorded from it, under every version that differs. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { instantiationFuel } from "../../src/fuel/instantiation.ts";
import { modelFromTable, modelNamed } from "../../src/fuel/models.ts";
import { decodeModule } from "../../src/wasm/decode.ts";

interface Case {
  readonly name: string;
  readonly wasm: string;
  /** Exports called after the instantiation: the figures are of more than that. */
  readonly then?: string;
  readonly fuel: Readonly<Record<string, number>>;
}

const { cases } = JSON.parse(readFileSync(new URL("instantiation.json", import.meta.url), "utf8")) as {
  cases: Case[];
};
const decoded = (one: Case) => decodeModule(new Uint8Array(Buffer.from(one.wasm, "base64")));
const versions = ["wasmtime-45", "wasmtime-46", "wasmtime-47", "wasmtime-48", "wasmtime-49", "wasmtime-50"];

/** Fuel of a start function: those here are empty, or the host's. */
const startCost = (module: ReturnType<typeof decoded>) => {
  if (module.start === null || module.start < module.importedFunctions) return 0;
  return 1;
};

test("the cases cover each version", () => {
  for (const version of versions) {
    const figures = cases.flatMap(({ fuel }) => fuel[version] ?? []);
    expect(figures.length, version).toBeGreaterThan(60);
  }
  expect(cases.some(({ fuel }) => fuel["wasmtime-48"] !== fuel["wasmtime-49"])).toBe(true);
  expect(cases.some(({ fuel }) => fuel["wasmtime-47"] !== fuel["wasmtime-48"])).toBe(true);
});

describe.each(versions)("%s", (version) => {
  test.each(cases.filter(({ then, fuel }) => !then && version in fuel))("$name", (one) => {
    const module = decoded(one);
    // the only start function that does something
    const own = /^start( and global)?$/.test(one.name) ? 2 : startCost(module);
    expect(Number(instantiationFuel(module, modelNamed(version))) + own).toBe(one.fuel[version]);
  });
});

test("data that spans much is laid out where it fills half of it, and copied otherwise", () => {
  // two segments over 20 MB: wasmtime charges 9,900,004 for the first, nothing for the second
  const model = modelNamed("wasmtime-50");
  expect(instantiationFuel(decodeModule(spanning(9_900_000)), model)).toBe(9_900_004n);
  expect(instantiationFuel(decodeModule(spanning(10_000_000)), model)).toBe(0n);
});

/** (module (memory 2000) (data (i32.const 0) "a" × count) (data (i32.const 20000000) "b")) */
function spanning(count: number): Uint8Array {
  const leb = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
  const content = (address: readonly number[], bytes: Uint8Array) =>
    Buffer.concat([Uint8Array.from([0, 0x41, ...address, 0x0b, ...leb(bytes.length)]), bytes]);
  const data = Buffer.concat([
    Uint8Array.of(2),
    content([0], new Uint8Array(count)),
    content([0x80, 0xda, 0xc4, 0x09], Uint8Array.of(1)),
  ]);
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 0, ...leb(2000), 11, ...leb(data.length)];
  return new Uint8Array(Buffer.concat([Uint8Array.from(head), data]));
}

test("a cost table's own prices hold there too", () => {
  const one = cases.find(({ name }) => name === "elem nonconst")!;
  const table = { entry: 10, cost: { "global.get": 5 }, perUnit: { "table.init": 3 } };
  const model = modelFromTable(JSON.stringify(table), "costs.json");
  expect(instantiationFuel(decoded(one), model)).toBe(10n + 5n + 3n);
});
