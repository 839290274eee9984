/** What wasmtime charges for instantiating modules: every case recorded from it, under every version that differs. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { instantiationFuel } from "../../src/fuel/instantiation.ts";
import { modelFromTable, modelNamed } from "../../src/fuel/models.ts";
import { uncounted } from "../../src/fuel/uncounted.ts";
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
    const fuel = Number(instantiationFuel(module, modelNamed(version))) + own;
    if (!(reasons[one.name] ?? []).includes(version)) expect(fuel).toBe(one.fuel[version]);
  });
});

const byBytes = ["wasmtime-46", "wasmtime-47"];
/** The cases for which `uncounted` gives a reason that stands in an initialiser, and under which models. */
const reasons: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ["global array.new of an imported global", versions.filter((version) => version !== "wasmtime-45")],
  ...cases
    .filter(({ name }) => /array\.new/.test(name) && !/ (i8|f|any|func|i31) of |_fixed|imported/.test(name))
    .map(({ name }) => [name, byBytes] as const),
]);

test.each(versions)("%s: what is not counted is named", (version) => {
  const named = cases.filter((one) =>
    uncounted(decoded(one), modelNamed(version)).some(({ first }) => first === null),
  );
  expect(named.map(({ name }) => name).sort()).toEqual(
    Object.keys(reasons)
      .filter((name) => reasons[name]!.includes(version))
      .sort(),
  );
});

test.each([
  ["data segment is for memory 7", "a data segment is for memory 7", [11, 7, 1, 2, 7, 0x41, 0, 0x0b, 0]],
  [
    "element segment is for table 7",
    "an element segment is for table 7",
    [9, 8, 1, 2, 7, 0x41, 0, 0x0b, 0, 0],
  ],
] as const)("a module whose %s is refused", (_, message, section) => {
  const module = decodeModule(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, ...section));
  let refused: unknown;
  try {
    instantiationFuel(module, modelNamed("wasmtime-50"));
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(Diagnostic);
  expect((refused as Diagnostic).kind).toBe("unsupported");
  expect((refused as Diagnostic).message).toBe(`${message}, which the module does not have`);
});

test("however a module is damaged, its instantiation is charged or refused by name", () => {
  let [refused, charged] = [0, 0];
  const chosen = fc.record({
    one: fc.constantFrom(...cases),
    version: fc.constantFrom(...versions),
    bytes: fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
  });
  fc.assert(
    fc.property(chosen, ({ one, version, bytes }) => {
      const damaged = new Uint8Array(Buffer.from(one.wasm, "base64"));
      for (const { at, byte } of bytes) damaged[8 + (at % (damaged.length - 8))] = byte;
      try {
        const module = decodeModule(damaged);
        instantiationFuel(module, modelNamed(version));
        uncounted(module, modelNamed(version));
        charged += 1;
      } catch (error) {
        if (!(error instanceof Diagnostic && error.kind === "unsupported")) throw error;
        refused += 1;
      }
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(refused, charged)).toBeGreaterThan(2000);
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
