/**
 * A monitor only looks: under each one of the library, and under all of them at once, a program writes the same, ends
 * the same, leaves the same memory and consumes the same fuel. And three ways of counting instructions agree: each for
 * itself, straight run by straight run, and the meter, where every instruction costs 1.
 */
import { describe, expect, test } from "vitest";
import { type CostModel, modelNamed } from "../../src/fuel/models.ts";
import { open, type Program } from "../../src/index.ts";
import { libraryNames, libraryScript } from "../../src/monitor/library-scripts.ts";
import { checkRequest } from "../../src/profiler/request.ts";
import { monitorProgram } from "../../src/run/monitor-session.ts";
import { executeProgram } from "../../src/run/session.ts";
import { rowNamed } from "../../src/wasm/opcodes.ts";
import { inRoot } from "../support/javy-prof.ts";
import { SameThread } from "../support/same-thread.ts";

const request = (fuelModel?: CostModel) =>
  checkRequest({ maxFuel: 1e12, limits: "none", ...(fuelModel && { fuelModel }) }, "app");

const framesOf = ({ engine }: Program) => (engine?.dispatch.problem === null ? "js" : "wasm");

/** Everything that a run shows to the outside. */
async function plain(program: Program) {
  const here = new SameThread();
  await executeProgram(here.thread, program, { ...request(), frames: framesOf(program) }, {}, true);
  return shown(here);
}

function shown({ outcome }: SameThread) {
  const { end, fuel, stdout, stderr, memorySha256, maxMemoryBytes } = outcome!;
  return { end, fuel, stdout, stderr, memorySha256, maxMemoryBytes };
}

async function under(program: Program, text: string, model?: CostModel) {
  const here = new SameThread();
  const script = { file: "test.mm", text, libraries: new Map() };
  const { report } = await monitorProgram(here.thread, program, request(model), {}, script);
  const count = (variable: string) => report.rows.find((row) => row.variable === variable)!.value;
  return { shown: shown(here), count };
}

/** no-clock stops the program: that is what it is for. */
const names = libraryNames().filter((name) => name !== "no-clock");

/** Beside those of JavaScript; all of them on an engine take minutes. */
const inAnyProgram = ["calls", "instructions", "metering"];

/** All of them as one script: names that two of them declare are made different. */
function together(scripts: readonly string[]): string {
  const renamed = scripts.map((text, n) =>
    [...text.matchAll(/\bvar (\w+)/g)].reduce(
      (script, [, name]) => script.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}_${n}`),
      text.replaceAll(/\/\/.*/g, ""),
    ),
  );
  return renamed.join("\n");
}

const text = (name: string) => libraryScript(name)!.text;

describe.each([
  ["fixtures/wasm/words.wasm", (name: string) => !name.startsWith("js-")],
  ["fixtures/programs/closures.js", (name: string) => name.startsWith("js-")],
])("%s", (path, alone) => {
  test("is what it is under each monitor, and under all of them", async () => {
    const program = await open(inRoot(path));
    const before = await plain(program);
    expect(before.end.kind).toBe("ok");
    for (const name of names.filter(alone))
      expect((await under(program, text(name))).shown, name).toEqual(before);
    const all = names.filter((name) => alone(name) || inAnyProgram.includes(name));
    expect((await under(program, together(all.map(text)))).shown).toEqual(before);
  });
});

describe("words.wasm", () => {
  test("has as many instructions one by one as run by run, and as the meter counts", async () => {
    const program = await open(inRoot("fixtures/wasm/words.wasm"));
    const base = modelNamed("wasmtime-50");
    const cost = base.cost.slice().fill(1);
    // an end is reached in other ways than the code that the meter charges for
    for (const name of ["end", "else"]) cost[rowNamed(name)] = 0;
    const perUnit = base.perUnit.slice().fill(0);
    const model: CostModel = { ...base, name: "instructions", entry: 0, cost, perUnit, startup: null };
    const { count, shown } = await under(
      program,
      `report var one: u64; report var ends: u64; report var runs: u64; report var in: u64; report var out: u64;
      wasm:opcode:*:before { one++; }
      wasm:opcode:end|else:before { ends++; }
      wasm:block:end { runs = runs + instr_count as u64; }
      wasm:func:entry { in++; }
      wasm:func:exit { out++; }`,
      model,
    );
    expect(shown.end.kind).toBe("ok");
    expect(count("runs")).toBe(count("one"));
    expect(count("out")).toBe(count("in"));
    expect((count("one") as bigint) - (count("ends") as bigint)).toBe(shown.fuel);
  });
});
