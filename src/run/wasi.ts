/**
 * The guest's host: WASI preview 1 as wasmtime answers it, without file system, network, environment or real time.
 * Guest fuel depends on these answers, so they are exact: `fd_read` fills only the first non-empty buffer, stdin is
 * one memory pipe, clock and random are fixed unless the user asks otherwise. Imports beyond the table are refused
 * by name before anything runs.
 */
import { unsupported } from "../base/diagnostics.ts";
import type { Module } from "../wasm/types.ts";

/** Error numbers of WASI preview 1 that the guest can see. */
const SUCCESS = 0;
const BADF = 8;
const INVAL = 28;
const SPIPE = 70;

/** The guest called proc_exit; thrown through it to the host. */
export class GuestExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the guest exited with ${code}`);
    this.code = code;
  }
}

export interface WasiOptions {
  /** All of stdin; called at the first read only, so that a pipe nobody writes to cannot hang a guest that never reads. */
  readonly stdin: () => Uint8Array;
  /** Takes all of the bytes that the guest writes to 1 or 2. */
  readonly write: (fd: 1 | 2, bytes: Uint8Array) => void;
  readonly args: readonly string[];
  /** Nanoseconds since the epoch (realtime) or any start (monotonic). */
  readonly now: (clock: "realtime" | "monotonic") => bigint;
  /** Fills with random bytes. */
  readonly random: (into: Uint8Array) => void;
}

type WasiFunction = (...args: number[]) => number;

export const wasiModule = "wasi_snapshot_preview1";

/** The functions, over a memory that is set once the instance exists. */
export class Wasi {
  memory: WebAssembly.Memory | undefined;
  readonly #options: WasiOptions;
  #stdin: Uint8Array | undefined;
  #stdinAt = 0;

  constructor(options: WasiOptions) {
    this.#options = options;
  }

  /** What the guest read of stdin, all of it if it read any. */
  get stdinRead(): Uint8Array {
    return this.#stdin ?? new Uint8Array();
  }

  get #view(): DataView {
    return new DataView(this.memory!.buffer);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory!.buffer, at >>> 0, length >>> 0);
  }

  /** Buffers of an iovec array. */
  *#buffers(at: number, count: number): Generator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      const entry = (at >>> 0) + i * 8;
      yield this.#bytes(this.#view.getUint32(entry, true), this.#view.getUint32(entry + 4, true));
    }
  }

  #u32(at: number, value: number): number {
    this.#view.setUint32(at >>> 0, value, true);
    return SUCCESS;
  }

  /** Sizes, then contents, of a list of NUL-terminated strings. */
  #stringSizes(strings: readonly Uint8Array[], count: number, size: number): number {
    this.#u32(count, strings.length);
    return this.#u32(
      size,
      strings.reduce((sum, one) => sum + one.length + 1, 0),
    );
  }

  #strings(strings: readonly Uint8Array[], pointers: number, buffer: number): number {
    let at = buffer >>> 0;
    strings.forEach((one, i) => {
      this.#u32((pointers >>> 0) + i * 4, at);
      this.#bytes(at, one.length).set(one);
      this.#bytes(at + one.length, 1)[0] = 0;
      at += one.length + 1;
    });
    return SUCCESS;
  }

  /** The import object's functions. */
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    args_sizes_get: ((count, size) => this.#stringSizes(this.#args(), count!, size!)) satisfies WasiFunction,
    args_get: ((pointers, buffer) => this.#strings(this.#args(), pointers!, buffer!)) satisfies WasiFunction,
    environ_sizes_get: ((count, size) => this.#stringSizes([], count!, size!)) satisfies WasiFunction,
    environ_get: ((pointers, buffer) => this.#strings([], pointers!, buffer!)) satisfies WasiFunction,
    clock_res_get: ((clock: number, at: number) => {
      if (clock > 3) return INVAL;
      this.#view.setBigUint64(at >>> 0, 1n, true);
      return SUCCESS;
    }) as never,
    clock_time_get: ((clock: number, _precision: bigint, at: number) => {
      if (clock > 1) return clock > 3 ? INVAL : BADF;
      this.#view.setBigUint64(at >>> 0, this.#options.now(clock === 0 ? "realtime" : "monotonic"), true);
      return SUCCESS;
    }) as never,
    random_get: ((at, length) => {
      this.#options.random(this.#bytes(at!, length!));
      return SUCCESS;
    }) satisfies WasiFunction,
    fd_read: ((fd, buffers, count, read) => {
      if (fd !== 0) return BADF;
      this.#stdin ??= this.#options.stdin();
      let taken = 0;
      for (const buffer of this.#buffers(buffers!, count!)) {
        if (buffer.length === 0) continue;
        const part = this.#stdin.subarray(this.#stdinAt, this.#stdinAt + buffer.length);
        buffer.set(part);
        taken = part.length;
        break;
      }
      this.#stdinAt += taken;
      return this.#u32(read!, taken);
    }) satisfies WasiFunction,
    fd_write: ((fd, buffers, count, written) => {
      if (fd !== 1 && fd !== 2) return BADF;
      let total = 0;
      for (const buffer of this.#buffers(buffers!, count!)) {
        if (buffer.length === 0) continue;
        this.#options.write(fd, buffer);
        total += buffer.length;
      }
      return this.#u32(written!, total);
    }) satisfies WasiFunction,
    fd_close: ((fd) => (fd! >>> 0 > 2 ? BADF : SUCCESS)) satisfies WasiFunction,
    fd_fdstat_get: ((fd, at) => {
      if (fd! >>> 0 > 2) return BADF;
      this.#bytes(at!, 24).fill(0);
      // Rights as wasmtime gives them: read on stdin, write on the others; type unknown.
      this.#view.setBigUint64((at! >>> 0) + 8, fd === 0 ? 2n : 64n, true);
      return SUCCESS;
    }) satisfies WasiFunction,
    fd_seek: ((fd: number) => (fd >>> 0 > 2 ? BADF : SPIPE)) as never,
    fd_prestat_get: (() => BADF) satisfies WasiFunction,
    fd_prestat_dir_name: (() => BADF) satisfies WasiFunction,
    sched_yield: (() => SUCCESS) satisfies WasiFunction,
    proc_exit: ((code: number) => {
      throw new GuestExit(code >>> 0);
    }) as never,
  };

  #args(): Uint8Array[] {
    return this.#options.args.map((arg) => new TextEncoder().encode(arg));
  }
}

const provided = new Set(
  Object.keys(
    new Wasi({ stdin: () => new Uint8Array(), write: () => {}, args: [], now: () => 0n, random: () => {} })
      .functions,
  ),
);

/** Refuses, by name, what a module imports beyond WASI's table and the modules in `others`. */
export function refuseUnknownImports(module: Module, others: readonly string[]): void {
  const unknown = module.imports.filter(
    ({ module: from, name }) => !others.includes(from) && !(from === wasiModule && provided.has(name)),
  );
  if (unknown.length === 0) return;
  throw unsupported(
    `the module imports what this host does not give: ${unknown.map(({ module: from, name }) => `${from}.${name}`).join(", ")}`,
    `supported: ${wasiModule} (${[...provided].sort().join(", ")})`,
    "no file system, network or environment reaches the profiled program",
  );
}
