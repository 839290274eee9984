/** Runs programs: metered in V8, and by the interpreter, with the same report from both, for tests that compare them. */
import { modelNamed } from "../../src/fuel/models.ts";
import type { Hook } from "../../src/probe/action.ts";
import { type FunctionProbes, type Meter, meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { I32, I64, type Module } from "../../src/wasm/types.ts";
import { Machine, type MachineOptions, Thrown, Trap } from "./interpreter.ts";
import { hostImports, type Program } from "./programs.ts";

export const models = [
  ["wasmtime-45", "flat"],
  ["wasmtime-46", "bulk"],
  ["wasmtime-50", "grow"],
] as const;

export interface Report {
  readonly fuel: number;
  /** The result, "exception", "unreachable", or "trap" for what hardware finds. */
  readonly end: string;
  /** Memory, table and globals at the end. */
  readonly state: string;
}

/** A meter with globals of the module's own. */
export function meter(model: string, mode: Meter["mode"], checks = false): Meter {
  return { model: modelNamed(model), mode, globals: { kind: "define" }, checks };
}

/** Probes at entry and exit that report the function's index and the fuel. */
export const frameHooks: readonly Hook[] = ["enter", "leave"].map((name) => ({
  module: meterNames.module,
  name,
  params: [I32, I64],
}));

export function frameProbes(index: number): FunctionProbes {
  const probe = (hook: number) => ({
    hook,
    arguments: [{ kind: "const", type: I32, value: index }, { kind: "fuel" }] as const,
  });
  return { entry: [probe(0)], exit: [probe(1)] };
}

/** The hash of what a program leaves behind; functions in the table as their numbers. */
function describeState(
  memory: Uint8Array,
  table: readonly (number | null)[],
  left: number,
  g: bigint,
): string {
  let hash = 17;
  for (let i = 0; i < memory.length; i += 1) if (memory[i] !== 0) hash = (hash * 31 + memory[i]! * 7 + i) | 0;
  return `${memory.length}/${hash} [${table.join()}] ${left} ${g}`;
}

/** Instantiates a rewritten (or original) program in V8 and calls `f`; `made` gets the instance before that; `imports` are more. */
export function runInV8(
  bytes: Uint8Array,
  { args }: Pick<Program, "args">,
  hooks: Readonly<Record<string, (...args: never[]) => void>> = {},
  made: (instance: WebAssembly.Instance) => void = () => {},
  imports: WebAssembly.Imports = {},
): Report {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
    host: hostImports,
    [meterNames.module]: { tick: () => {}, ...hooks },
    ...imports,
  });
  made(instance);
  const exports = instance.exports as Record<string, unknown>;
  let end: string;
  try {
    end = String((exports["f"] as (...args: unknown[]) => unknown)(...args));
  } catch (error) {
    if (error instanceof WebAssembly.Exception) end = "exception";
    else if (error instanceof RangeError) end = "trap";
    else if (error instanceof WebAssembly.RuntimeError)
      end = /unreachable/.test(error.message) ? "unreachable" : "trap";
    else throw error;
  }
  const table = exports["table"] as WebAssembly.Table;
  // A function's name in JavaScript is its index.
  const names = Array.from({ length: table.length }, (_, i) => {
    const found = table.get(i) as { name: string } | null;
    return found === null ? null : Number(found.name);
  });
  return {
    fuel: Number((exports[meterNames.counter] as WebAssembly.Global | undefined)?.value ?? 0n),
    end,
    state: describeState(
      new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer),
      names,
      (exports["left"] as WebAssembly.Global).value as number,
      (exports["g"] as WebAssembly.Global).value as bigint,
    ),
  };
}

/** Runs a program's `f` in the interpreter. `module` may be an instrumented one: hooks are given by name. */
export function interpret(
  module: Module,
  { args }: Pick<Program, "args">,
  options: MachineOptions = {},
): Report & { readonly machine: Machine } {
  const machine = new Machine(module, {
    ...options,
    imports: {
      h: (x) => [hostImports.h(x as number)],
      base: hostImports.base,
      [meterNames.tick]: () => [],
      ...options.imports,
    },
  });
  let end: string;
  try {
    end = String(machine.run("f", ...args)[0]);
  } catch (error) {
    if (error instanceof Thrown) end = "exception";
    else if (error instanceof Trap) end = error.message === "unreachable" ? "unreachable" : "trap";
    else throw error;
  }
  const exported = (name: string) => machine.globals[module.exports.find((one) => one.name === name)!.index]!;
  return {
    fuel: machine.fuel,
    end,
    state: describeState(
      machine.memory,
      machine.tables[0] as (number | null)[],
      exported("left") as number,
      exported("g") as bigint,
    ),
    machine,
  };
}

/** The counter of an instrumented module that the interpreter ran. */
export function counterOf(module: Module, machine: Machine): number {
  return Number(machine.globals[module.exports.find(({ name }) => name === meterNames.counter)!.index]);
}

/** `program` rewritten with a meter and, if wanted, entry and exit probes in every function. */
export function metered(program: Program, how: Meter, probes = false): Uint8Array {
  return rewrite(decodeModule(program.bytes), {
    hooks: probes ? frameHooks : [],
    functions: new Map(),
    meter: how,
    ...(probes ? { everywhere: frameProbes } : {}),
  });
}
