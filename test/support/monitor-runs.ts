/** Runs of a program beside each other: as it is, and under a script, with everything that shows to the outside. */
import { type CostModel, modelNamed } from "../../src/fuel/models.ts";
import type { Program } from "../../src/index.ts";
import { checkRequest } from "../../src/profiler/request.ts";
import { monitorProgram } from "../../src/run/monitor-session.ts";
import { executeProgram } from "../../src/run/session.ts";
import { rowNamed } from "../../src/wasm/opcodes.ts";
import { SameThread } from "./same-thread.ts";

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly export?: string;
  /** What fuel counts. */
  readonly fuelModel?: CostModel;
}

const request = (options: RunOptions) => checkRequest({ maxFuel: 1e12, limits: "none", ...options }, "app");

const framesOf = ({ engine }: Program) => (engine?.dispatch.problem === null ? "js" : "wasm");

function shown({ outcome }: SameThread) {
  const { end, fuel, stdout, stderr, memorySha256, maxMemoryBytes } = outcome!;
  return { end, fuel, stdout, stderr, memorySha256, maxMemoryBytes };
}

export async function plainRun(program: Program, options: RunOptions = {}) {
  const here = new SameThread();
  await executeProgram(here.thread, program, { ...request(options), frames: framesOf(program) }, {}, true);
  return shown(here);
}

export async function runUnder(program: Program, text: string, options: RunOptions = {}) {
  const here = new SameThread();
  const script = { file: "test.mm", text, libraries: new Map() };
  const { report } = await monitorProgram(here.thread, program, request(options), {}, script);
  const count = (variable: string) => report.rows.find((row) => row.variable === variable)!.value;
  return { shown: shown(here), count };
}

/** Counts instructions one by one and run by run, and functions as they are entered and left. */
export const countingScript = `report var one: u64; report var ends: u64; report var runs: u64; report var in: u64; report var out: u64;
  wasm:opcode:*:before { one++; }
  wasm:opcode:end|else:before { ends++; }
  wasm:block:end { runs = runs + instr_count as u64; }
  wasm:func:entry { in++; }
  wasm:func:exit { out++; }`;

/** A model by which every instruction costs 1, but for an end: it is reached in other ways than the code that is charged for. */
export function instructionModel(): CostModel {
  const base = modelNamed("wasmtime-50");
  const cost = base.cost.slice().fill(1);
  for (const name of ["end", "else"]) cost[rowNamed(name)] = 0;
  const perUnit = base.perUnit.slice().fill(0);
  return { ...base, name: "instructions", entry: 0, cost, perUnit, startup: null };
}

/** Scripts as one: `name` of the nth is called `name_n` there, since several declare the same. */
export function together(scripts: readonly string[]): string {
  const renamed = scripts.map((text, n) =>
    [...text.matchAll(/\bvar (\w+)/g)].reduce(
      (script, [, name]) => script.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}_${n}`),
      text.replaceAll(/\/\/.*/g, ""),
    ),
  );
  return renamed.join("\n");
}
