/**
 * The collector the slow way, from ARCHITECTURE ("Charging"): every stretch of fuel between two hooks is given at once to the
 * innermost started activation's opcode and to the innermost frame of the call path. And a driver that plays random
 * valid runs of an engine to both, the model and the collector.
 */
import type { CodePlace, CollectorHost, Frame, Recorder } from "../../src/profiler/counters/recorder.ts";

export interface ModelFunction {
  readonly id: number;
  readonly length: number;
  readonly suspends: boolean;
  /** First offset of the same line, by offset; undefined where each offset is its own. */
  readonly sites: readonly number[] | undefined;
  /** Address of its code; changes when code is made anew. */
  address: number;
  /** Whether the recorder knows it. */
  seen: boolean;
  hoists: boolean;
}

interface Slot {
  fuel: number;
  hits: number;
}

export interface ModelNode {
  readonly parent: number;
  readonly function: number;
  readonly callFunction: number;
  readonly callOffset: number;
  self: number;
  calls: number;
  resumes: number;
}

interface Activation {
  /** A job is none, but opens and ends among them. */
  readonly kind: "js" | "native" | "job";
  readonly fn: ModelFunction;
  readonly funcObj: bigint;
  /** Offset of the first opcode. */
  readonly first: number;
  state: "pending" | "started" | "hoisting" | "unheard";
  offset: number;
  node: number;
  /** Of JavaScript: native frames below it included. */
  own: number;
}

type Phase = "startup" | "gap";

const nothing = {
  kind: "job",
  fn: { id: -1, length: 0, suspends: false, sites: undefined, address: 0, seen: false, hoists: false },
  ...{ funcObj: 0n, first: 0, offset: 0, node: -1, own: 0 },
} as const;

/** Builtins have ids from here on, in the order of their first calls. */
export const builtinsFrom = 100_000;

export class CollectorModel {
  readonly slots = new Map<number, Map<number, Slot>>();
  readonly nodes: ModelNode[] = [
    { parent: -1, function: -1, callFunction: -1, callOffset: -1, self: 0, calls: 0, resumes: 0 },
  ];
  readonly events: { node: number; fuel: number }[] = [];
  /** Own fuel of the calls of a function that ran to completion. */
  readonly completed = new Map<number, number[]>();
  readonly stack: Activation[] = [];
  readonly phases = { startup: 0, jobs: 0, gap: 0 };
  maxDepth = 0;
  /** Fuel that is watched, and the frames that were open when more was spent. */
  limit = Number.POSITIVE_INFINITY;
  passed: Frame[] | null = null;
  unwound: CodePlace[] = [];
  #phase: Phase = "startup";
  #dispatched = false;
  #fuel = 0;
  readonly #children = new Map<string, number>();
  /** Native functions have frames outside of JavaScript, too: then of a job only what opcodes cost is a function's. */
  readonly #framesOutside: boolean;
  /** The outermost job, where it began outside of JavaScript: what it cost before it ran any. */
  #job: { readonly start: number; cost: number; isOwned: boolean } | null = null;
  /** The function whose job it is, once its activation has ended. */
  lingering: Activation | undefined;
  #finishLingering: ((activation: Activation) => number | null) | undefined;

  constructor(framesOutside: boolean) {
    this.#framesOutside = framesOutside;
  }

  #started(): Activation | undefined {
    return this.stack.findLast(({ kind, state }) => kind === "js" && state === "started") ?? this.lingering;
  }

  #frame(): Activation | undefined {
    const lingering = this.#framesOutside ? undefined : this.lingering;
    return this.stack.findLast(({ state }) => state === "started") ?? lingering;
  }

  slot(fn: number, offset: number): Slot {
    let ofFunction = this.slots.get(fn);
    if (!ofFunction) this.slots.set(fn, (ofFunction = new Map()));
    let slot = ofFunction.get(offset);
    if (!slot) ofFunction.set(offset, (slot = { fuel: 0, hits: 0 }));
    return slot;
  }

  /** Gives the fuel up to `fuel` to whom it belongs. */
  #spend(fuel: number): void {
    const spent = fuel - this.#fuel;
    this.#fuel = fuel;
    if (fuel > this.limit) this.passed ??= this.frames();
    const started = this.#started();
    if (started) this.slot(started.fn.id, started.offset).fuel += spent;
    else if (this.#job) this.#job.cost += spent;
    else this.phases[this.#phase] += spent;
    const frame = this.#frame();
    this.nodes[frame?.node ?? 0]!.self += spent;
    if (frame) frame.own += spent;
    if (started && started !== frame) started.own += spent;
  }

  /** The node of a call made now. */
  #child(fn: ModelFunction): number {
    const parent = this.#frame()?.node ?? 0;
    const caller = this.#started();
    const callFunction = caller?.fn.id ?? -1;
    const callOffset = caller ? (caller.fn.sites?.[caller.offset] ?? caller.offset) : -1;
    const key = `${parent}/${caller ? `${callFunction}:${callOffset}` : this.#job ? "gap" : this.#phase}/${fn.id}`;
    let node = this.#children.get(key);
    if (node === undefined) {
      node = this.nodes.length;
      this.nodes.push({
        parent,
        function: fn.id,
        callFunction,
        callOffset,
        self: 0,
        calls: 0,
        resumes: 0,
      });
      this.#children.set(key, node);
    }
    return node;
  }

  enter(fn: ModelFunction, funcObj: bigint, first: number): void {
    this.stack.push({
      kind: "js",
      fn,
      funcObj,
      first,
      state: "pending",
      offset: first,
      node: -1,
      own: 0,
    });
  }

  dispatch(offset: number, fuel: number): void {
    this.#spend(fuel);
    this.#dispatched = true;
    const top = this.stack.at(-1)!;
    if (top.state === "hoisting") return;
    if (top.state === "pending") {
      if (top.fn.hoists) {
        top.fn.hoists = false;
        top.state = "hoisting";
        return;
      }
      const node = this.#child(top.fn);
      if (!this.#started()) {
        this.phases.jobs += this.phases.gap;
        this.phases.gap = 0;
        this.#phase = "gap";
      }
      let since = fuel;
      if (!this.#started() && this.#job) {
        const { start, cost } = this.#job;
        this.#job = { start, cost: 0, isOwned: true };
        this.slot(top.fn.id, offset).fuel += cost;
        if (!this.#framesOutside) {
          since = start;
          this.nodes[0]!.self -= cost;
          this.nodes[node]!.self += cost;
          top.own = cost;
        }
      }
      top.node = node;
      top.state = "started";
      if (top.first === 0) this.nodes[node]!.calls += 1;
      else this.nodes[node]!.resumes += 1;
      this.events.push({ node, fuel: since });
      const depth = this.stack.filter(({ kind, state }) => kind === "js" && state === "started").length;
      this.maxDepth = Math.max(this.maxDepth, depth);
    }
    top.offset = offset;
    this.slot(top.fn.id, offset).hits += 1;
  }

  /** `finished`: own fuel of the whole invocation, null where it is only suspended; asked with the activation's own. */
  leave(fuel: number, finished: (activation: Activation) => number | null): void {
    this.#spend(fuel);
    const top = this.stack.pop()!;
    if (top.state !== "started") return;
    if (this.#dispatched) this.unwound = [];
    this.#dispatched = false;
    if (this.unwound.length < 64) this.unwound.push({ function: top.fn.id, offset: top.offset });
    if (!this.#started() && this.#job?.isOwned) {
      this.lingering = top;
      this.#finishLingering = finished;
      if (this.#framesOutside) this.#ended(top, fuel, finished);
    } else this.#ended(top, fuel, finished);
  }

  #ended(activation: Activation, fuel: number, finished: (activation: Activation) => number | null): void {
    this.events.push({ node: -1, fuel });
    const own = finished(activation);
    if (own !== null) this.#complete(activation.fn.id, own);
  }

  enterJob(fuel: number): void {
    const isOutermost = !this.stack.some(({ kind }) => kind === "job");
    this.stack.push({ ...nothing, state: "pending" });
    if (!isOutermost || this.#started()) return;
    this.#spend(fuel);
    this.#job = { start: fuel, cost: 0, isOwned: false };
  }

  leaveJob(fuel: number): void {
    this.stack.pop();
    if (this.stack.some(({ kind }) => kind === "job") || !this.#job) return;
    this.#spend(fuel);
    const { cost } = this.#job;
    const ended = this.lingering;
    this.#job = null;
    this.lingering = undefined;
    // what ran no JavaScript is the queue's
    this.phases[this.#phase] += cost;
    if (ended && !this.#framesOutside) this.#ended(ended, fuel, this.#finishLingering!);
  }

  /** Outside of JavaScript a builtin is no frame. `id`: gives it one where it has none yet. */
  enterBuiltin(fn: ModelFunction, fuel: number, id: () => void): void {
    if (!this.#started()) return void this.stack.push({ ...nothing, kind: "native", state: "unheard" });
    id();
    this.enterNative(fn, fuel);
  }

  #complete(fn: number, own: number): void {
    const calls = this.completed.get(fn);
    if (calls) calls.push(own);
    else this.completed.set(fn, [own]);
  }

  enterNative(fn: ModelFunction, fuel: number): void {
    this.#spend(fuel);
    const node = this.#child(fn);
    this.nodes[node]!.calls += 1;
    this.stack.push({ kind: "native", fn, funcObj: 0n, first: 0, state: "started", offset: 0, node, own: 0 });
    this.events.push({ node, fuel });
  }

  leaveNative(fuel: number): void {
    if (this.stack.at(-1)!.state === "unheard") return void this.stack.pop();
    this.#spend(fuel);
    const { fn, own } = this.stack.pop()!;
    this.events.push({ node: -1, fuel });
    this.#complete(fn.id, own);
  }

  finish(fuel: number): void {
    this.#spend(fuel);
    if (this.#job && !this.#job.isOwned) this.phases[this.#phase] += this.#job.cost;
  }

  /** All of them, innermost first. */
  frames(): Frame[] {
    const started = this.stack.filter(({ state }) => state === "started");
    return [...(this.lingering ? [this.lingering] : []), ...started]
      .map(({ kind, fn, offset }) => ({ function: fn.id, offset: kind === "js" ? offset : null }))
      .reverse();
  }

  /** JavaScript's, innermost first. */
  openFrames(): CodePlace[] {
    const started = this.stack.filter(({ kind, state }) => kind === "js" && state === "started");
    return [...(this.lingering ? [this.lingering] : []), ...started]
      .map(({ fn, offset }) => ({ function: fn.id, offset }))
      .reverse();
  }
}

export interface DriverOptions {
  readonly functions: number;
  readonly natives: number;
  /** Builtins whose calls are told; not together with natives. */
  readonly builtins?: number;
  /** Whether there are jobs. */
  readonly jobs?: boolean;
  /** Greatest fuel between two hooks. */
  readonly dearest: number;
  /** Of 100 choices, how many enter a function; the more, the deeper. */
  readonly calls: number;
}

interface Suspended {
  readonly fn: ModelFunction;
  readonly funcObj: bigint;
  readonly offset: number;
  readonly own: number;
}

interface Leaving {
  readonly activation: Activation;
  readonly resumed: Suspended | undefined;
  readonly ends: boolean;
}

type Hooks = Record<string, (...args: (number | bigint)[]) => void>;

/** Plays the engine: every choice is `choose(n)`, a number from 0 to n - 1. */
export class Driver {
  readonly model: CollectorModel;
  readonly functions: ModelFunction[];
  readonly natives: ModelFunction[];
  readonly builtins: ModelFunction[];
  #called = 0;
  fuel = 0;
  #recorder!: Recorder;
  #hooks!: Hooks;
  #nextId: number;
  #nextObject = 0x1000n;
  readonly #options: DriverOptions;
  readonly #choose: (n: number) => number;
  readonly #suspended: Suspended[] = [];
  /** What the model says of the activation that is being left, for the host's question. */
  #leaving: Leaving | undefined;
  readonly #resumed = new Map<Activation, Suspended>();
  /** The same as #leaving of the activation that lingers. */
  #lingering: Leaving | undefined;

  constructor(options: DriverOptions, choose: (n: number) => number) {
    this.#options = options;
    this.model = new CollectorModel(options.natives > 0);
    this.#choose = choose;
    this.#nextId = options.natives;
    const plain = { suspends: false, sites: undefined, seen: true, hoists: false };
    this.natives = Array.from({ length: options.natives }, (_, id) => ({
      ...plain,
      id,
      length: 0,
      address: 0,
    }));
    this.builtins = Array.from({ length: options.builtins ?? 0 }, () => ({
      ...{ ...plain, seen: false, id: -1 },
      ...{ length: 0, address: 0 },
    }));
    this.functions = Array.from({ length: options.functions }, (_, i) => {
      const length = 1 + ((i * 7) % 23);
      return {
        id: -1,
        length,
        suspends: i % 4 === 3,
        sites: i % 2 === 0 ? Array.from({ length }, (_, offset) => offset - (offset % 3)) : undefined,
        address: 0x10000 + i * 32,
        seen: false,
        hoists: i % 5 === 0,
      };
    });
  }

  readonly host: CollectorHost = {
    resolve: (pc) => {
      const fn = this.functions.find(({ address, length }) => pc >= address && pc < address + length);
      if (!fn) throw new Error(`nothing is at ${pc}`);
      this.#see(fn);
      return { id: fn.id, code: fn.address };
    },
    invocation: (id, funcObj, own, offset, resumed) => {
      const { activation, resumed: before, ends } = this.#leaving!;
      const asked = { id, funcObj, own, offset, resumed };
      const expected = {
        id: activation.fn.id,
        funcObj: activation.funcObj,
        own: BigInt(activation.own),
        offset: activation.offset,
        resumed: activation.first !== 0,
      };
      if (Object.entries(expected).some(([key, value]) => asked[key as keyof typeof asked] !== value))
        throw new Error(`asked ${Object.values(asked)}, expected ${Object.values(expected)}`);
      return ends ? BigInt((before?.own ?? 0) + activation.own) : null;
    },
    // magic and pointer tell them apart
    builtin: (key, magic) => `builtin ${key} ${magic}`,
  };

  attach(recorder: Recorder): void {
    this.#recorder = recorder;
    this.#hooks = recorder.hooks as unknown as Hooks;
  }

  /** Ids are given as functions are first seen. */
  #see(fn: ModelFunction): void {
    if (fn.seen) return;
    fn.seen = true;
    (fn as { id: number }).id = this.#nextId++;
    this.#recorder.addFunction(fn.id, fn.length, fn, fn.sites);
  }

  step(): void {
    const { model } = this;
    const top = model.stack.at(-1);
    const choice = this.#choose(100);
    const hoisting = model.stack.some(({ state }) => state === "hoisting");
    const { calls } = this.#options;
    if (choice < calls) {
      if (this.natives.length > 0 && this.#choose(3) === 0) return this.#enterNative();
      if (this.builtins.length > 0 && this.#choose(3) === 0) return this.#enterBuiltin();
      if (this.#options.jobs && !hoisting && this.#choose(3) === 0) return this.#enterJob();
      // A module that is being linked calls no JavaScript, though the interpreter may be entered for a native function.
      return hoisting ? this.#enterAndLeave() : this.#enter();
    }
    if (choice >= 97) return this.#generation();
    if (choice === 96) return this.#hoistAgain();
    if (!top) return this.#enter();
    if (choice < calls + (100 - calls) / 2) {
      if (top.kind !== "js") return this.#leave();
      return this.#dispatch();
    }
    this.#leave();
  }

  #enter(): void {
    const { model } = this;
    const resumable = this.#choose(3) === 0 && this.#suspended.length > 0;
    const resumed = resumable
      ? this.#suspended.splice(this.#choose(this.#suspended.length), 1)[0]
      : undefined;
    const fn = resumed?.fn ?? this.functions[this.#choose(this.functions.length)]!;
    const funcObj = resumed?.funcObj ?? this.#nextObject++;
    model.enter(fn, funcObj, resumed?.offset ?? 0);
    if (resumed) this.#resumed.set(model.stack.at(-1)!, resumed);
    this.#hooks["enter"]!(funcObj);
  }

  #enterAndLeave(): void {
    const { model } = this;
    model.enter(this.functions[0]!, 0n, 0);
    this.#hooks["enter"]!(0n);
    this.#leave();
  }

  #advance(): number {
    this.fuel += 1 + this.#choose(this.#options.dearest);
    return this.fuel;
  }

  #dispatch(): void {
    const top = this.model.stack.at(-1)!;
    const { fn } = top;
    const offset = top.state === "pending" ? top.first : this.#choose(fn.length);
    const fuel = this.#advance();
    // The recorder gets to know a function when it asks for it, before its activation is charged anything.
    this.#hooks["dispatch"]!(fn.address + offset, BigInt(fuel));
    this.model.dispatch(offset, fuel);
  }

  #leave(): void {
    const { model } = this;
    const top = model.stack.at(-1)!;
    const fuel = this.#advance();
    if (top.kind === "native") {
      model.leaveNative(fuel);
      this.#hooks[this.builtins.length > 0 ? "leaveBuiltin" : "leaveNative"]!(BigInt(fuel));
      return;
    }
    if (top.kind === "job") {
      model.leaveJob(fuel);
      this.#leaving = this.#lingering;
      this.#hooks["leaveJob"]!(BigInt(fuel));
      return;
    }
    const resumed = this.#resumed.get(top);
    this.#resumed.delete(top);
    // Offset 0 is a call's, so nothing is suspended there.
    const ends = !top.fn.suspends || top.offset === 0 || this.#choose(2) === 0;
    model.leave(fuel, (activation) => {
      if (ends) return (resumed?.own ?? 0) + activation.own;
      this.#suspended.push({
        fn: top.fn,
        funcObj: top.funcObj,
        offset: top.offset,
        own: (resumed?.own ?? 0) + activation.own,
      });
      return null;
    });
    this.#leaving = { activation: top, resumed, ends };
    if (model.lingering === top) this.#lingering = this.#leaving;
    this.#hooks["leave"]!(BigInt(fuel));
  }

  #enterNative(): void {
    const fn = this.natives[this.#choose(this.natives.length)]!;
    const fuel = this.#advance();
    this.model.enterNative(fn, fuel);
    this.#hooks["enterNative"]!(fn.id, BigInt(fuel));
  }

  #enterBuiltin(): void {
    const index = this.#choose(this.builtins.length);
    const fn = this.builtins[index]!;
    const fuel = this.#advance();
    this.model.enterBuiltin(fn, fuel, () => {
      if (!fn.seen) (fn as { id: number }).id = builtinsFrom + this.#called++;
      fn.seen = true;
    });
    this.#hooks["enterBuiltin"]!(index >> 1, index & 1, BigInt(fuel));
  }

  #enterJob(): void {
    const fuel = this.#advance();
    this.model.enterJob(fuel);
    this.#hooks["enterJob"]!(BigInt(fuel));
  }

  /** Code is made anew: functions that do not run change places, so that addresses mean others than before. */
  #generation(): void {
    const running = new Set(this.model.stack.map(({ fn }) => fn));
    const idle = this.functions.filter((fn) => !running.has(fn));
    if (idle.length >= 2) {
      const shift = 1 + this.#choose(idle.length - 1);
      const addresses = idle.map(({ address }) => address);
      idle.forEach((fn, i) => {
        fn.address = addresses[(i + shift) % idle.length]!;
      });
    }
    this.#hooks["generation"]!();
  }

  /** A module is loaded once more. */
  #hoistAgain(): void {
    const running = new Set(this.model.stack.map(({ fn }) => fn));
    const fn = this.functions[this.#choose(this.functions.length)]!;
    if (!fn.seen || fn.id < 0 || running.has(fn)) return;
    fn.hoists = true;
    this.#recorder.willHoist(fn.id);
    this.#hooks["generation"]!();
  }

  /** Lets everything end, innermost first. */
  unwindAll(): void {
    while (this.model.stack.length > 0) this.#leave();
  }

  finish(): void {
    const fuel = this.#advance();
    this.model.finish(fuel);
    this.#recorder.finish(BigInt(fuel));
  }
}
