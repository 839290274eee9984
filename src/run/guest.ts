/**
 * Executes a guest: makes its host, its instances and, when profiling, the collector, and says how it ended.
 * Synchronous and free of threads; worker.ts runs it on a stack that is large enough.
 */
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { encodeText } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { Finality } from "../host/finality.ts";
import { type Host, type PlatformFacts, type Streams, wasiHost } from "../host/host.ts";
import { withStubs } from "../host/missing-imports.ts";
import { shopifyHost } from "../host/shopify/shopify.ts";
import { type Descriptors, hostOptions, Output, ownDescriptors, passedOn } from "../host/streams.ts";
import { hostError, loadUserHost, prepareUserGuest } from "../host/user-host.ts";
import type { HostRun } from "../host/user-host-spec.ts";
import { type Unrepeatable, Wasi, type WasiOptions, wasiModule } from "../host/wasi.ts";
import { meterNames } from "../probe/plan.ts";
import { endOf, HostThrew, isEnd, Stop, trapMessage } from "./ends.ts";
import { compiled, initialise, initialisers, runStart } from "./instances.ts";
import type { RunEnd, RunJob, RunOutcome } from "./job.ts";
import type { MonitoredRun } from "./monitored-run.ts";
import { ProfiledRun } from "./profiled-run.ts";
import { Report } from "./report.ts";
import { SharedLine } from "./shared-line.ts";
import { Watch } from "./watch.ts";

/** What is around a run. */
export interface Surroundings {
  /** How it reaches the process; default: by its own descriptors. */
  readonly descriptors?: Descriptors;
  /** What ends it besides what the job says, by throwing. */
  readonly look?: () => void;
  /** What a job with a monitor needs: much code, which the others are spared. */
  readonly Monitored?: typeof MonitoredRun;
}

/** Runs a program on a host that is ours. */
export function runGuest(job: RunJob, around?: Surroundings): RunOutcome {
  const run = new GuestRun(job, around);
  const { profile, host } = run;
  const pluginModule = job.plugin && compiled(job.plugin.module);
  const initialises =
    pluginModule && initialisers(WebAssembly.Module.exports(pluginModule).map(({ name }) => name)).length > 0;
  // Platforms call functions of the plugin before the run, which native frames would show.
  const early = initialises || (job.host.platform && job.profile?.natives);
  let plugin: WebAssembly.Instance | undefined;
  if (pluginModule) {
    run.prepare(() => {
      const imports = run.imports(early ? profile?.patientImports : undefined);
      plugin = new WebAssembly.Instance(pluginModule, withStubs(pluginModule, imports, run.final));
      run.attach(plugin, memoryOf(plugin));
      initialise(plugin);
      host.prepare(plugin.exports);
    });
  } else if (run.isLinked) run.prepare(() => host.prepare(run.link()));
  const appModule = compiled(job.app);
  run.count(() => run.start(appModule, plugin));
  // a plugin that did not come up has nothing to say
  const platform = plugin?.exports ?? run.platform;
  return run.finish(() => ((job.plugin || run.isLinked) && !platform ? null : host.finish(platform ?? {})));
}

/** Runs a module on a host that the user made. */
export async function runUserHost(job: RunJob, around?: Surroundings): Promise<RunOutcome> {
  const run = new GuestRun(job, around);
  const path = job.host.userHost!;
  const pluginModule = job.plugin && compiled(job.plugin.module);
  const appModule = compiled(job.app);
  const hooks = run.imports(run.profile?.patientImports);
  const { [wasiModule]: wasi, ...others } = hooks;
  const parts = {
    module: pluginModule ?? appModule,
    start: pluginModule && ((plugin: WebAssembly.Instance) => run.start(appModule, plugin)),
    streams: run.hostStreams,
    args: job.host.args.slice(1),
    wasi: wasi!,
    hooks: others,
    reasonOf: run.reasonOf,
    final: run.final,
  };
  const attached = (instance: WebAssembly.Instance, memory: WebAssembly.Memory) => {
    run.attach(instance, memory);
    // a reactor that is whole is initialised by its host
    if (pluginModule) initialise(instance);
    else runStart(instance);
  };
  let host: HostRun | null = null;
  try {
    const loaded = await loadUserHost(path);
    host = (await prepareUserGuest(path, loaded, parts, attached)).run;
  } catch (error) {
    if (!run.stopped) throw error;
  }
  run.prepare(() => {});
  run.count(() => {
    try {
      host?.call();
    } catch (error) {
      if (isEnd(error)) throw error;
      // The host's way to say that its guest failed.
      run.reports();
      run.host.streams.write(2, encodeText(`${failureText(error)}\n`));
      throw new HostThrew();
    }
  });
  return run.finish(() => {
    try {
      host?.finish?.();
    } catch (error) {
      if (!run.stopped) throw hostError(path, run.reasonOf(error));
      // a host may need for this what its guest did not come to; the profile is there all the same
      run.host.streams.write(2, encodeText(`the host's finish() failed: ${failureText(error)}\n`));
    }
    return null;
  });
}

/** One run: what it reads and writes, what is counted, how it ended. */
class GuestRun {
  readonly #job: RunJob;
  readonly #output: { readonly 1: Output; readonly 2: Output };
  readonly #wasi: Wasi;
  readonly #functions: WebAssembly.ModuleImports;
  readonly #finality = new Finality();
  readonly #watch: Watch;
  readonly host: Host;
  readonly profile: ProfiledRun | null;
  readonly #monitor: MonitoredRun | null;
  /** What was written to stderr since an exception is reported that nobody caught; null before. */
  #report: Report | null = null;
  /** The last line of the terminal, where progress is drawn. */
  readonly #line: SharedLine | null;
  /** All of stdin, once anybody asked for it. */
  #stdin: Uint8Array | undefined;
  #memory: WebAssembly.Memory | undefined;
  /** Modules that the program imports from, once they are instantiated. */
  readonly #linked: { readonly namespace: string; readonly instance: WebAssembly.Instance }[] = [];
  /** What of time and random numbers was asked for, by whom. */
  readonly #asked = { startup: new Set<Unrepeatable>(), program: new Set<Unrepeatable>() };
  #end: RunEnd = { kind: "ok" };
  /** What is written from there on is the host's last word. */
  #ended = false;
  #milliseconds = 0;

  constructor(job: RunJob, { descriptors: given = ownDescriptors, look, Monitored }: Surroundings = {}) {
    this.#job = job;
    const { passThrough } = job.host;
    const descriptors = job.passed ? passedOn(given, job.passed) : given;
    this.#output = {
      1: new Output(passThrough === "stderr" ? 2 : passThrough ? 1 : null, descriptors),
      2: new Output(passThrough ? 2 : null, descriptors),
    };
    const control = new Int32Array(job.control);
    const { clearProgress } = job;
    this.#line =
      clearProgress === undefined
        ? null
        : new SharedLine(control, clearProgress, (bytes) => void writeSync(2, bytes));
    this.#watch = new Watch(control, job.profile?.bounds.timeoutMs ?? null, look);
    this.profile = job.profile ? new ProfiledRun(job.profile, this.#watch, this.#finality) : null;
    const options = hostOptions(
      job.host,
      (fd, bytes) => this.#write(fd, bytes),
      this.#watch.look,
      descriptors,
    );
    const streams: Streams = {
      stdin: () => (this.#stdin ??= options.stdin()),
      write: options.write,
    };
    this.host = job.host.platform ? shopifyHost(job.host.platform, streams) : wasiHost(streams);
    const asked = (name: Unrepeatable) =>
      this.#asked[this.profile?.inProgram ? "program" : "startup"].add(name);
    this.#wasi = new Wasi({ ...options, ...this.host.streams, asked });
    this.#functions = this.#finality.all(this.#wasi.functions) as WebAssembly.ModuleImports;
    // A monitor's libraries print beside the report.
    const write = (_: 1 | 2, bytes: Uint8Array) => options.write(2, bytes);
    if (job.monitor && !Monitored) throw internalError("a run with a monitor needs one that runs it");
    this.#monitor = job.monitor
      ? new Monitored!(
          job.monitor,
          (memory) =>
            this.#finality.all(libraryWasi({ ...options, write, stdin: () => new Uint8Array() }, memory)),
          this.#finality.final,
          this.#watch.look,
        )
      : null;
  }

  /** For a host of the user's, which may use them inside of functions that its guest calls. */
  get hostStreams(): Streams {
    const { streams } = this.host;
    const { final } = this.#finality;
    return {
      stdin: final(() => streams.stdin()),
      write: final((fd, bytes) => streams.write(fd, bytes)),
    };
  }

  /** A guest whose output nobody takes is stopped: an endless one would never end. */
  #write(fd: 1 | 2, bytes: Uint8Array): void {
    const output = this.#output[fd];
    if (fd === 2 && this.profile?.thrown) this.reports();
    if (fd === 2 && this.#report?.takes(bytes)) output.keep(bytes);
    else this.#passing(fd, bytes, () => output.write(bytes, this.#watch.look));
    if (output.lost && !this.#ended) throw new Stop("interrupted", output.lost);
  }

  /** From here on stderr has the report of an exception that nobody caught. */
  reports(): void {
    this.#report ??= new Report((bytes) =>
      this.#passing(2, bytes, () => this.#output[2].pass(bytes, this.#watch.look)),
    );
  }

  /** Writes where progress may stand on the terminal. */
  #passing(fd: 1 | 2, bytes: Uint8Array, write: () => void): void {
    const { to } = this.#output[fd];
    if (!this.#line || to === null) return write();
    this.#line.around(to, bytes, write);
  }

  imports(hooks = this.profile?.imports, wasi = this.#functions): WebAssembly.Imports {
    return {
      [wasiModule]: wasi,
      ...(hooks ? { [meterNames.module]: hooks } : {}),
      ...this.#monitor?.imports,
    };
  }

  get isLinked(): boolean {
    return (this.#job.linked ?? []).length > 0;
  }

  /** Makes the instances of the modules that the program imports from, and gives what the platform's exports. */
  link(): WebAssembly.Exports {
    for (const { module, namespace } of this.#job.linked ?? []) {
      const instance = this.#instance(compiled(module), this.profile?.patientImports);
      if (this.#linked.length === 0) this.profile?.count(instance);
      this.#linked.push({ namespace, instance });
      initialise(instance);
    }
    return this.platform ?? {};
  }

  /** What the platform's module exports; undefined where no module that was linked is the platform's. */
  get platform(): WebAssembly.Exports | undefined {
    const namespace = this.#job.host.platform?.namespace;
    return this.#linked.find((one) => one.namespace === namespace)?.instance.exports;
  }

  /** An instance beside others, each of which has a memory of its own for WASI. */
  #instance(module: WebAssembly.Module, hooks = this.profile?.imports): WebAssembly.Instance {
    let memory: WebAssembly.Memory | undefined;
    const wasi = overMemory(this.#wasi, this.#functions, () => memory);
    const given = this.imports(hooks, wasi);
    const others = this.#linked.map(({ namespace, instance }) => [namespace, instance.exports]);
    const imports = { ...given, ...(Object.fromEntries(others) as WebAssembly.Imports) };
    const instance = new WebAssembly.Instance(module, withStubs(module, imports, this.final));
    memory = memoryOf(instance);
    return instance;
  }

  /** Makes the program's instance and calls its export. */
  start(module: WebAssembly.Module, plugin: WebAssembly.Instance | undefined): void {
    const job = this.#job;
    if (this.isLinked) {
      const app = this.#instance(module);
      this.#attachEngine(memoryOf(app));
      return this.#call(app);
    }
    const exported = plugin && { [job.plugin!.namespace]: plugin.exports as WebAssembly.ModuleImports };
    const imports = withStubs(module, { ...this.imports(), ...exported }, this.final);
    const app = new WebAssembly.Instance(module, imports);
    if (!plugin) {
      this.attach(app, memoryOf(app));
      this.begin();
    }
    this.#call(app);
  }

  #call(app: WebAssembly.Instance): void {
    const job = this.#job;
    initialise(app, job.export);
    (app.exports[job.export] as () => void)();
  }

  /** Makes functions of the host whose errors no guest catches. */
  get final(): Finality["final"] {
    return this.#finality.final;
  }

  attach(instance: WebAssembly.Instance, memory: WebAssembly.Memory | undefined): void {
    this.#wasi.memory = memory;
    this.profile?.count(instance);
    this.#attachEngine(memory);
    this.#monitor?.attach(instance);
  }

  #attachEngine(memory: WebAssembly.Memory | undefined): void {
    this.#memory = memory;
    this.profile?.attach(memory);
  }

  /** The last that is not counted. */
  prepare(prepare: () => void): void {
    try {
      prepare();
      this.#unlessStopped();
    } catch (error) {
      this.#end = this.#endOf(error, false);
    }
    this.begin();
  }

  /** From here on it is the program that runs. */
  begin(): void {
    this.#monitor?.begin();
    this.profile?.begin();
  }

  /** The counted part, unless the preparation has failed. */
  count(call: () => void): void {
    if (this.#end.kind !== "ok") return;
    const started = performance.now();
    try {
      // asked to stop before it began
      this.#watch.look();
      call();
      this.#unlessStopped();
    } catch (error) {
      this.#end = this.#endOf(error, this.profile?.thrown ?? false);
    }
    this.#milliseconds = performance.now() - started;
  }

  /** A platform that goes on and on after its guest was stopped has said nothing. */
  #lastWord(finish: () => PlatformFacts | null): PlatformFacts | null {
    try {
      return finish();
    } catch (error) {
      if (this.reasonOf(error) instanceof Stop) return null;
      throw error;
    }
  }

  /** What an error stands for that came out of the guest. */
  readonly reasonOf = (error: unknown): unknown => this.#finality.reasonOf(error);

  /** Whether the guest was stopped, whoever caught that. */
  get stopped(): boolean {
    return this.#finality.overruling !== null;
  }

  /** A host of the user's may have caught the stop. */
  #unlessStopped(): void {
    if (this.stopped) throw this.#finality.overruling!.reason;
  }

  #endOf(error: unknown, thrown: boolean): RunEnd {
    const { overruling } = this.#finality;
    return endOf(overruling ? overruling.reason : this.reasonOf(error), thrown);
  }

  /** `finish` is the host's, with the counters out of its reach. */
  finish(finish: () => PlatformFacts | null): RunOutcome {
    const { profile } = this;
    const { hashMemory } = this.#job;
    this.#ended = true;
    this.#watch.ended();
    const fuel = profile?.fuel ?? 0n;
    if (this.#end.kind === "ok" && profile?.passed(fuel)) this.#end = { kind: "fuel" };
    const end = this.#end;
    // an engine that went on did not end by what it reported
    if (end.kind !== "throw") this.#report?.passOn();
    this.#line?.close();
    const recording = profile?.recording(end) ?? null;
    const monitor = this.#monitor?.finish((error) => trapMessage(this.reasonOf(error))) ?? null;
    profile?.end();
    const platform = this.#lastWord(finish);
    const stdin = this.#stdin ?? new Uint8Array();
    const memory = this.#memory?.buffer ?? new ArrayBuffer(0);
    return {
      kind: "ran",
      end,
      thrown:
        end.kind === "throw"
          ? { report: this.#report?.bytes ?? new Uint8Array(), class: this.profile?.thrownClass ?? null }
          : null,
      recording,
      monitor,
      engine: profile?.engine ?? null,
      carried: profile?.carried ?? null,
      fuel,
      stdout: this.#output[1].summary,
      stderr: this.#output[2].summary,
      stdin: { bytes: stdin.length, sha256: createHash("sha256").update(stdin).digest("hex") },
      readInput: this.#stdin !== undefined,
      asked: { startup: [...this.#asked.startup].sort(), program: [...this.#asked.program].sort() },
      consumed: end.kind === "trap" && !end.exact ? stdin : null,
      platform,
      maxMemoryBytes: Math.max(memory.byteLength, ...this.#linked.map(memoryBytes)),
      collectorBytes: profile?.recorder?.memoryBytes ?? 0,
      milliseconds: this.#milliseconds,
      memorySha256: hashMemory ? createHash("sha256").update(new Uint8Array(memory)).digest("hex") : null,
    };
  }
}

/** Functions of a WASI that several memories share, over the memory of whoever calls them. */
function overMemory(
  wasi: Wasi,
  functions: WebAssembly.ModuleImports,
  memory: () => WebAssembly.Memory | undefined,
): Record<string, (...args: number[]) => number> {
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [
      name,
      (...args: number[]) => {
        wasi.memory = memory();
        return (call as (...args: number[]) => number)(...args);
      },
    ]),
  );
}

/** WASI for a library of a monitor, over that library's own memory. */
function libraryWasi(
  options: WasiOptions,
  memory: () => WebAssembly.Memory | undefined,
): Record<string, (...args: number[]) => number> {
  const wasi = new Wasi(options);
  return overMemory(wasi, wasi.functions as WebAssembly.ModuleImports, memory);
}

function memoryBytes({ instance }: { readonly instance: WebAssembly.Instance }): number {
  return memoryOf(instance)?.buffer.byteLength ?? 0;
}

function memoryOf({ exports }: WebAssembly.Instance): WebAssembly.Memory | undefined {
  const { memory } = exports;
  return memory instanceof WebAssembly.Memory ? memory : undefined;
}

/** What failed, and the frames of it that are the guest's: those of files on this machine say nothing of it. */
function failureText(error: unknown): string {
  const frames = String((error as Error | null)?.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !/file:|node:|\(\/|at \/|[a-z]:\\|wasm:/i.test(line));
  return [String(error), ...frames].join("\n");
}
