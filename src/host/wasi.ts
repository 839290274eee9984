/**
 * The guest's host: WASI preview 1 as wasmtime answers it, without file system, network, environment or real time.
 * Guest fuel depends on these answers, so they are exact: `fd_read` fills and `fd_write` takes only the first non-empty
 * buffer (a C library then calls again for the rest), stdin is a memory pipe of one piece or of equal ones
 * (stdin-pieces.ts), clock and random are fixed unless the user asks otherwise. Imports beyond the table that are no
 * functions are refused by name before anything runs; functions get stubs (missing-imports.ts).
 */
import { unsupported } from "../base/diagnostics.ts";
import { isStackOverflow } from "../base/stack-overflow.ts";
import { signature } from "../wasm/type-text.ts";
import type { Import, Module } from "../wasm/types.ts";
import { wasiType } from "./wasi-types.ts";

/** Error numbers of WASI preview 1 that the guest can see. */
const SUCCESS = 0;
const BADF = 8;
const INVAL = 28;
const NOSYS = 52;
const NOTDIR = 54;
const NOTSOCK = 57;
const SPIPE = 70;

/** The guest called proc_exit; thrown through it to the host. */
export class GuestExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the guest exited with ${code}`);
    this.code = code;
  }
}

/** The guest gave a function what no engine takes, an address outside of its memory; thrown through it: a trap. */
export class GuestFault extends Error {}

/** Functions whose answers differ from host to host, and from run to run. */
export type Unrepeatable = "clock_time_get" | "random_get";

export interface WasiOptions {
  /** All of stdin; called at the first read only, so that a pipe nobody writes to cannot hang a guest that never reads. */
  readonly stdin: () => Uint8Array;
  /** A read ends where so many bytes of stdin do, or a multiple of them. Default: where its buffer does. */
  readonly stdinPiece?: number | null;
  /** Takes all of the bytes that the guest writes to 1 or 2. */
  readonly write: (fd: 1 | 2, bytes: Uint8Array) => void;
  readonly args: readonly string[];
  /** Nanoseconds since the epoch (realtime) or any start (monotonic). */
  readonly now: (clock: "realtime" | "monotonic") => bigint;
  /** Fills with random bytes. */
  readonly random: (into: Uint8Array) => void;
  /** Called now and then while a call takes long, as a guest can make it; may throw to end that. */
  readonly look: () => void;
  /** Told each time that the guest asks for what another host answers otherwise. */
  readonly asked?: (name: Unrepeatable) => void;
}

/** Bytes or items between two looks; a multiple of the 8 bytes that random numbers come in. */
const lookEvery = 65_536;

type WasiFunction = (...args: number[]) => number;

export const wasiModule = "wasi_snapshot_preview1";

/** The rest of WASI, answered as wasmtime does where nothing was opened: by the first argument, a descriptor. */
const absent: Readonly<Record<string, WasiFunction>> = {
  ...every(["fd_prestat_get", "fd_prestat_dir_name"], () => BADF),
  ...every(["fd_fdstat_set_flags", "fd_fdstat_set_rights", "fd_renumber"], () => BADF),
  ...every(
    ["fd_advise", "fd_allocate", "fd_datasync", "fd_sync", "fd_filestat_set_size", "fd_filestat_set_times"],
    (fd) => (fd! >>> 0 > 2 ? BADF : INVAL),
  ),
  ...every(["fd_pread", "fd_pwrite", "fd_tell"], (fd) => (fd! >>> 0 > 2 ? BADF : SPIPE)),
  ...every(
    [
      ...["fd_readdir", "path_open", "path_create_directory", "path_filestat_get", "path_filestat_set_times"],
      ...[
        "path_link",
        "path_readlink",
        "path_remove_directory",
        "path_rename",
        "path_symlink",
        "path_unlink_file",
      ],
    ],
    (fd) => (fd! >>> 0 > 2 ? BADF : NOTDIR),
  ),
  ...every(["sock_accept", "sock_recv", "sock_send", "sock_shutdown"], (fd) =>
    fd! >>> 0 > 2 ? BADF : NOTSOCK,
  ),
  proc_raise: () => NOSYS,
};

function every(names: readonly string[], answer: WasiFunction): Record<string, WasiFunction> {
  return Object.fromEntries(names.map((name) => [name, answer]));
}

/** The functions, over a memory that is set once the instance exists. */
export class Wasi {
  memory: WebAssembly.Memory | undefined;
  readonly #options: WasiOptions;
  #stdin: Uint8Array | undefined;
  #stdinAt = 0;
  /** Nanoseconds that the guest has slept: a fixed clock moves by them, or it would sleep for ever. */
  #slept = 0n;

  constructor(options: WasiOptions) {
    this.#options = options;
  }

  get #buffer(): ArrayBuffer {
    if (this.memory) return this.memory.buffer;
    throw new GuestFault("the module calls WASI and exports no memory for it");
  }

  get #view(): DataView {
    return new DataView(this.#buffer);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, at >>> 0, length >>> 0);
  }

  /** Buffers of an iovec array. */
  *#buffers(at: number, count: number): Generator<Uint8Array> {
    for (let i = 0; i < count >>> 0; i++) {
      if (i % lookEvery === 0) this.#options.look();
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

  readonly #functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
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
      this.#options.asked?.("clock_time_get");
      this.#view.setBigUint64(at >>> 0, this.#now(clock), true);
      return SUCCESS;
    }) as never,
    random_get: ((at, length) => {
      this.#options.asked?.("random_get");
      const bytes = this.#bytes(at!, length!);
      for (let done = 0; done < bytes.length; done += lookEvery) {
        this.#options.look();
        this.#options.random(bytes.subarray(done, done + lookEvery));
      }
      return SUCCESS;
    }) satisfies WasiFunction,
    fd_read: ((fd, buffers, count, read) => {
      if (fd !== 0) return BADF;
      this.#stdin ??= this.#options.stdin();
      let taken = 0;
      for (const buffer of this.#buffers(buffers!, count!)) {
        if (buffer.length === 0) continue;
        const { stdinPiece: piece } = this.#options;
        const left = piece ? piece - (this.#stdinAt % piece) : buffer.length;
        const part = this.#stdin.subarray(this.#stdinAt, this.#stdinAt + Math.min(left, buffer.length));
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
        total = buffer.length;
        break;
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
    fd_filestat_get: ((fd, at) => {
      if (fd! >>> 0 > 2) return BADF;
      // a pipe: everything unknown or 0
      this.#bytes(at!, 64).fill(0);
      return SUCCESS;
    }) satisfies WasiFunction,
    poll_oneoff: ((subscriptions, events, count, ready) =>
      count === 0
        ? INVAL
        : this.#u32(
            ready!,
            this.#poll(subscriptions! >>> 0, events! >>> 0, count! >>> 0),
          )) satisfies WasiFunction,
    // what needs a folder, a file or a socket finds none
    ...absent,
    sched_yield: (() => SUCCESS) satisfies WasiFunction,
    proc_exit: ((code: number) => {
      throw new GuestExit(code >>> 0);
    }) as never,
  };

  /** The import object's functions. */
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>> = Object.fromEntries(
    Object.entries(this.#functions).map(([name, call]) => [
      name,
      (...args: never[]) => {
        try {
          return call(...args);
        } catch (error) {
          // views refuse what lies outside of the memory
          if (!(error instanceof RangeError) || isStackOverflow(error)) throw error;
          throw new GuestFault(`out of bounds memory access in ${name}`);
        }
      },
    ]),
  );

  #now(clock: number): bigint {
    return this.#options.now(clock === 0 ? "realtime" : "monotonic") + this.#slept;
  }

  /**
   * Writes the events that are there and returns how many. Streams are always ready; where only clocks are waited
   * for, the earliest is, at once: the time that the guest would have slept passes on its fixed clock.
   */
  #poll(subscriptions: number, events: number, count: number): number {
    // A guest may ask for as many as its memory holds, and for events over subscriptions that are not read yet; not where
    // they begin before them: an event is shorter.
    const asked = this.#bytes(subscriptions, 48 * count);
    const over = subscriptions < events && events < subscriptions + asked.length;
    const all = over ? asked.slice() : asked;
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    const streams = this.#streamsReady(view, events);
    if (streams > 0) return streams;
    const first = this.#earliest(view);
    this.#slept += first.wait;
    this.#event(events, first.user, 0);
    return 1;
  }

  /** Writes an event for each subscription that is no clock; how many there are. */
  #streamsReady(subscriptions: DataView, events: number): number {
    let found = 0;
    for (let at = 0; at < subscriptions.byteLength; at += 48) {
      if (at % (48 * lookEvery) === 0) this.#options.look();
      const kind = subscriptions.getUint8(at + 8);
      if (kind === 0) continue;
      this.#event(events + 32 * found, subscriptions.getBigUint64(at, true), kind);
      found++;
    }
    return found;
  }

  /** The first clock to be due among subscriptions that are all clocks, and the nanoseconds until then. */
  #earliest(subscriptions: DataView): { readonly user: bigint; readonly wait: bigint } {
    let first: { readonly user: bigint; readonly wait: bigint } | undefined;
    for (let at = 0; at < subscriptions.byteLength; at += 48) {
      if (at % (48 * lookEvery) === 0) this.#options.look();
      const timeout = subscriptions.getBigUint64(at + 24, true);
      const absolute = (subscriptions.getUint16(at + 40, true) & 1) !== 0;
      const wait = absolute ? timeout - this.#now(subscriptions.getUint32(at + 16, true)) : timeout;
      const left = wait < 0n ? 0n : wait;
      if (!first || left < first.wait) first = { user: subscriptions.getBigUint64(at, true), wait: left };
    }
    return first!;
  }

  #event(at: number, user: bigint, kind: number): void {
    const bytes = this.#bytes(at, 32).fill(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
    view.setBigUint64(0, user, true);
    view.setUint8(10, kind);
  }

  #args(): Uint8Array[] {
    return this.#options.args.map((arg) => new TextEncoder().encode(arg));
  }
}

const provided = new Set(
  Object.keys(
    new Wasi({
      stdin: () => new Uint8Array(),
      write: () => {},
      args: [],
      now: () => 0n,
      random: () => {},
      look: () => {},
    }).functions,
  ),
);

/** What a module imports beyond WASI's table and the modules in `others`, in the order of its imports. */
function missingImports(module: Module, others: readonly string[]): readonly Import[] {
  return module.imports.filter(
    ({ module: from, name, description }) =>
      !others.includes(from) && !(from === wasiModule && provided.has(name) && description.kind === "func"),
  );
}

/**
 * Refuses, by name, a module that imports more than WASI's table and the modules in `others`, where some of it is no
 * function: functions alone get stubs (missing-imports.ts).
 */
export function refuseUnknownImports(module: Module, others: readonly string[]): void {
  const missing = missingImports(module, others);
  if (missing.every(({ description }) => description.kind === "func")) return refuseMistypedImports(module);
  throw unsupported(
    `the module imports what this host does not give: ${listed(missing)}`,
    `supported: the ${provided.size} functions of ${wasiModule}`,
    "a module that is for another host runs with that: --host <file> (docs/hosts.md)",
  );
}

/** More names than this say no more. */
const mostNames = 12;

function listed(imports: Module["imports"]): string {
  const names = imports.map(({ module: from, name, description: { kind } }) =>
    kind === "func" ? `${from}.${name}` : `${from}.${name} (a ${kind})`,
  );
  const more = names.length - mostNames;
  return names.slice(0, mostNames).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function refuseMistypedImports(module: Module): void {
  const wrong = module.imports.flatMap(({ module: from, name, description }) => {
    if (from !== wasiModule || !provided.has(name) || description.kind !== "func") return [];
    const [wanted, found] = [wasiType(name), signature(module, description.type)];
    return wanted === found ? [] : [`${name} is ${wanted}, the module imports it as ${found}`];
  });
  if (wrong.length === 0) return;
  throw unsupported(
    `the module imports functions of ${wasiModule} with other types than they have`,
    ...wrong,
    "the module is damaged, or made for another host",
  );
}
