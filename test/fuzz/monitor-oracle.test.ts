/**
 * Monitors of the library against the interpreter of the tests, which knows nothing of them: on random programs, with
 * exceptions and traps, each instruction, branch, loop, call, global and memory access is counted by both, all monitors
 * at once and place by place. The interpreter does not stop at `end`, `else` and the like, so these are left out.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { libraryScript } from "../../src/monitor/library-scripts.ts";
import type { ReportMap, ReportRow, ReportValue } from "../../src/monitor/report.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { lebAt, memargAt } from "../../src/wasm/instructions.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import type { Module } from "../../src/wasm/types.ts";
import { type CodeWalk, codeOf } from "../../src/wasm/walk.ts";
import { Machine, type Value } from "../support/interpreter.ts";
import { interpret } from "../support/metered.ts";
import { together } from "../support/monitor-runs.ts";
import { monitored } from "../support/monitored.ts";
import { arbitraryProgram, type Exceptions, hostImports, type Program } from "../support/programs.ts";

const names = [
  ...["opcodes", "branches", "loops", "calls", "call-graph", "globals", "memory"],
  ...["hotness", "coverage"],
];
const script = together(names.map((name) => libraryScript(name)!.text));

/** Instructions that the interpreter goes over without a step. */
const delimiter = /^(else|end|catch|catch_all|delegate)$/;

interface Instruction {
  readonly name: string;
  readonly function: number;
  /** Where it is, as a report says it: "function pc". */
  readonly site: string;
  /** Its first immediate, where that is a number. */
  readonly immediate: number;
  /** What a memory access adds to its address, and its bytes. */
  readonly offset: number;
  readonly size: number;
}

function instructionsOf(module: Module): Map<number, Instruction> {
  const found = new Map<number, Instruction>();
  for (let index = module.importedFunctions; index < module.functions.length; index++) {
    const { start } = module.bodies[index - module.importedFunctions]!;
    for (const code = codeOf(module, index); code.advance(); )
      found.set(code.at, instruction(module, index, code, `${index} ${code.at - start}`));
  }
  return found;
}

function instruction({ bytes }: Module, index: number, code: CodeWalk, site: string): Instruction {
  const { name } = opcodes[code.row]!;
  const access = /^i(32|64)\.(?:load|store)(\d+)?/.exec(name);
  return {
    ...{
      name,
      function: index,
      site,
      immediate: code.immediates < code.next ? lebAt(bytes, code.immediates) : 0,
    },
    offset: access ? Number(memargAt(bytes, code.immediates).offset) : 0,
    size: access ? Number(access[2] ?? access[1]) / 8 : 0,
  };
}

/** What the interpreter sees, counted by text. */
class Counts {
  readonly #counts = new Map<string, number>();
  highest = 0;

  add(key: string, by = 1): void {
    if (by > 0) this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** All that begin so, without that, sorted. */
  map(prefix: string): (readonly [string, number])[] {
    const found = [...this.#counts].filter(([key]) => key.startsWith(`${prefix} `));
    return found.map(([key, count]) => [key.slice(prefix.length + 1), count] as const).sort();
  }
}

function counted(
  module: Module,
  program: Program,
  instructions: ReadonlyMap<number, Instruction>,
): { readonly counts: Counts; readonly end: string } {
  const counts = new Counts();
  const imports = { h: () => [0], base: hostImports.base };
  const [table] = new Machine(module, { imports }).tables;
  const u32 = (value: Value | undefined) => (value as number) >>> 0;
  const step = (at: number, stack: readonly Value[]) => {
    const { name, function: index, site, immediate, offset, size } = instructions.get(at)!;
    const top = stack.at(-1);
    counts.add(`opcode ${name}`);
    counts.add(`at ${site}`);
    if (name === "br_if" || name === "if") counts.add(`taken ${site}`, top === 0 ? 0 : 1);
    if (name === "br_table") counts.add(`label ${site} ${Math.min(u32(top), immediate)}`);
    if (name === "global.get") counts.add(`read ${immediate}`);
    if (name === "global.set") counts.add(`written ${immediate}`);
    if (name === "call" || name === "return_call") counts.add(`edge (${index},${immediate})`);
    if (name === "call_indirect" || name === "return_call_indirect")
      counts.add(`edge (${index},${table![u32(top)] ?? -1})`);
    if (size === 0) return;
    const isWrite = name.includes("store");
    counts.add(`access ${name}`);
    counts.add(isWrite ? "bytes written" : "bytes read", size);
    const address = (u32(stack.at(isWrite ? -2 : -1)) + offset) >>> 0;
    counts.highest = Math.max(counts.highest, address);
  };
  const { end } = interpret(module, program, {
    step: (at, _, stack) => step(at, stack),
    enter: (index) => counts.add(`entered ${index}`),
    leave: (index) => counts.add(`left ${index}`),
  });
  return { counts, end };
}

/** What a row should show; null where the interpreter does not know. */
function expected({ variable, place }: ReportRow, counts: Counts, code: Code): unknown {
  const site = place ? `${place.function} ${place.pc}` : "";
  const [, name, number] = /^(\w+)_(\d+)$/.exec(variable)!;
  switch (`${names[Number(number)]} ${name}`) {
    case "opcodes opcodes":
      return counts.map("opcode");
    case "branches total":
    case "loops begun":
      return counts.of(`at ${site}`);
    case "branches taken":
      return counts.of(`taken ${site}`);
    case "branches labels":
      return counts.map(`label ${site}`);
    case "loops turns": {
      const first = code.behind.get(site)!;
      return delimiter.test(first.name) ? null : counts.of(`at ${first.site}`);
    }
    case "hotness times":
      return delimiter.test(code.at.get(site)!) ? null : counts.of(`at ${site}`);
    case "coverage reached":
      return delimiter.test(code.at.get(site)!) ? null : counts.of(`at ${site}`) > 0;
    case "calls entered":
    case "calls left":
      return counts.of(`${name} ${place!.function}`);
    case "call-graph edges":
      return counts.map("edge");
    case "globals reads":
      return counts.map("read");
    case "globals writes":
      return counts.map("written");
    case "memory accesses":
      return counts.map("access");
    case "memory read":
    case "memory written":
      return counts.of(`bytes ${name}`);
    case "memory highest":
      return counts.highest;
    default:
      throw new Error(`nobody knows ${variable}`);
  }
}

/** Names of instructions, and what stands behind each, by place. */
interface Code {
  readonly at: ReadonlyMap<string, string>;
  readonly behind: ReadonlyMap<string, Instruction>;
}

function codeAround(instructions: Iterable<Instruction>): Code {
  const all = [...instructions];
  return {
    at: new Map(all.map(({ site, name }) => [site, name])),
    behind: new Map(all.slice(1).map((next, i) => [all[i]!.site, next])),
  };
}

/** A row's value in the form of `expected`: maps without the instructions that the interpreter goes over. */
function shown({ value }: ReportRow): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = (value as ReportMap).map.map(([key, count]) => [text(key), Number(count)] as const);
  return entries.filter(([key]) => !delimiter.test(key)).sort();
}

const text = (key: ReportValue): string => (Array.isArray(key) ? `(${key.join()})` : String(key));

function check(program: Program): number {
  const module = decodeModule(program.bytes);
  const instructions = instructionsOf(module);
  const { counts, end } = counted(module, program, instructions);
  const code = codeAround(instructions.values());
  const { report, result, error } = monitored(program.bytes, script, {
    imports: { host: hostImports },
    call: ({ f }) => f!(...program.args),
  });
  expect(error === undefined ? String(result) : "ended").toBe(/^-?\d+$/.test(end) ? end : "ended");
  let compared = 0;
  for (const row of report.rows) {
    const wanted = expected(row, counts, code);
    if (wanted === null) continue;
    expect(shown(row), `${row.variable} ${row.place?.event} ${row.place?.function} ${row.place?.pc}`).toEqual(
      wanted,
    );
    compared += 1;
  }
  return compared;
}

describe.each<Exceptions>(["none", "legacy"])("exceptions: %s", (exceptions) => {
  test("monitors count what the interpreter counts, place by place", () => {
    let compared = 0;
    fc.assert(
      fc.property(arbitraryProgram(exceptions, 250), (program) => {
        compared += check(program);
      }),
      { numRuns: 25 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});
