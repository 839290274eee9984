/**
 * Executes a guest: makes its host, its instances and, when profiling, the collector, and says how it ended.
 * Synchronous and free of threads; worker.ts runs it on a stack that is large enough.
 */
import { createHash } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import { Diagnostic, internalError, unsupported } from "../base/diagnostics.ts";
import { meterNames } from "../probe/plan.ts";
import { hookModule } from "../probe/profiler-plan.ts";
import type { Recording } from "../profile/recording.ts";
import { lineSites } from "../quickjs/lines.ts";
import { opcodeWork, otherWork } from "../quickjs/opcode-work.ts";
import { type EngineVersion, engineById } from "../quickjs/versions.ts";
import { type CollectorHost, Recorder } from "./collector/recorder.ts";
import { type Host, type PlatformFacts, type Streams, wasiHost } from "./host.ts";
import { FunctionRegistry, type RegistryListener } from "./identity.ts";
import {
  type CompileJob,
  type CompileOutcome,
  Control,
  type HostSettings,
  type OutputSummary,
  outputKept,
  type ProfileSettings,
  type RunEnd,
  type RunJob,
  type RunOutcome,
} from "./job.ts";
import { randomStream } from "./random.ts";
import { shopifyHost } from "./shopify.ts";
import { hostError, loadUserHost, prepareUserGuest } from "./user-host.ts";
import { GuestExit, GuestFault, isStackOverflow, Wasi, wasiModule } from "./wasi.ts";

/** Thrown through the guest to stop it. */
class Stop extends Error {
  readonly reason: "fuel" | "timeout" | "interrupted";

  constructor(reason: "fuel" | "timeout" | "interrupted") {
    super(reason);
    this.reason = reason;
  }
}

/** Fuel between two looks at the clock and the stop flag. */
const tickFuel = 4_000_000n;

/** Runs a program on a host that is ours. */
export function runGuest(job: RunJob): RunOutcome {
  const run = new GuestRun(job);
  const { profile, host } = run;
  const pluginModule = job.plugin && compiled(job.plugin.module);
  const initialises =
    pluginModule && initialisers(WebAssembly.Module.exports(pluginModule).map(({ name }) => name)).length > 0;
  // Platforms call functions of the plugin before the run, which native frames would show.
  const early = initialises || (job.host.platform && job.profile?.natives);
  let plugin: WebAssembly.Instance | undefined;
  if (pluginModule) {
    run.prepare(() => {
      plugin = new WebAssembly.Instance(
        pluginModule,
        run.imports(early ? profile?.patientImports : undefined),
      );
      run.attach(plugin, memoryOf(plugin));
      initialise(plugin);
      host.prepare(plugin.exports);
    });
  }
  const appModule = compiled(job.app);
  run.count(() => {
    const app = new WebAssembly.Instance(appModule, {
      ...run.imports(),
      ...(plugin ? { [job.plugin!.namespace]: plugin.exports as WebAssembly.ModuleImports } : {}),
    });
    if (!plugin) {
      run.attach(app, memoryOf(app));
      profile?.begin();
    }
    initialise(app, job.export);
    (app.exports[job.export] as () => void)();
  });
  return run.finish(() => host.finish(plugin?.exports ?? {}));
}

/** Runs a module on a host that the user made. */
export async function runUserHost(job: RunJob): Promise<RunOutcome> {
  const run = new GuestRun(job);
  const path = job.host.userHost!;
  const hooks = run.imports(run.profile?.patientImports);
  const { [wasiModule]: wasi, ...others } = hooks;
  const parts = {
    module: compiled(job.app),
    streams: run.host.streams,
    args: job.host.args.slice(1),
    wasi: wasi!,
    hooks: others,
  };
  const guest = await prepareUserGuest(path, await loadUserHost(path), parts, (instance, memory) =>
    run.attach(instance, memory),
  );
  run.prepare(() => {});
  run.count(() => {
    try {
      guest.run.call();
    } catch (error) {
      if (isEnd(error)) throw error;
      // The host's way to say that its guest failed.
      run.host.streams.write(2, new TextEncoder().encode(`${failureText(error)}\n`));
      throw new HostThrew();
    }
  });
  return run.finish(() => {
    try {
      guest.run.finish?.();
    } catch (error) {
      throw hostError(path, error);
    }
    return null;
  });
}

/** One run: what it reads and writes, what is counted, how it ended. */
class GuestRun {
  readonly #job: RunJob;
  readonly #output: { readonly 1: Output; readonly 2: Output };
  readonly #wasi: Wasi;
  readonly host: Host;
  readonly profile: ProfiledRun | null;
  /** All of stdin, once anybody asked for it. */
  #stdin: Uint8Array | undefined;
  #memory: WebAssembly.Memory | undefined;
  #end: RunEnd = { kind: "ok" };
  #milliseconds = 0;

  constructor(job: RunJob) {
    this.#job = job;
    const { passThrough } = job.host;
    this.#output = {
      1: new Output(passThrough === "stderr" ? 2 : passThrough ? 1 : null),
      2: new Output(passThrough ? 2 : null),
    };
    this.profile = job.profile ? new ProfiledRun(job.profile, new Int32Array(job.control)) : null;
    const options = hostOptions(
      job.host,
      (fd, bytes) => this.#output[fd].write(bytes),
      () => this.profile?.stopIfAsked(),
    );
    const streams: Streams = {
      stdin: () => (this.#stdin ??= options.stdin()),
      write: options.write,
    };
    this.host = job.host.platform ? shopifyHost(job.host.platform, streams) : wasiHost(streams);
    this.#wasi = new Wasi({ ...options, ...this.host.streams });
  }

  imports(hooks = this.profile?.imports): WebAssembly.Imports {
    return {
      [wasiModule]: this.#wasi.functions as WebAssembly.ModuleImports,
      ...(hooks ? { [hookModule]: hooks } : {}),
    };
  }

  attach(instance: WebAssembly.Instance, memory: WebAssembly.Memory | undefined): void {
    this.#memory = memory;
    this.#wasi.memory = memory;
    this.profile?.attach(instance, memory);
  }

  /** The last that is not counted. */
  prepare(prepare: () => void): void {
    try {
      prepare();
    } catch (error) {
      this.#end = endOf(error, false);
    }
    this.profile?.begin();
  }

  /** The counted part, unless the preparation has failed. */
  count(call: () => void): void {
    if (this.#end.kind !== "ok") return;
    const started = performance.now();
    try {
      call();
    } catch (error) {
      this.#end = endOf(error, this.profile?.thrown ?? false);
    }
    this.#milliseconds = performance.now() - started;
  }

  /** `finish` is the host's, with the counters out of its reach. */
  finish(finish: () => PlatformFacts | null): RunOutcome {
    const { profile } = this;
    const { profile: settings, hashMemory } = this.#job;
    const fuel = profile?.fuel ?? 0n;
    if (this.#end.kind === "ok" && settings?.maxFuel != null && fuel > settings.maxFuel)
      this.#end = { kind: "fuel" };
    const end = this.#end;
    const recording = profile?.recording(end) ?? null;
    profile?.end();
    const platform = finish();
    const stdin = this.#stdin ?? new Uint8Array();
    const memory = this.#memory?.buffer ?? new ArrayBuffer(0);
    return {
      kind: "ran",
      end,
      recording,
      engine: profile?.engine ?? null,
      carried: profile?.carried ?? null,
      fuel,
      stdout: this.#output[1].summary,
      stderr: this.#output[2].summary,
      stdin: { bytes: stdin.length, sha256: createHash("sha256").update(stdin).digest("hex") },
      consumed: end.kind === "trap" && !end.exact ? stdin : null,
      platform,
      maxMemoryBytes: memory.byteLength,
      collectorBytes: profile?.recorder?.memoryBytes ?? 0,
      milliseconds: this.#milliseconds,
      memorySha256: hashMemory ? createHash("sha256").update(new Uint8Array(memory)).digest("hex") : null,
    };
  }
}

function compiled(module: Uint8Array | WebAssembly.Module): WebAssembly.Module {
  return module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module as BufferSource);
}

/** What a module wants run at its instantiation: a start function that was put off, and a reactor's `_initialize`. */
function initialisers(names: readonly string[]): string[] {
  const wanted = names.includes("_start") ? [meterNames.start] : [meterNames.start, "_initialize"];
  return wanted.filter((name) => names.includes(name));
}

function initialise({ exports }: WebAssembly.Instance, entry?: string): void {
  for (const name of initialisers(Object.keys(exports))) {
    const call = exports[name];
    if (name !== entry && typeof call === "function") (call as () => void)();
  }
}

function memoryOf({ exports }: WebAssembly.Instance): WebAssembly.Memory | undefined {
  const { memory } = exports;
  return memory instanceof WebAssembly.Memory ? memory : undefined;
}

/** Collector, registry, tick: everything that a profiled run has and a plain one has not. */
class ProfiledRun {
  readonly #settings: ProfileSettings;
  readonly #control: Int32Array;
  readonly #deadline: number;
  readonly recorder: Recorder | null;
  #registry: FunctionRegistry | null = null;
  #counter: WebAssembly.Global | undefined;
  #limit: WebAssembly.Global | undefined;
  /** Invocations that are suspended, with their own fuel so far, by their state's address. */
  readonly #suspended = new Map<bigint, { readonly id: number; readonly own: bigint }>();
  thrown = false;
  /** Only what happens in between is part of the run. */
  #part: "before" | "run" | "after" = "before";

  constructor(settings: ProfileSettings, control: Int32Array) {
    this.#settings = settings;
    this.#control = control;
    this.#deadline =
      settings.timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + settings.timeoutMs;
    const host = {
      resolve: (pc: number, funcObj: bigint) => this.#registry!.resolve(pc, funcObj),
      invocation: (id: number, funcObj: bigint, own: bigint, offset: number, resumed: boolean) =>
        this.#invocation(id, funcObj, own, offset, resumed),
    };
    this.recorder = settings.totalsOnly ? null : newRecorder(host, settings);
  }

  /** What the instrumented modules import from `javy_prof`. */
  get imports(): WebAssembly.ModuleImports {
    return {
      ...(this.recorder?.hooks as WebAssembly.ModuleImports | undefined),
      thrown: () => {
        this.thrown = true;
      },
      [meterNames.tick]: () => this.#tick(),
      ...(this.#counter ? { [meterNames.counter]: this.#counter, [meterNames.limit]: this.#limit! } : {}),
    };
  }

  /** The same for a plugin that runs code of its own before the program: nothing is heard of it until the run begins. */
  get patientImports(): WebAssembly.ModuleImports {
    return Object.fromEntries(
      Object.entries(this.imports).map(([name, hook]) => [
        name,
        typeof hook === "function"
          ? (...args: unknown[]) =>
              void (this.#part === "run" && (hook as (...args: unknown[]) => void)(...args))
          : hook,
      ]),
    ) as WebAssembly.ModuleImports;
  }

  /** From here on fuel counts. */
  begin(): void {
    this.#part = "run";
    this.thrown = false;
    // what counts may have failed to come up
    if (!this.#counter) return;
    const { instantiation = 0n } = this.#settings;
    this.#counter.value = instantiation;
    this.#raiseLimit(instantiation);
  }

  /** What the host does from here on is neither counted nor stopped. */
  end(): void {
    this.#part = "after";
    if (this.#counter) this.#raiseLimit(this.fuel);
  }

  get engine(): string | null {
    return this.#registry?.engine?.id ?? null;
  }

  get carried(): RunOutcome["carried"] {
    const found = this.#registry?.carried;
    return found ? { carried: found.carried, lost: found.lost } : null;
  }

  /** The module that counts is instantiated. */
  attach(counting: WebAssembly.Instance, memory: WebAssembly.Memory | undefined): void {
    this.#counter = counting.exports[meterNames.counter] as WebAssembly.Global;
    this.#limit = counting.exports[meterNames.limit] as WebAssembly.Global;
    this.#raiseLimit(0n);
    const { recorder } = this;
    const { engines, payload, natives, compiled } = this.#settings;
    if (!recorder || engines.length === 0) return;
    if (!memory)
      throw unsupported(
        "the module holds QuickJS and exports no memory",
        'its functions are read from there: a memory exported as "memory" is looked for',
        "--host profiles modules with a host of their own (docs/hosts.md), --frames wasm any by its own functions",
      );
    const guest = {
      get bytes() {
        return new Uint8Array(memory.buffer);
      },
    };
    const listener: RegistryListener = {
      added: (id, made, flags) => {
        const engine = registry.engine!;
        const work = natives ? workFrames(engine, natives.work) : undefined;
        recorder.addFunction(
          id,
          made.code.length,
          flags,
          lineSites(made, engine.lines),
          work && ((offset) => work[made.code[offset]!] ?? work[0]!),
        );
      },
      loadedAgain: (rootId) => recorder.willHoist(rootId),
    };
    const known = engines.map(engineById);
    const firstId = natives?.frames.length ?? 0;
    const registry = new FunctionRegistry(known, payload, guest, firstId, listener, compiled);
    this.#registry = registry;
  }

  get fuel(): bigint {
    return (this.#counter?.value as bigint | undefined) ?? 0n;
  }

  /** Past the limit: look around, then go on or stop. */
  #tick(): void {
    const { fuel } = this;
    if (this.#part !== "run") {
      if (this.#part === "before") this.stopIfAsked();
      this.#raiseLimit(fuel);
      return;
    }
    Atomics.store(this.#control, Control.progress, Number(fuel / 1_000_000n));
    if (this.#settings.maxFuel !== null && fuel > this.#settings.maxFuel) throw new Stop("fuel");
    this.stopIfAsked();
    this.#raiseLimit(fuel);
  }

  stopIfAsked(): void {
    if (Atomics.load(this.#control, Control.stop) !== 0) throw new Stop("interrupted");
    if (performance.now() > this.#deadline) throw new Stop("timeout");
  }

  #raiseLimit(fuel: bigint): void {
    const next = fuel + tickFuel;
    const { maxFuel } = this.#settings;
    const least = this.#part === "run" && maxFuel !== null && maxFuel < next;
    this.#limit!.value = least ? maxFuel : next;
  }

  /** An activation that can suspend has ended; by its last opcode it is suspended, or the invocation is complete. */
  #invocation(id: number, funcObj: bigint, own: bigint, offset: number, resumed: boolean): bigint | null {
    const engine = this.#registry!.engine!;
    const opcode = engine.opcodes[this.#registry!.at(id).function.code[offset]!];
    const sum = own + (resumed ? (this.#suspended.get(funcObj)?.own ?? 0n) : 0n);
    if (opcode && engine.suspends.has(opcode.name)) {
      this.#suspended.set(funcObj, { id, own: sum });
      return null;
    }
    this.#suspended.delete(funcObj);
    return sum;
  }

  recording(end: RunEnd): Recording | null {
    const { recorder } = this;
    const registry = this.#registry;
    if (!recorder) return null;
    const { fuel } = this;
    // An uncaught exception has unwound its frames already.
    const stack = end.kind === "ok" ? [] : end.kind === "throw" ? recorder.unwound() : recorder.stack();
    recorder.finish(fuel);
    const natives = (this.#settings.natives?.frames ?? []).map(({ name, kind }, index) => ({
      origin: { kind: "native", index, name, work: kind } as const,
      ...recorder.counters(index),
    }));
    const functions = (registry?.functions ?? []).map(({ unit, index }, i) => ({
      origin: { kind: "js", unit, index } as const,
      ...recorder.counters(natives.length + i),
    }));
    return {
      total: fuel,
      phases: recorder.phases(),
      units: registry?.units ?? [],
      functions: [...natives, ...functions],
      nodes: recorder.nodes(),
      events: recorder.events(),
      stack,
      rootPending: [...this.#suspended.values()].some(({ id }) => registry?.isRoot(id)),
      maxDepth: recorder.maxDepth,
    };
  }
}

/** What failed, and the frames of it that are the guest's: those of files on this machine say nothing of it. */
function failureText(error: unknown): string {
  const frames = String((error as Error | null)?.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !/file:|node:|\(\/|at \/|[a-z]:\\|wasm:/i.test(line));
  return [String(error), ...frames].join("\n");
}

/** A host that the user made threw from its counted part. */
class HostThrew extends Error {}

/** Whether an error is the guest's own end, and not one of the code around it. */
function isEnd(error: unknown): boolean {
  const ends = [GuestExit, GuestFault, Stop, Diagnostic, WebAssembly.RuntimeError, RangeError];
  return ends.some((kind) => error instanceof kind);
}

function newRecorder(host: CollectorHost, { events, natives }: ProfileSettings): Recorder {
  return natives
    ? new Recorder(host, events, natives.frames.length, natives.shared, natives.work.get(otherWork))
    : new Recorder(host, events, 0);
}

/** The frame of engine work by opcode; undefined where that has no frames. */
function workFrames(engine: EngineVersion, work: ReadonlyMap<string, number>): number[] | undefined {
  return work.size === 0 ? undefined : opcodeWork(engine).map((name) => work.get(name)!);
}

function endOf(error: unknown, thrown: boolean): RunEnd {
  if (error instanceof HostThrew) return { kind: "throw" };
  if (error instanceof GuestExit)
    return error.code === 0 ? { kind: "ok" } : { kind: "exit", code: error.code };
  if (error instanceof Stop) return { kind: error.reason };
  if (error instanceof WebAssembly.RuntimeError) {
    const exact = error.message === "unreachable";
    return thrown && exact ? { kind: "throw" } : { kind: "trap", message: error.message, exact };
  }
  if (error instanceof RangeError && isStackOverflow(error))
    return { kind: "trap", message: "call stack exhausted", exact: false };
  if (error instanceof GuestFault) return { kind: "trap", message: error.message, exact: false };
  // V8's words for a memory that does not fit: WebAssembly.Instance(): Out of memory: …
  if (error instanceof RangeError && /Out of memory/.test(error.message))
    throw unsupported("the module's memory does not fit", error.message.replace(/^WebAssembly\.\w+\(\): /, ""));
  if (error instanceof WebAssembly.LinkError)
    throw unsupported(
      "the module does not fit what it imports",
      error.message.replace(/^WebAssembly\.\w+\(\): /, ""),
      "it is damaged, or goes with another plugin",
    );
  throw error;
}

/** One output stream of the guest. */
class Output {
  readonly #to: 1 | 2 | null;
  readonly #head: Uint8Array[] = [];
  #kept = 0;
  #bytes = 0;

  /** `to`: the descriptor to pass it on to. */
  constructor(to: 1 | 2 | null) {
    this.#to = to;
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const room = outputKept - this.#kept;
    if (room > 0) {
      const part = bytes.slice(0, room);
      this.#head.push(part);
      this.#kept += part.length;
    }
    if (this.#to !== null) writeFully(this.#to, bytes);
  }

  get summary(): OutputSummary {
    return { bytes: this.#bytes, head: new Uint8Array(Buffer.concat(this.#head)) };
  }
}

/** Writes all of it, whatever the descriptor says: a full pipe is waited for, a closed one takes the rest silently. */
function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      pause(1);
    }
  }
}

/** Reads a descriptor to its end; `waiting` is called while there is nothing yet, and may throw. */
function readFully(fd: number, waiting: () => void): Uint8Array {
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(65536);
  for (;;) {
    try {
      const count = readSync(fd, chunk);
      if (count === 0) break;
      chunks.push(chunk.slice(0, count));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A closed stdin is an empty one.
      if (code === "EOF" || code === "EBADF") break;
      if (code !== "EAGAIN") throw error;
      waiting();
      pause(5);
    }
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function hostOptions(host: HostSettings, write: (fd: 1 | 2, bytes: Uint8Array) => void, waiting: () => void) {
  const random = randomStream(host.seed);
  return {
    stdin: () => (host.stdin === "inherit" ? readFully(0, waiting) : host.stdin),
    write,
    args: host.args,
    now: (clock: "realtime" | "monotonic") => {
      if (!host.realClock) return clock === "monotonic" ? (host.monotonic ?? 0n) : 0n;
      return clock === "realtime" ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
    },
    random,
  };
}

/** Compiles JavaScript to QuickJS bytecode with the plugin, in an instance of its own. */
export function compileGuest({ plugin, source, abi }: CompileJob): CompileOutcome {
  const written: Uint8Array[] = [];
  const wasi = new Wasi(
    hostOptions(
      { stdin: new Uint8Array(), passThrough: false, args: [], realClock: false, seed: 42n },
      (fd, bytes) => void (fd === 2 && written.push(bytes.slice())),
      () => {},
    ),
  );
  const module = new WebAssembly.Module(plugin as BufferSource);
  try {
    const instance = new WebAssembly.Instance(module, {
      [wasiModule]: wasi.functions as WebAssembly.ModuleImports,
    });
    const { exports } = instance;
    const memory = exports["memory"] as WebAssembly.Memory;
    wasi.memory = memory;
    const realloc = exports[abi.realloc] as (...args: number[]) => number;
    const compile = exports[abi.name] as (at: number, length: number) => number;
    initialise(instance);
    const at = realloc(0, 0, 1, source.length);
    new Uint8Array(memory.buffer, at, source.length).set(source);
    const view = () => new DataView(memory.buffer);
    const result = compile(at, source.length);
    // older plugins have no status: they trap on an error, with its text on stderr
    const fields = Array.from({ length: abi.words }, (_, i) => view().getUint32(result + 4 * i, true));
    const [failed, pointer, length] = (abi.words === 3 ? fields : [0, ...fields]) as [number, number, number];
    const bytes = new Uint8Array(memory.buffer, pointer, length).slice();
    return failed === 0
      ? { kind: "bytecode", bytecode: bytes }
      : { kind: "failed", message: new TextDecoder().decode(bytes).trim() };
  } catch (error) {
    if (isEnd(error)) {
      const said = new TextDecoder().decode(Buffer.concat(written)).trim();
      return {
        kind: "failed",
        message:
          said || `the compiler failed: ${(error as Error).message} (is the source nested too deeply?)`,
      };
    }
    throw internalError(`compiling failed: ${String(error)}`);
  }
}
