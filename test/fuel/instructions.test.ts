/**
 * Every instruction against wasmtime: the meter counts what each version reported for a module that executes it, or
 * the module's reasons say why not. Where this Node cannot run a module, the interpreter does (try_table), or its
 * straight code is summed by hand (garbage collection).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CostModel, modelNamed } from "../../src/fuel/models.ts";
import { uncounted } from "../../src/fuel/uncounted.ts";
import { type Meter, meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { immediateValues } from "../../src/probe/values.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import type { Module } from "../../src/wasm/types.ts";
import { codeOf } from "../../src/wasm/walk.ts";
import { isValid } from "../support/binaryen.ts";
import { Machine, Thrown, Trap } from "../support/interpreter.ts";
import { meter } from "../support/metered.ts";

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly stops: boolean;
}

type Figures = number | null | Readonly<Record<string, number | null>>;

const scripts = new URL("../../scripts/instruction-cases.js", import.meta.url);
const { instructionCases } = (await import(scripts.href)) as {
  instructionCases(table: typeof opcodes): Case[];
};
const record = JSON.parse(readFileSync(new URL("instructions.json", import.meta.url), "utf8")) as {
  versions: string[];
  cases: Record<string, Figures>;
};
const cases = instructionCases(opcodes).map((one) => ({ ...one, module: decodeModule(one.bytes) }));
const majors = record.versions.map((version) => Number(version.split(".")[0]));

/** What a version reported: the figure of the latest version that gave one, up to it. */
function figureOf(name: string, major: number): number | null {
  const figures = record.cases[name]!;
  if (figures === null || typeof figures === "number") return figures;
  return figures[majors.filter((one) => one <= major && String(one) in figures).at(-1)!]!;
}

/** The rows of the instructions in a function's body, with the offset of each and of its first immediate. */
function instructionsOf(module: Module, index: number): { row: number; at: number; immediates: number }[] {
  const found = [];
  for (const code = codeOf(module, module.importedFunctions + index); code.advance(); )
    found.push({ row: code.row, at: code.at, immediates: code.immediates });
  return found;
}

const interpreted = /^(try_table|throw|throw_ref|(return_)?call_ref|br_on_(non_)?null)$/;

/** Fuel of one call of `f`, as the meter counts it in V8 or in the interpreter, or as straight code should cost; null where none can say. */
function counted(
  { bytes, module, stops }: (typeof cases)[number],
  model: CostModel,
  mode: Meter["mode"] = "run",
): number | null {
  const metered = rewrite(module, { hooks: [], functions: new Map(), meter: meter(model.name, mode) });
  if (WebAssembly.validate(bytes as BufferSource)) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered as BufferSource));
    expect(caught(exports["f"] as () => void)).toBe(stops);
    return Number((exports[meterNames.counter] as WebAssembly.Global).value);
  }
  const names = instructionsOf(module, 0).map(({ row }) => opcodes[row]!.name);
  if (names.some((name) => interpreted.test(name))) {
    const rewritten = decodeModule(metered);
    const machine = new Machine(rewritten);
    expect(caught(() => machine.run("f"))).toBe(stops);
    return Number(machine.globals[rewritten.exports.find(({ name }) => name === meterNames.counter)!.index]);
  }
  // binaryen refuses some of the originals too
  expect(isValid(metered)).toBe(isValid(bytes));
  return names.some((name) => /\.grow$|^br_on_cast/.test(name)) ? null : straight(module, model);
}

function caught(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    const ends = [WebAssembly.RuntimeError, WebAssembly.Exception, Trap, Thrown];
    if (!ends.some((end) => error instanceof end)) throw error;
    return true;
  }
}

/** What code without branches costs: each instruction, and its units by the constant or the global's 10 before it. */
function straight(module: Module, model: CostModel): number {
  let sum = model.entry;
  let last = 0;
  for (const { row, immediates } of instructionsOf(module, 0)) {
    const { name } = opcodes[row]!;
    sum += model.cost[row]! + model.perUnit[row]! * last;
    const [constant] = immediateValues(module.bytes, immediates, row);
    last = name.endsWith(".const") ? Number(constant?.value ?? 0) : name === "global.get" ? 10 : 0;
  }
  return sum;
}

test("the record is of the cases there are, and each row of the table has one that executes it", () => {
  expect(Object.keys(record.cases)).toEqual(cases.map(({ name }) => name));
  const executed = new Set(cases.flatMap(({ module }) => instructionsOf(module, 0).map(({ row }) => row)));
  expect(opcodes.filter((_, row) => !executed.has(row)).map(({ name }) => name)).toEqual([]);
  expect(majors.at(-1)).toBe(50);
});

const always = { "legacy-exceptions": 5 };
const forgotten = { ...always, "call-ref": 6, "caught-exception": 3 };
/** In how many cases each reason is found, by the first version. */
// biome-ignore format: a table
const suspected: readonly (readonly [since: number, codes: Record<string, number>])[] = [
  [50, { ...always, "constant-grow": 36 }], [49, { ...forgotten, "constant-grow": 36 }], [48, { ...forgotten, "huge-table-grow": 25 }],
  [46, { ...forgotten, "failed-table-grow": 58, "array-bytes": 165 }], [0, { ...forgotten, "array-unsaved": 215 }],
];

describe.each(suspected)("since wasmtime-%i", (since, codes) => {
  const next = suspected.map(([first]) => first).filter((first) => first > since);
  const versions = majors.filter((major) => major >= since && major < Math.min(...next, Infinity));
  const model = modelNamed(`wasmtime-${versions[0]}`);

  test("every instruction is counted as recorded, or the module says why not", () => {
    expect(versions.length).toBeGreaterThan(0);
    const silent: string[] = [];
    const skipped: string[] = [];
    for (const one of cases) {
      const figures = versions.flatMap((major) => figureOf(one.name, major) ?? []);
      if (figures.length === 0) continue;
      const fuel = counted(one, model);
      // the slow mode is the same code in all models
      if (since === 50) expect(counted(one, model, "instruction"), one.name).toBe(fuel);
      if (fuel === null) skipped.push(one.name);
      else if (figures.some((figure) => figure !== fuel) && uncounted(one.module, model).length === 0)
        silent.push(`${one.name}: ${fuel}, not ${figures}`);
    }
    expect(silent).toEqual([]);
    expect(skipped.filter((name) => !/^br_on_cast|grow .*64-bit/.test(name))).toEqual([]);
  });

  test("reasons are given where they should be, and nowhere else", () => {
    const counts: Record<string, number> = {};
    for (const { module } of cases)
      for (const { code } of uncounted(module, model)) counts[code] = (counts[code] ?? 0) + 1;
    expect(counts).toEqual(codes);
  });
});
