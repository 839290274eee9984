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
  readonly kind: "js" | "native";
  readonly fn: ModelFunction;
  readonly funcObj: bigint;
  /** Offset of the first opcode. */
  readonly first: number;
  state: "pending" | "started" | "hoisting";
  offset: number;
  node: number;
  /** Of JavaScript: native frames below it included. */
  own: number;
}

type Phase = "startup" | "gap";

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

  #started(): Activation | undefined {
    return this.stack.findLast(({ kind, state }) => kind === "js" && state === "started");
  }

  #frame(): Activation | undefined {
    return this.stack.findLast(({ state }) => state === "started");
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
    const key = `${parent}/${caller ? `${callFunction}:${callOffset}` : this.#phase}/${fn.id}`;
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
      top.node = node;
      top.state = "started";
      if (top.first === 0) this.nodes[node]!.calls += 1;
      else this.nodes[node]!.resumes += 1;
      this.events.push({ node, fuel });
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
    this.events.push({ node: -1, fuel });
    const own = finished(top);
    if (own !== null) this.#complete(top.fn.id, own);
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
    this.#spend(fuel);
    const { fn, own } = this.stack.pop()!;
    this.events.push({ node: -1, fuel });
    this.#complete(fn.id, own);
  }

  finish(fuel: number): void {
    this.#spend(fuel);
  }

  /** All of them, innermost first. */
  frames(): Frame[] {
    return this.stack
      .filter(({ state }) => state === "started")
      .map(({ kind, fn, offset }) => ({ function: fn.id, offset: kind === "js" ? offset : null }))
      .reverse();
  }

  /** JavaScript's, innermost first. */
  openFrames(): CodePlace[] {
    return this.stack
      .filter(({ kind, state }) => kind === "js" && state === "started")
      .map(({ fn, offset }) => ({ function: fn.id, offset }))
      .reverse();
  }
}

export interface DriverOptions {
  readonly functions: number;
  readonly natives: number;
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

type Hooks = Record<string, (...args: (number | bigint)[]) => void>;

/** Plays the engine: every choice is `choose(n)`, a number from 0 to n - 1. */
export class Driver {
  readonly model = new CollectorModel();
  readonly functions: ModelFunction[];
  readonly natives: ModelFunction[];
  fuel = 0;
  #recorder!: Recorder;
  #hooks!: Hooks;
  #nextId: number;
  #nextObject = 0x1000n;
  readonly #options: DriverOptions;
  readonly #choose: (n: number) => number;
  readonly #suspended: Suspended[] = [];
  /** What the model says of the activation that is being left, for the host's question. */
  #leaving: { activation: Activation; resumed: Suspended | undefined; ends: boolean } | undefined;
  readonly #resumed = new Map<Activation, Suspended>();

  constructor(options: DriverOptions, choose: (n: number) => number) {
    this.#options = options;
    this.#choose = choose;
    this.#nextId = options.natives;
    const plain = { suspends: false, sites: undefined, seen: true, hoists: false };
    this.natives = Array.from({ length: options.natives }, (_, id) => ({
      ...plain,
      id,
      length: 0,
      address: 0,
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
      // A module that is being linked calls no JavaScript, though the interpreter may be entered for a native function.
      return hoisting ? this.#enterAndLeave() : this.#enter();
    }
    if (choice >= 97) return this.#generation();
    if (choice === 96) return this.#hoistAgain();
    if (!top) return this.#enter();
    if (choice < calls + (100 - calls) / 2) {
      if (top.kind === "native") return this.#leave();
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
      this.#hooks["leaveNative"]!(BigInt(fuel));
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
    this.#hooks["leave"]!(BigInt(fuel));
  }

  #enterNative(): void {
    const fn = this.natives[this.#choose(this.natives.length)]!;
    const fuel = this.#advance();
    this.model.enterNative(fn, fuel);
    this.#hooks["enterNative"]!(fn.id, BigInt(fuel));
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
