/** Measured runs at random: functions of few names and files, so that they collide, whose fuel adds up to the total. */
import fc from "fast-check";
import type { Measured, MeasuredFunction } from "../../src/ci/measured.ts";
import { inOrder } from "../../src/ci/measured.ts";
import { functionKinds } from "../../src/result/result.ts";

const fuel = fc.nat(1_000_000);
const name = fc.oneof(
  fc.constantFrom("a", "b", "(anonymous)", "run", "get x", "JSON.parse"),
  fc.string({ unit: "binary" }),
);
const file = fc.oneof(
  fc.constantFrom("a.js", "src/b c.ts", "(js)", "(phase)"),
  fc.string({ unit: "binary", minLength: 1 }),
);

const fn: fc.Arbitrary<MeasuredFunction> = fc
  .record({
    ...{ name, kind: fc.constantFrom(...functionKinds), file, calls: fc.nat(1000), own: fuel },
    place: fc.record({ line: fc.integer({ min: 1, max: 30 }), column: fc.integer({ min: 1, max: 9 }) }),
    lines: fc.array(fuel, { maxLength: 6 }),
    code: fc.option(fc.constantFrom("0 1 2 3", "0 2 4 6 8")),
  })
  .map(({ name, kind, file, calls, own, place, lines, code }) => {
    const isJs = kind === "js";
    const rows = isJs ? lines.map((self, i) => ({ file, line: place.line + i, self })) : [];
    const self = own + rows.reduce((sum, line) => sum + line.self, 0);
    return {
      ...{
        id: null,
        name,
        kind,
        calls,
        self,
        total: self,
        perCall: null,
        lines: rows,
        file: isJs ? file : null,
      },
      ...{ line: isJs ? place.line : null, column: isJs ? place.column : null, code: isJs ? code : null },
    };
  });

export const measured: fc.Arbitrary<Measured> = fc
  .record({
    functions: fc.array(fn, { maxLength: 12 }),
    model: fc.oneof(
      fc.constantFrom("wasmtime-39", "wasmtime-50"),
      fc.string({ unit: "grapheme", minLength: 1 }),
    ),
    quickjs: fc.option(fc.constant("quickjs-ng")),
    opcodes: fc.uniqueArray(
      fc.record({ name: fc.constantFrom("get_loc", "add", "call"), count: fc.nat(99), fuel }),
      {
        selector: ({ name }) => name,
      },
    ),
  })
  .map(({ functions, model, quickjs, opcodes }) => ({
    toolchain: {
      ...{ fuelModel: model, quickjs, bytecodeVersion: quickjs === null ? null : 26 },
      plugin: quickjs === null ? null : "plugin@00ff",
    },
    functions: [...functions].sort(inOrder),
    total: functions.reduce((sum, { self }) => sum + self, 0),
    ...{ startup: 0, limit: null, exceeded: [], dispatches: 1, opcodes, natives: [] },
  }));
