/**
 * Hears what js-plan.ts tells of JavaScript and calls a monitor's functions: which function an activation runs says
 * the registry, which probes match a place is found once for each function, when its code is first seen. All in the
 * guest's thread, and slow: an opcode that somebody wants costs a call out of WebAssembly and one back in.
 *
 * What ran before the program (a plugin's own start) is heard, so that activations pair, and not reported.
 */
import { unsupported, usageError } from "../base/diagnostics.ts";
import type { Recompiled } from "../javy/compile.ts";
import { type JsFunctionExport, type JsProbe, placeParameter } from "../monitor/js/js-probes.ts";
import type { RowPlace } from "../monitor/report.ts";
import { type ExceptionFlow, exceptionFlow } from "../quickjs/bytecode/exception-flow.ts";
import { engineById, unknownEngine } from "../quickjs/engines/versions.ts";
import { type GuestMemory, guestMemory } from "../quickjs/memory/checked-view.ts";
import { stringBytes } from "../quickjs/memory/string-bytes.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import type { Places } from "../quickjs/places.ts";
import { type MapData, placesOf } from "../result/original-places.ts";
import {
  inType,
  type JsFunction,
  jsFunction,
  lineStarts,
  matchAt,
  opcodeStatics,
  ownStatics,
  type Statics,
  staticsAt,
  throwingStatics,
} from "./js-functions.ts";
import { jsGlobals, jsMemory } from "./js-plan.ts";
import { Exceptions, noneThrown, type Seen } from "./js-thrown.ts";
import type { NativeFrame, SharedNative } from "./native-frames.ts";
import { FunctionRegistry, type RegistryListener } from "./registry.ts";

/** Plain data: it crosses into the guest's thread. */
export interface JsJob {
  readonly probes: readonly JsProbe[];
  readonly engines: readonly string[];
  readonly payload: Uint8Array | null;
  readonly recompiled: Recompiled;
  /** The program's file: as the bytecode names it, as it is called, and its source map. */
  readonly file: { readonly compiled: string; readonly name: string; readonly map: MapData | null };
  readonly natives: {
    readonly frames: readonly NativeFrame[];
    readonly shared: readonly SharedNative[];
  } | null;
}

/** A probe's function bound to a place: constants of the place stand in `args`, the rest is filled in at each call. */
interface Call {
  readonly run: (...args: unknown[]) => void;
  readonly args: unknown[];
  readonly dynamic: readonly (readonly [index: number, name: string])[];
}

/** A function and the calls at its places. */
interface Watched extends JsFunction {
  readonly entry: readonly Call[];
  readonly exit: readonly Call[];
  /** By code offset. */
  readonly before: ReadonlyMap<number, readonly Call[]>;
  readonly after: ReadonlyMap<number, readonly Call[]>;
  /** Where exceptions lead in it; null where nobody asks for those of this function. */
  readonly exceptions: ExceptionFlow | null;
  /** By the offset of the opcode that threw, as far as one did. */
  readonly throwCalls: Map<number, readonly Call[]>;
  /** By the first offset of the line. */
  readonly lineCalls: ReadonlyMap<number, readonly Call[]>;
  /** Whether opcodes behind the first are to be told. */
  readonly wantsOpcodes: boolean;
  /** Its next activation links a module, and is none of the program's. */
  hoists: boolean;
}

interface Activation extends Seen {
  /** null: it is not heard of. */
  readonly fn: Watched | null;
  readonly code: number;
  readonly argc: number;
  readonly resumed: boolean;
  /** Offset of the opcode that it is at, as far as opcodes are told. */
  at: number;
  /** First offset of its line; -1 before the first. */
  site: number;
}

interface Builtin {
  readonly entry: readonly Call[];
  readonly exit: readonly Call[];
}

const none: readonly Call[] = [];

/** An activation that came to no opcode yet. In full: to spread an object here made calls eight times as dear on Node.js 20. */
function begun(fn: Watched | null, code: number, argc: number, resumed: boolean): Activation {
  return { fn, code, argc, resumed, at: 0, site: -1, thrown: noneThrown };
}

export class JsListener {
  readonly #places: RowPlace[] = [];
  readonly #job: JsJob;
  readonly #byEvent = new Map<string, JsProbe[]>();
  readonly #functions: Watched[] = [];
  readonly #builtins: Builtin[] = [];
  readonly #activations: Activation[] = [];
  readonly #insideBuiltins: (Builtin | null)[] = [];
  /** Activations that are heard. */
  #depth = 0;
  #allocations: readonly Call[] = none;
  /** What the allocator is asked for. */
  #bytes = 0;
  #exceptions: Exceptions | undefined;
  #memory: GuestMemory | undefined;
  #active = false;
  #generation = 0;
  #next = -1;
  readonly #byPc = new Map<
    number,
    { readonly generation: number; readonly id: number; readonly code: number }
  >();
  #registry: FunctionRegistry | undefined;
  #exports: WebAssembly.Exports = {};
  #string: (text: string) => number = () => 0;
  /** Of each unit, the names of its functions. */
  readonly #names: string[][] = [];
  readonly #wantsAll: boolean;
  readonly #placesOfCode: Places;

  constructor(job: JsJob) {
    this.#job = job;
    this.#placesOfCode = placesOf(job.file.compiled, job.file.name, job.file.map);
    for (const probe of job.probes) {
      const event = probe.event.replace(/^js:/, "");
      this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), probe]);
    }
    // where an activation is, is known only if all its opcodes are told
    this.#wantsAll = job.probes.some(
      ({ event, parameters }) =>
        parameters.some(({ name }) => name === "caller_line") ||
        (event === "js:alloc" && parameters.some(({ name }) => name === "line")),
    );
  }

  #probes(event: string): readonly JsProbe[] {
    return this.#byEvent.get(event) ?? [];
  }

  /** What the instrumented module imports (js-plan.ts). Fuel is undefined where nobody asks for it. */
  get imports(): WebAssembly.ModuleImports {
    return {
      dispatch: (pc: number, pending: number, fuel?: bigint) => this.#dispatch(pc >>> 0, pending !== 0, fuel),
      leave: (fuel?: bigint) => this.#leave(fuel),
      generation: () => void this.#generation++,
      enterBuiltin: (frame: number, fuel?: bigint) => this.#enterBuiltin(frame, fuel),
      enterShared: (group: number, magic: number, fuel?: bigint) => {
        const { byMagic, otherwise } = this.#job.natives!.shared[group]!;
        const found = byMagic.find(([own]) => own === magic);
        this.#enterBuiltin(found?.[1] ?? otherwise, fuel);
      },
      leaveBuiltin: (fuel?: bigint) => this.#leaveBuiltin(fuel),
      throws: (pending: number, marked: number, fuel?: bigint) =>
        this.#throws(pending !== 0, marked !== 0, fuel) ? 1 : 0,
      allocates: (bytes: number, fuel?: bigint) => {
        this.#bytes = bytes >>> 0;
        if (this.#active) this.#fire(this.#allocations, null, fuel);
      },
    };
  }

  /** The instrumented module is there. `string`: the number of a text in the monitor's strings. */
  attach(exports: WebAssembly.Exports, string: (text: string) => number): void {
    this.#exports = exports;
    this.#memory = guestMemory(exports[jsMemory] as WebAssembly.Memory);
    const numbers = new Map<string, number>();
    this.#string = (text) => {
      const known = numbers.get(text) ?? string(text);
      numbers.set(text, known);
      return known;
    };
    const { engines, payload, recompiled } = this.#job;
    const listener: RegistryListener = {
      runs: (id, _, { hoists }) => {
        this.#functions[id] = this.#watch(id, registry, hoists);
      },
      // all are told apart
      rest: () => {},
      loadedAgain: (rootId) => {
        this.#functions[rootId]!.hoists = true;
      },
    };
    const registry = new FunctionRegistry(this.#memory, listener, {
      ...{ candidates: engines.map(engineById), payload, recompiled },
    });
    this.#registry = registry;
    this.#exceptions = new Exceptions(this.#memory, () => registry.thrower);
  }

  /** From here on it is the program that runs. */
  begin(): void {
    this.#active = true;
    this.#allocations = this.#calls("alloc", {});
    for (const [frame, { name, kind }] of (this.#job.natives?.frames ?? []).entries()) {
      if (kind !== "builtin") continue;
      const statics: Statics = { fid: frame, fname: name };
      const [entry, exit] = ["builtin:entry", "builtin:exit"].map((event) => this.#calls(event, statics));
      if (entry!.length + exit!.length > 0) this.#builtins[frame] = { entry: entry!, exit: exit! };
    }
  }

  // ---- places

  /** All places by number, those of functions that never ran too. */
  finish(): readonly RowPlace[] {
    this.#active = false;
    const registry = this.#registry;
    registry?.functions.forEach((_, id) => {
      this.#functions[id] ??= this.#watch(id, registry, false);
    });
    return this.#places;
  }

  #watch(id: number, registry: FunctionRegistry, hoists: boolean): Watched {
    const engine = registry.engine!;
    if (engine === unknownEngine) throw unknown();
    const { unit, function: made } = registry.at(id);
    const places = this.#placesOfCode;
    const names = (this.#names[unit] ??= displayNames(registry.units[unit]!, places));
    const fn = jsFunction(id, names[made.index]!, registry.units[unit]!, made, engine, places);
    const own = ownStatics(fn);
    const found = {
      ...{ ...fn, hoists },
      entry: this.#calls("func:entry", own),
      exit: this.#calls("func:exit", own),
      ...this.#opcodes(fn),
      exceptions: this.#exceptionFlow(fn),
      throwCalls: new Map(),
      lineCalls: this.#lines(fn),
    };
    const handlers = found.exceptions?.handlers.size ?? 0;
    const wanted = found.before.size + found.after.size + found.lineCalls.size + handlers;
    return { ...found, wantsOpcodes: this.#wantsAll || wanted > 0 };
  }

  #opcodes(fn: JsFunction): Pick<Watched, "before" | "after"> {
    const [before, after] = [new Map<number, readonly Call[]>(), new Map<number, readonly Call[]>()];
    if (![...this.#byEvent.keys()].some((event) => event.startsWith("opcode:"))) return { before, after };
    for (const statics of opcodeStatics(fn)) {
      const at = (mode: string) => this.#calls(`opcode:${statics.opname}:${mode}`, statics);
      const [first, then] = [at("before"), at("after")];
      if (first.length > 0) before.set(statics["pc"] as number, first);
      if (then.length > 0) after.set(statics["pc"] as number, then);
    }
    return { before, after };
  }

  #exceptionFlow(fn: JsFunction): ExceptionFlow | null {
    const statics = throwingStatics(fn);
    const asked = this.#probes("throw").some((probe) => matchAt(probe, statics).residual !== null);
    if (asked && !this.#registry!.thrower)
      throw unsupported(
        "js:throw needs an engine whose runtime is laid out as is known here, and this one's is not",
        "js:opcode:throw:before sees throw statements",
      );
    return asked ? exceptionFlow(fn.made.code, fn.engine.opcodes) : null;
  }

  #lines(fn: JsFunction): Watched["lineCalls"] {
    const lines = new Map<number, readonly Call[]>();
    if (this.#probes("line:start").length === 0) return lines;
    for (const offset of lineStarts(fn)) {
      const calls = this.#calls("line:start", staticsAt(fn, offset));
      if (calls.length > 0) lines.set(offset, calls);
    }
    return lines;
  }

  /** The calls of an event at a place, which becomes a place of the report. */
  #calls(event: string, statics: Statics): readonly Call[] {
    const probes = this.#probes(event);
    if (probes.length === 0) return none;
    return probes.flatMap((probe) => {
      const { place, residual } = matchAt(probe, statics);
      if (!residual) return [];
      const { first } = probe;
      // at what never ran nothing begins
      if (first && this.#active) {
        const { run, args } = this.#call(first, statics, -1);
        run(...args);
      }
      return [this.#call(probe, statics, this.#places.push(place) - 1)];
    });
  }

  #call({ parameters, export: name }: JsFunctionExport, statics: Statics, place: number): Call {
    const dynamic: [number, string][] = [];
    const args = parameters.map(({ name, type }, index) => {
      if (name === placeParameter) return place;
      const known = statics[name];
      if (known === undefined) {
        dynamic.push([index, name]);
        return 0;
      }
      return type === "str" ? this.#string(known as string) : inType(type, known);
    });
    return { run: this.#exports[name] as Call["run"], args, dynamic };
  }

  // ---- events

  #dispatch(pc: number, pending: boolean, fuel: bigint | undefined): number {
    if (pending) return this.#begins(pc, fuel) ? 1 : 0;
    const activation = this.#activations.at(-1)!;
    const { fn } = activation;
    if (!fn) return 0;
    const offset = pc - activation.code;
    this.#behind(fn, activation, offset, fuel);
    if (fn.exceptions?.throwsFrom(activation.at, offset)) {
      const marked = this.#global(jsGlobals.thrown).value !== 0;
      this.#catches(fn, activation, [activation.at, offset], marked, fuel);
    }
    this.#reaches(fn, activation, offset, fuel);
    return 1;
  }

  /** The first opcode of an activation. Whether its other opcodes are wanted. */
  #begins(pc: number, fuel: bigint | undefined): boolean {
    if (!this.#registry) throw unattached();
    const found = this.#active ? this.#resolve(pc) : null;
    const fn = found && this.#functions[found.id]!;
    if (!fn || fn.hoists) {
      if (fn) fn.hoists = false;
      this.#activations.push(begun(null, 0, -1, false));
      return false;
    }
    const offset = pc - found.code;
    const argc = this.#global(jsGlobals.argc).value as number;
    const activation = begun(fn, found.code, argc, offset !== 0);
    this.#activations.push(activation);
    this.#depth++;
    this.#fire(fn.entry, activation, fuel);
    if (activation.resumed && fn.exceptions?.handlers.has(offset)) {
      // it goes on by throwing where it was suspended
      const from = this.#suspendedAt(fn, found.code, this.#resumedAt());
      if (fn.exceptions.throwsFrom(from, offset)) this.#catches(fn, activation, [from, offset], false, fuel);
    }
    this.#reaches(fn, activation, offset, fuel);
    return fn.wantsOpcodes;
  }

  #resolve(pc: number): { readonly id: number; readonly code: number } {
    const known = this.#byPc.get(pc);
    if (known?.generation === this.#generation) return known;
    const funcObj = this.#global(jsGlobals.function).value as bigint;
    const found = { ...this.#registry!.resolve(pc, funcObj), generation: this.#generation };
    this.#byPc.set(pc, found);
    return found;
  }

  /** An opcode is about to run. */
  #reaches(fn: Watched, activation: Activation, offset: number, fuel: bigint | undefined): void {
    const site = fn.sites[offset] ?? 0;
    const comes = site !== activation.site || offset <= activation.at;
    activation.at = offset;
    activation.site = site;
    if (comes && fn.lineCalls.size > 0) this.#fire(fn.lineCalls.get(site) ?? none, activation, fuel);
    this.#fire(fn.before.get(offset) ?? none, activation, fuel);
  }

  /** The opcode that the activation was at is done. `next`: offset of the one that runs now, or -1. */
  #behind(fn: Watched, activation: Activation, next: number, fuel: bigint | undefined): void {
    const calls = fn.after.get(activation.at);
    if (!calls) return;
    this.#next = next;
    this.#fire(calls, activation, fuel);
  }

  #leave(fuel: bigint | undefined): void {
    const activation = this.#activations.at(-1);
    if (activation?.fn) {
      const { fn } = activation;
      this.#behind(fn, activation, -1, fuel);
      this.#fire(fn.exit, activation, fuel);
      this.#depth--;
    }
    this.#activations.pop();
  }

  // ---- exceptions

  /** The activation at hand was to go on at `next`, and throws instead: the offset of the opcode at which it was suspended. */
  #suspendedAt({ exceptions }: Watched, code: number, next: number | null): number {
    return next === null ? -1 : (exceptions?.before(next - code) ?? -1);
  }

  /** Where a suspended activation was to go on; null where the one at hand is none. */
  #resumedAt(): number | null {
    return this.#registry!.resumedAt(this.#global(jsGlobals.function).value as bigint);
  }

  /**
   * What was thrown at `from` is caught by the handler at `to`, which is about to begin. `marked`: a function that the
   * opcode called left with an exception.
   */
  #catches(
    fn: Watched,
    activation: Activation,
    [from, to]: readonly [number, number],
    marked: boolean,
    fuel: bigint | undefined,
  ): void {
    const at = this.#exceptions!.caught(fn.exceptions!.handlers.get(to));
    this.#thrown(fn, activation, from, at, marked, fuel);
  }

  /**
   * An exception leaves the activation at hand; `pending`: it came to no opcode, since it was to go on by throwing;
   * `marked`: before, a function left with an exception that the opcode around the activation called. Whether it goes on to
   * the function around: that of an asynchronous function becomes the end of its promise.
   */
  #throws(pending: boolean, marked: boolean, fuel: bigint | undefined): boolean {
    const at = this.#exceptions?.leaving() ?? null;
    if (at === null) return false;
    if (pending) return this.#throwsAtOnce(at, marked, fuel);
    const activation = this.#activations.at(-1)!;
    const { fn, code } = activation;
    if (fn) {
      this.#behind(fn, activation, -1, fuel);
      activation.at = -1;
      const from = ((this.#global(jsGlobals.at).value as number) >>> 0) - code;
      this.#thrown(fn, activation, from, at, this.#global(jsGlobals.thrown).value !== 0, fuel);
    }
    return this.#goesOn(fn, this.#activations.at(-2), at, marked);
  }

  #throwsAtOnce(at: number, marked: boolean, fuel: bigint | undefined): boolean {
    const next = this.#active ? this.#resumedAt() : null;
    if (next === null) return false;
    const around = this.#activations.at(-1);
    const { id, code } = this.#resolve(next);
    const fn = this.#functions[id]!;
    const activation = begun(fn, code, -1, true);
    this.#activations.push(activation);
    this.#depth++;
    this.#thrown(fn, activation, this.#suspendedAt(fn, code, next), at, false, fuel);
    this.#depth--;
    this.#activations.pop();
    return this.#goesOn(fn, around, at, marked);
  }

  /** Keeps with the activation around which exception it may see. */
  #goesOn(fn: Watched | null, around: Activation | undefined, at: number, marked: boolean): boolean {
    if (fn?.made.kind.startsWith("async")) return false;
    if (around) this.#exceptions!.keep(around, at, !marked);
    return true;
  }

  /** An exception is in an activation, that comes from the opcode at `from`. It is told where it comes from no other function. */
  #thrown(
    fn: Watched,
    activation: Activation,
    from: number,
    at: number | null,
    marked: boolean,
    fuel: bigint | undefined,
  ): void {
    const { exceptions, throwCalls } = fn;
    if (!exceptions || exceptions.rethrows.has(from)) return;
    // a statement throws its own, whatever the functions throw that are called while it closes iterators
    const mayBeKept = marked && !exceptions.throws.has(from);
    if (mayBeKept && (at === null || this.#exceptions!.isKept(activation, at))) return;
    const offset = Math.max(from, 0);
    const calls = throwCalls.get(offset) ?? this.#calls("throw", staticsAt(fn, offset));
    throwCalls.set(offset, calls);
    this.#exceptions!.told = at;
    this.#fire(calls, activation, fuel);
  }

  #enterBuiltin(frame: number, fuel: bigint | undefined): void {
    const builtin = this.#active ? (this.#builtins[frame] ?? null) : null;
    this.#insideBuiltins.push(builtin);
    if (builtin) this.#fire(builtin.entry, null, fuel);
    // what the gateway told is of this call alone
    this.#global(jsGlobals.builtinArgc).value = -1;
  }

  #global(name: string): WebAssembly.Global {
    return this.#exports[name] as WebAssembly.Global;
  }

  /** Bytes of a string that is passed to the builtin that is being entered; -1 where the argument is none. */
  #stringBytes(n: number): number {
    if (n >= (this.#global(jsGlobals.builtinArgc).value as number)) return -1;
    const engine = this.#registry!.engine;
    if (!engine || engine === unknownEngine) return -1;
    const { value } = engine.memory;
    const argv = (this.#global(jsGlobals.builtinArgv).value as number) >>> 0;
    return stringBytes(this.#memory!, engine, argv + n * value.size);
  }

  #leaveBuiltin(fuel: bigint | undefined): void {
    const builtin = this.#insideBuiltins.pop();
    if (builtin) this.#fire(builtin.exit, null, fuel);
  }

  /** The activation that is heard `above` others from the innermost. */
  #running(above: number): Activation | undefined {
    let left = above;
    for (let i = this.#activations.length - 1; i >= 0; i--) {
      const activation = this.#activations[i]!;
      if (activation.fn && left-- === 0) return activation;
    }
    return undefined;
  }

  /** `activation` is null at builtins. */
  #fire(calls: readonly Call[], activation: Activation | null, fuel: bigint | undefined): void {
    for (const { run, args, dynamic } of calls) {
      for (const [index, name] of dynamic) args[index] = this.#dynamic(name, activation, fuel);
      run(...args);
    }
  }

  #dynamic(name: string, activation: Activation | null, fuel: bigint | undefined): unknown {
    const caller = () => this.#running(activation ? 1 : 0);
    switch (name) {
      case "fuel":
        return fuel;
      case "depth":
        return this.#depth;
      case "argc":
        return activation ? activation.argc : this.#global(jsGlobals.builtinArgc).value;
      case "bytes":
        return this.#bytes;
      case "next":
        return this.#next;
      case "class":
      case "message":
        return this.#string(this.#exceptions!.text(name));
      case "resumed":
        return activation!.resumed ? 1 : 0;
      case "fname":
      case "caller":
        return this.#string(caller()?.fn?.name ?? "");
      case "file":
      case "caller_file":
        return this.#string(caller()?.fn?.file ?? "");
      case "line":
      case "caller_line":
        return caller()?.fn?.lines[caller()!.site] ?? 0;
      default: {
        const sized = /^arg(\d)_bytes$/.exec(name);
        if (sized) return this.#stringBytes(Number(sized[1]));
        throw new Error(`${name} is no variable of JavaScript's events`);
      }
    }
  }
}

/** No JavaScript runs before the listener is attached, where the instance is the instrumented module's. */
export function unattached() {
  return usageError(
    "rules of js: hear nothing of this instance",
    "attach(instance) is to be called right behind the instantiation",
  );
}

function unknown() {
  return unsupported(
    "rules of js: need a QuickJS that is known here",
    "the engine's memory does not look like that of any",
    "rules of wasm: work on every module",
  );
}
