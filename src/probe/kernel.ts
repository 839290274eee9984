/**
 * Functions metered by WebAssembly: the kernel writes the same bytes as function.ts, which stays the oracle, and writes
 * what the kernel does not know. In a cold process JavaScript takes many times as long, and V8 longer still to optimise
 * it. Functions without probes are written whole; of others the kernel writes what is between the probes (kernel-walk.ts).
 */
import type { ByteWriter } from "../base/bytes.ts";
import { placeCode, worthwhile } from "../wasm/kernels.ts";
import { funcTypeAt, type Module } from "../wasm/types.ts";
import { codeSize } from "../wasm/walk.ts";
import { type KernelExports, meteringKernel } from "./kernel-module.ts";
import { KernelWalk, type ProbedFunction } from "./kernel-walk.ts";
import type { MeterState } from "./meter.ts";
import type { Meter } from "./plan.ts";
import type { RewriteContext } from "./rewrite-context.ts";

/** Room for what is written at a time, in bytes; a function that needs more is not the kernel's. */
const room = 1_048_576;

/** A kernel for the functions of a module; undefined where it has nothing to do, or less code than `least`, in bytes. */
export function kernelFor(context: RewriteContext, least = worthwhile): Kernel | undefined {
  const { meter } = context;
  const { module } = context;
  if (meter?.mode !== "run" || module.bodies.length === 0 || codeSize(module) < least) return undefined;
  return new Kernel(context, meter);
}

export class Kernel {
  readonly #exports: KernelExports;
  /** By how much an address in the kernel's memory is more than an absolute offset in the code. */
  readonly #shift: number;
  /** Address of the output. */
  readonly #output: number;

  constructor(context: RewriteContext, meter: Meter) {
    const { module } = context;
    const exports = meteringKernel(context, meter);
    this.#exports = exports;
    const bodies = placesOf(module);
    const { table, code, behind } = placeCode(exports, module, bodies.byteLength, room);
    new Uint32Array(exports.memory.buffer, table, bodies.length).set(bodies);
    exports.place(code, table, behind + room, meter.model.entry);
    this.#shift = code - module.bodies[0]!.start;
    this.#output = behind;
  }

  /**
   * Writes bodies `from` to `end`, counted among those of the module, with their sizes in front, as far as it goes.
   * Gives the first that is not written: `from` itself where that is not the kernel's.
   */
  write(w: ByteWriter, from: number, end: number): number {
    const { memory } = this.#exports;
    const done = this.#exports.meter(from, end, this.#output);
    w.copy(new Uint8Array(memory.buffer), this.#output, this.#exports.written());
    return done;
  }

  /** Begins a walk over a function with probes, with the meter as it is; undefined where the function is not the kernel's. */
  walk(one: ProbedFunction, meter: MeterState): KernelWalk | undefined {
    const walk = new KernelWalk(this.#exports, { shift: this.#shift, output: this.#output, room }, meter);
    return walk.enter(one) ? walk : undefined;
  }
}

/** Three numbers for each body: offsets of its start and end from the first one's start, and its function's parameters. */
function placesOf(module: Module): Uint32Array {
  const places = new Uint32Array(module.bodies.length * 3);
  const first = module.bodies[0]!.start;
  module.bodies.forEach(({ start, end }, i) => {
    const type = funcTypeAt(module, module.functions[module.importedFunctions + i]!);
    // where there is none, a body that ends before it starts is left to the rewriter
    places.set(type ? [start - first, end - first, type.params.length] : [1, 0, 0], i * 3);
  });
  return places;
}
