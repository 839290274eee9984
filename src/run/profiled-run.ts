/**
 * What a profiled run has and a plain one has not: the collector and the hooks that feed it, the registry of functions,
 * the counter with its limit, and the looks around when that is passed.
 */
import { unsupported } from "../base/diagnostics.ts";
import { fuelLimit } from "../base/fuel.ts";
import type { Finality } from "../host/finality.ts";
import { meterNames } from "../probe/plan.ts";
import { type CodePlace, type CollectorHost, Recorder } from "../profiler/counters/recorder.ts";
import { shareSlots } from "../profiler/counters/shared-slots.ts";
import { FunctionRegistry, type RegistryListener } from "../profiler/registry.ts";
import { functionPosition, LineColumns, type LineEntry, lineSites } from "../quickjs/bytecode/line-table.ts";
import { type EngineVersion, engineById } from "../quickjs/engines/versions.ts";
import { guestMemory } from "../quickjs/memory/checked-view.ts";
import { namesOf } from "../quickjs/natives/called-builtins.ts";
import { opcodeWork, otherWork } from "../quickjs/natives/opcode-work.ts";
import { FunctionPlaces, type Places } from "../quickjs/places.ts";
import { OriginalPlaces } from "../result/original-places.ts";
import type { SentRecording } from "../result/recording.ts";
import { Stop } from "./ends.ts";
import type { ProfileSettings, RunEnd, RunOutcome } from "./job.ts";
import type { Watch } from "./watch.ts";

/** Fuel between two looks at the clock and the stop flag. */
const tickFuel = 4_000_000n;

/** Collector, registry, tick: everything that a profiled run has and a plain one has not. */
export class ProfiledRun {
  readonly #settings: ProfileSettings;
  readonly #watch: Watch;
  readonly #finality: Finality;
  readonly #maxFuel: bigint;
  readonly recorder: Recorder | null;
  #registry: FunctionRegistry | null = null;
  #counter: WebAssembly.Global | undefined;
  #limit: WebAssembly.Global | undefined;
  /** Invocations that are suspended, with their own fuel so far, by their state's address. */
  readonly #suspended = new Map<bigint, { readonly id: number; readonly own: bigint }>();
  /** Where a unit's program was evaluated: the slot that was charged. */
  readonly #evaluated = new Map<number, number>();
  /** An uncaught exception is being reported, or was; and of what class it was, null where that is not known. */
  thrown = false;
  thrownClass: string | null = null;
  /** Only what happens in between is part of the run. */
  #part: "before" | "run" | "after" = "before";

  constructor(settings: ProfileSettings, watch: Watch, finality: Finality) {
    this.#settings = settings;
    this.#watch = watch;
    this.#finality = finality;
    this.#maxFuel = BigInt(fuelLimit(settings.bounds.maxFuel));
    const host: CollectorHost = {
      final: finality.final,
      resolve: (pc: number, funcObj: bigint) => this.#registry!.resolve(pc, funcObj),
      invocation: (id: number, funcObj: bigint, own: bigint, offset: number, resumed: boolean) =>
        this.#invocation(id, funcObj, own, offset, resumed),
      ...(settings.builtins && { builtin: namesOf(settings.builtins) }),
    };
    this.recorder = settings.totalsOnly ? null : newRecorder(host, settings);
    if (settings.limit) this.recorder?.watchLimit(BigInt(settings.limit));
  }

  /** What the instrumented modules import from `javy_prof`. */
  get imports(): WebAssembly.ModuleImports {
    return {
      ...(this.recorder?.hooks as WebAssembly.ModuleImports | undefined),
      thrown: () => {
        this.thrown = true;
        this.thrownClass = this.#registry?.thrownClass ?? null;
      },
      [meterNames.tick]: this.#finality.final(() => this.#tick()),
      ...(this.#counter ? { [meterNames.counter]: this.#counter, [meterNames.limit]: this.#limit! } : {}),
    };
  }

  /**
   * The same for a guest that runs code of its own before the program or after it: nothing is heard of that. It is to
   * stop like any other.
   */
  get patientImports(): WebAssembly.ModuleImports {
    return Object.fromEntries(
      Object.entries(this.imports).map(([name, hook]) => [
        name,
        typeof hook === "function" && name !== meterNames.tick
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

  /** What the host does from here on is not counted. */
  end(): void {
    this.#part = "after";
    if (this.#counter) this.#raiseLimit(this.fuel);
  }

  /** Whether the program has begun: with QuickJS its first function, else whatever the module does. */
  get inProgram(): boolean {
    return this.#part === "run" && (this.#registry === null || this.#registry.engine !== undefined);
  }

  get engine(): string | null {
    return this.#registry?.engine?.id ?? null;
  }

  get carried(): RunOutcome["carried"] {
    const found = this.#registry?.carried;
    return found ? { carried: found.carried, lost: found.lost } : null;
  }

  /** The module with the counter is instantiated. */
  count({ exports }: WebAssembly.Instance): void {
    this.#counter = exports[meterNames.counter] as WebAssembly.Global;
    this.#limit = exports[meterNames.limit] as WebAssembly.Global;
    this.#raiseLimit(0n);
  }

  /** The module that may hold the engine is instantiated. */
  attach(memory: WebAssembly.Memory | undefined): void {
    const { recorder } = this;
    const { engines, payload, natives, recompiled, scripts, bounds, map } = this.#settings;
    if (!recorder || engines.length === 0) return;
    if (!memory)
      throw unsupported(
        "the module holds QuickJS and exports no memory",
        'its functions are read from there: a memory exported as "memory" is looked for',
        "--host profiles modules with a host of their own (docs/hosts.md), --frames wasm any by its own functions",
      );
    const originals = map ? new OriginalPlaces(map) : undefined;
    const listener: RegistryListener = {
      runs: (id, made, flags) => {
        const engine = registry.engine!;
        const work = natives ? workFrames(engine, natives.work) : undefined;
        const workAt = work && ((offset: number) => work[made.code[offset]!] ?? work[0]!);
        const { length } = made.code;
        const lineOf = originals && lineIn(registry, id, originals);
        if (length <= bounds.longCode)
          recorder.addFunction(id, length, flags, lineSites(made, engine.lines, lineOf), workAt);
        else {
          const share = (slotOf: Uint32Array) =>
            shareSlots(made.code, engine.opcodes, new LineColumns(made, engine.lines), slotOf, lineOf);
          recorder.addSharing(id, length, flags, share, workAt);
        }
      },
      rest: (id) => recorder.addRest(id, natives?.work.get(otherWork)),
      loadedAgain: (rootId) => recorder.willHoist(rootId),
      evaluates: (unit) => void this.#evaluated.set(unit, recorder.slot),
    };
    const registry = new FunctionRegistry(guestMemory(memory), listener, {
      ...{ candidates: engines.map(engineById), payload, recompiled, scripts },
      ...{ firstId: natives?.frames.length, most: bounds.keptFunctions },
    });
    this.#registry = registry;
  }

  get fuel(): bigint {
    return (this.#counter?.value as bigint | undefined) ?? 0n;
  }

  /** Past the limit: look around, then go on or stop. */
  #tick(): void {
    const { fuel } = this;
    if (this.#part === "run") {
      this.#watch.report(fuel);
      if (this.passed(fuel)) throw new Stop("fuel");
    }
    this.#watch.look();
    this.#raiseLimit(fuel);
  }

  /** Whether that much fuel is more than was asked for. */
  passed(fuel: bigint): boolean {
    return fuel > this.#maxFuel;
  }

  #raiseLimit(fuel: bigint): void {
    const next = fuel + tickFuel;
    const maxFuel = this.#maxFuel;
    const least = this.#part === "run" && maxFuel < next;
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

  /** By unit; what no JavaScript evaluated is nowhere. */
  #evaluatedAt(recorder: Recorder): Map<number, CodePlace> {
    const places = recorder.placesOf([...this.#evaluated.values()]);
    return new Map(
      [...this.#evaluated.keys()].flatMap((unit, i) => (places[i] ? [[unit, places[i]] as const] : [])),
    );
  }

  recording(end: RunEnd): SentRecording | null {
    const { recorder } = this;
    const registry = this.#registry;
    if (!recorder) return null;
    const { fuel } = this;
    // An uncaught exception has unwound its frames already, and where the engine cannot be heard it is a trap behind it.
    const open = end.kind === "ok" || end.kind === "throw" ? [] : recorder.stack();
    const left = end.kind === "throw" || (end.kind === "trap" && end.exact && open.length === 0);
    const stack = left ? recorder.unwound() : open;
    recorder.finish(fuel);
    const natives = (this.#settings.natives?.frames ?? []).map(({ name, kind }, index) => ({
      origin: { kind: "native", index, name, work: kind } as const,
      ...recorder.counters(index),
    }));
    const evaluated = this.#evaluatedAt(recorder);
    const functions = (registry?.functions ?? []).map(({ unit, index }, i) => {
      const counters = recorder.counters(natives.length + i);
      if (registry!.isPast(natives.length + i)) return { origin: { kind: "rest" } as const, ...counters };
      const script = registry!.scriptName({ unit, index });
      const at = evaluated.get(unit);
      const origin = { kind: "js", unit, index } as const;
      return { origin: { ...origin, ...(script && { script }), ...(at && { evaluated: at }) }, ...counters };
    });
    const builtins = recorder.builtins().map(({ name, ...counters }, i) => ({
      origin: { kind: "native", index: i, name, work: "builtin" } as const,
      ...counters,
    }));
    const own = [...natives, ...functions];
    return {
      total: fuel,
      phases: recorder.phases(),
      units: (registry?.units ?? []).map((unit) => registry!.carriedTo(unit) ?? unit),
      functions: [...own, ...builtins],
      codes: recorder.codes(),
      sharing: recorder.sharing,
      nodes: recorder.nodes(own.length),
      events: recorder.events(),
      stack,
      passed: recorder.passed(own.length),
      ...(recorder.passedIn !== null && { passedIn: recorder.passedIn }),
      rootPending: [...this.#suspended.values()].some(({ id }) => registry?.isRoot(id)),
      maxDepth: recorder.maxDepth,
    };
  }
}

/** The line of an original, as a key, for each position in a function. */
function lineIn(registry: FunctionRegistry, id: number, originals: Places): (position: LineEntry) => string {
  const { unit, function: made } = registry.at(id);
  const start = functionPosition(made, registry.engine!.lines);
  const code = new FunctionPlaces(registry.units[unit]!, made, start, originals);
  return (position) => {
    const { file, line } = code.of(position);
    return `${file}:${line}`;
  };
}

function newRecorder(host: CollectorHost, { bounds, natives }: ProfileSettings): Recorder {
  const { frames = [], shared, work } = natives ?? {};
  const { keptEvents, keptNodes } = bounds;
  return new Recorder(host, keptEvents, frames.length, shared, work?.get(otherWork), keptNodes);
}

/** The frame of engine work by opcode; undefined where that has no frames. */
function workFrames(engine: EngineVersion, work: ReadonlyMap<string, number>): number[] | undefined {
  return work.size === 0 ? undefined : opcodeWork(engine).map((name) => work.get(name)!);
}
