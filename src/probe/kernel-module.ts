/**
 * The metering kernel as a module of WebAssembly (assembly/kernel.ts), and what it is told of instructions: which costs
 * what, does what to control, and has which immediates. It has no tables of its own.
 */
import { instantiateKernel, type KernelBase, kernelNumber } from "../wasm/kernels.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { Flow, flowOf } from "./control.ts";
import type { Meter } from "./plan.ts";
import type { RewriteContext } from "./rewrite-context.ts";

type Exported = WebAssembly.Global<"i32">;

/** What assembly/kernel.ts exports, which says what it is: functions, addresses, and the state of a walk. */
export interface KernelExports extends KernelBase {
  readonly flows: Exported;
  readonly spaces: Exported;
  readonly costs: Exported;
  readonly units: Exported;
  setMeter(counter: number, limit: number, tick: number, checks: boolean): void;
  move(fromFunction: number, functionsBy: number, fromGlobal: number, globalsBy: number): void;
  place(code: number, bodies: number, end: number, entry: number): void;
  meter(from: number, end: number, output: number): number;
  written(): number;
  enter(
    body: number,
    begin: number,
    stops: number,
    stopCount: number,
    isWrapped: boolean,
    again: boolean,
    fuel: bigint,
    isStale: boolean,
  ): number;
  go(): number;
  isWrapped(): number;
  resume(pending: bigint, isStale: boolean): void;
  writeAt(address: number): void;
  readonly to: Exported;
  readonly here: Exported;
  readonly pending: WebAssembly.Global<"i64">;
  readonly stale: Exported;
  readonly usesLocal: Exported;
  readonly hasCall: Exported;
  readonly learnt: Exported;
}

/** A kernel that knows the module's instructions, with a memory of its own. */
export function meteringKernel(context: RewriteContext, meter: Meter): KernelExports {
  const spaces = spacesOf(context, meter);
  const kernel = instantiateKernel<KernelExports>("probe/kernel.wasm", (row) => spaces[row]! !== unknown);
  fillTables(kernel, spaces, meter);
  const { module, meterAt, map } = context;
  kernel.setMeter(meterAt.counter, meterAt.limit, meterAt.tick ?? 0, meterAt.tick !== null);
  const by = (kind: "func" | "global", last: number) => map[kind](last) - last;
  kernel.move(
    module.importedFunctions,
    by("func", module.functions.length),
    module.importedGlobals,
    by("global", module.globals.length),
  );
  return kernel;
}

/** Of what space the one index of an instruction is that may move: 0 none, 1 functions, 2 globals. Or the kernel does not know it. */
const [still, functions, globals, unknown] = [0, 1, 2, 3] as const;

function spacesOf({ module, moved }: RewriteContext, { model }: Meter): Uint8Array {
  const has64 = [...module.memories, ...module.tables.map(({ limits }) => limits)].some(({ is64 }) => is64);
  return Uint8Array.from(opcodes, ({ name, imm, spaces: [space] }, row) => {
    // of sizes it knows those of 32 bits, and not what is given back where a grow fails
    const refunds = name.endsWith(".grow") && model.freeFailure !== null;
    if (isSized(row, model) && (has64 || refunds)) return unknown;
    if (moved[row] === 0) return still;
    if (imm !== Imm.index) return unknown;
    return space === "func" ? functions : space === "global" ? globals : unknown;
  });
}

const isSized = (row: number, { perUnit }: Meter["model"]): boolean =>
  flowOf[row] === Flow.sized && perUnit[row]! > 0;

function fillTables(kernel: KernelExports, spaceOf: Uint8Array, { model }: Meter): void {
  const buffer = kernel.memory.buffer as ArrayBuffer;
  const flows = new Uint8Array(buffer, kernel.flows.value);
  const spaces = new Uint8Array(buffer, kernel.spaces.value);
  const costs = new Uint32Array(buffer, kernel.costs.value);
  const units = new Uint32Array(buffer, kernel.units.value);
  opcodes.forEach(({ code }, row) => {
    const number = kernelNumber(code);
    flows[number] = flowOf[row] === Flow.sized && !isSized(row, model) ? Flow.plain : flowOf[row]!;
    spaces[number] = spaceOf[row]!;
    costs[number] = model.cost[row]!;
    units[number] = model.perUnit[row]!;
  });
}
