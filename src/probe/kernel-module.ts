/**
 * The metering kernel as a module of WebAssembly (assembly/kernel.ts, built into dist/), and what it is told of
 * instructions: which costs what, does what to control, and has which immediates. It has no tables of its own.
 */
import { readFileSync } from "node:fs";
import { builtFile } from "../base/package-files.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { Flow, flowOf } from "./control.ts";
import type { Meter } from "./plan.ts";
import type { RewriteContext } from "./rewrite-context.ts";

type Exported = WebAssembly.Global<"i32">;

/** What assembly/kernel.ts exports, which says what it is: functions, addresses, and the state of a walk. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly kinds: Exported;
  readonly flows: Exported;
  readonly spaces: Exported;
  readonly costs: Exported;
  readonly units: Exported;
  readonly free: Exported;
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

let compiled: WebAssembly.Module | undefined;

/** A kernel that knows the module's instructions, with a memory of its own. */
export function instantiateKernel(context: RewriteContext, meter: Meter): KernelExports {
  compiled ??= new WebAssembly.Module(readFileSync(builtFile("probe/kernel.wasm")));
  const exports = new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
  fillTables(exports, context, meter);
  const { module, meterAt, map } = context;
  exports.setMeter(meterAt.counter, meterAt.limit, meterAt.tick ?? 0, meterAt.tick !== null);
  const by = (kind: "func" | "global", last: number) => map[kind](last) - last;
  exports.move(
    module.importedFunctions,
    by("func", module.functions.length),
    module.importedGlobals,
    by("global", module.globals.length),
  );
  return exports;
}

/** Where the kernel finds what is known of an instruction: by its byte, or by its prefix and its sub-opcode. */
function numberOf(code: number): number {
  return code < 256 ? code : 256 + (Math.floor(code / 65536) - 0xfb) * 512 + (code % 65536);
}

function fillTables(exports: KernelExports, { module, moved }: RewriteContext, { model }: Meter): void {
  const buffer = exports.memory.buffer as ArrayBuffer;
  const kinds = new Uint8Array(buffer, exports.kinds.value);
  const flows = new Uint8Array(buffer, exports.flows.value);
  const spaces = new Uint8Array(buffer, exports.spaces.value);
  const costs = new Uint32Array(buffer, exports.costs.value);
  const units = new Uint32Array(buffer, exports.units.value);
  const has64 = [...module.memories, ...module.tables.map(({ limits }) => limits)].some(({ is64 }) => is64);
  opcodes.forEach(({ code, name, imm, spaces: [space] }, row) => {
    const isSized = flowOf[row] === Flow.sized && model.perUnit[row]! > 0;
    // of sizes it knows those of 32 bits, and not what is given back where a grow fails
    if (isSized && (has64 || (name.endsWith(".grow") && model.freeFailure !== null))) return;
    const moves = moved[row] === 0 ? 0 : space === "func" ? 1 : space === "global" ? 2 : 3;
    if (moves === 3 || (moves > 0 && imm !== Imm.index)) return;
    const number = numberOf(code);
    kinds[number] = imm + 1;
    flows[number] = flowOf[row] === Flow.sized && !isSized ? Flow.plain : flowOf[row]!;
    spaces[number] = moves;
    costs[number] = model.cost[row]!;
    units[number] = model.perUnit[row]!;
  });
}
