/**
 * Functions without probes, metered by WebAssembly: the kernel (assembly/kernel.ts) writes the same bytes as function.ts,
 * which stays the oracle and writes what the kernel does not know. In a cold process JavaScript takes many times as long,
 * and V8 longer still to optimise it. The kernel is told which instruction costs what, and does what: it has no tables of
 * its own.
 */
import { readFileSync } from "node:fs";
import type { ByteWriter } from "../base/bytes.ts";
import { builtFile } from "../base/package-files.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { funcTypeAt, type Module } from "../wasm/types.ts";
import { Flow, flowOf } from "./control.ts";
import type { RewriteContext } from "./function.ts";
import type { Meter } from "./plan.ts";

/** What assembly/kernel.ts exports; globals are addresses. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly kinds: WebAssembly.Global;
  readonly flows: WebAssembly.Global;
  readonly spaces: WebAssembly.Global;
  readonly costs: WebAssembly.Global;
  readonly units: WebAssembly.Global;
  readonly free: WebAssembly.Global;
  readonly setMeter: (counter: number, limit: number, tick: number, checks: boolean) => void;
  readonly move: (function_: number, functionsBy: number, global: number, globalsBy: number) => void;
  readonly place: (code: number, bodies: number, end: number, entry: number) => void;
  readonly meter: (from: number, end: number, output: number) => number;
  readonly written: () => number;
}

/** The code of functions, in bytes, from which on the kernel is worth being loaded. */
const worthwhile = 65_536;
/** Room for what is written at a time, in bytes; a function that needs more is not the kernel's. */
const room = 1_048_576;

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(builtFile("probe/kernel.wasm")));
  return compiled;
}

/** A kernel for the functions of a module; undefined where it has nothing to do, or little. `least`: of that many bytes of code on. */
export function kernelFor(context: RewriteContext, least = worthwhile): Kernel | undefined {
  const { meter } = context;
  const { bodies } = context.module;
  if (meter?.mode !== "run" || bodies.length === 0) return undefined;
  if (bodies.at(-1)!.end - bodies[0]!.start < least) return undefined;
  return new Kernel(context, meter);
}

export class Kernel {
  readonly #exports: KernelExports;
  /** Address of the output. */
  readonly #output: number;

  constructor(context: RewriteContext, meter: Meter) {
    const { module, meterAt, map } = context;
    const exports = new WebAssembly.Instance(kernelModule()).exports as unknown as KernelExports;
    this.#exports = exports;
    fillTables(exports, context, meter);
    exports.setMeter(meterAt.counter, meterAt.limit, meterAt.tick ?? 0, meterAt.tick !== null);
    const by = (kind: "func" | "global", last: number) => map[kind](last) - last;
    exports.move(
      ...([module.importedFunctions, by("func", module.functions.length)] as const),
      ...([module.importedGlobals, by("global", module.globals.length)] as const),
    );

    const bodies = placesOf(module);
    const [first, last] = [module.bodies[0]!.start, module.bodies.at(-1)!.end];
    const bodiesAt = (exports.free.value as number) + 8;
    const codeAt = bodiesAt + bodies.byteLength;
    this.#output = codeAt + (last - first);
    const end = this.#output + room;
    const { memory } = exports;
    memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
    new Uint32Array(memory.buffer, bodiesAt, bodies.length).set(bodies);
    new Uint8Array(memory.buffer, codeAt).set(module.bytes.subarray(first, last));
    exports.place(codeAt, bodiesAt, end, meter.model.entry);
  }

  /**
   * Writes bodies `from` to `end`, counted among those of the module, with their sizes in front, as far as it goes.
   * Gives the first that is not written: `from` itself where that is not the kernel's.
   */
  write(w: ByteWriter, from: number, end: number): number {
    const { memory, meter, written } = this.#exports;
    const done = meter(from, end, this.#output);
    w.copy(new Uint8Array(memory.buffer), this.#output, written());
    return done;
  }
}

/** Three numbers for each body: offsets of its start and end from the first one's start, and its function's parameters. */
function placesOf(module: Module): Uint32Array {
  const places = new Uint32Array(module.bodies.length * 3);
  const first = module.bodies[0]!.start;
  module.bodies.forEach(({ start, end }, i) => {
    const type = funcTypeAt(module, module.functions[module.importedFunctions + i]!);
    // no body ends before it starts: the rewriter says what is wrong
    places.set(type ? [start - first, end - first, type.params.length] : [1, 0, 0], i * 3);
  });
  return places;
}

/** Tells the kernel of each instruction what it knows of it: the kind of its immediates, its flow, what moves, what it costs. */
function fillTables(exports: KernelExports, { module, moved }: RewriteContext, { model }: Meter): void {
  const at = <T>(make: new (buffer: ArrayBuffer, offset: number) => T, { value }: WebAssembly.Global) =>
    new make(exports.memory.buffer as ArrayBuffer, value as number);
  const kinds = at(Uint8Array, exports.kinds);
  const flows = at(Uint8Array, exports.flows);
  const spaces = at(Uint8Array, exports.spaces);
  const costs = at(Uint32Array, exports.costs);
  const units = at(Uint32Array, exports.units);
  const sizesAre64 = [...module.memories, ...module.tables.map(({ limits }) => limits)].some(
    ({ is64 }) => is64,
  );
  opcodes.forEach(({ code, name, imm, spaces: [space] }, row) => {
    const [prefix, sub] = [Math.floor(code / 65536), code % 65536];
    const number = prefix === 0 ? code : 256 + (prefix - 0xfb) * 512 + sub;
    const isSized = flowOf[row] === Flow.sized && model.perUnit[row]! > 0;
    if (isSized && (sizesAre64 || (name.endsWith(".grow") && model.freeFailure !== null))) return;
    const moves = moved[row] === 0 ? 0 : space === "func" ? 1 : space === "global" ? 2 : 3;
    if (moves === 3 || (moves > 0 && imm !== Imm.index)) return;
    kinds[number] = imm + 1;
    flows[number] = flowOf[row] === Flow.sized && !isSized ? Flow.plain : flowOf[row]!;
    spaces[number] = moves;
    costs[number] = model.cost[row]!;
    units[number] = model.perUnit[row]!;
  });
}
