/**
 * The host's side of probes that are functions: the globals that count, guard and link, the functions that are called,
 * and the frames that these are given. For one instance; nothing has to be known of it, since all of it is imported.
 */
import { internalError, usageError } from "../base/diagnostics.ts";
import { globalNames, type Location, type Wiring } from "../probe/callbacks/plan-callbacks.ts";
import {
  type Attachable,
  type Caller,
  type CountProbe,
  type Frame,
  type FrameProbe,
  isAttachable,
  type Probe,
} from "../probe/callbacks/probe.ts";
import { shadowModule } from "../probe/callbacks/shadow-stack.ts";

/** The probes of an instrumented module, while its one instance runs and afterwards. */
export interface Probes {
  /** How often control came to the probe's places while it was attached, up to now. @throws Diagnostic (usage): not of this module. */
  count(probe: CountProbe): bigint;
  /** From the next event on. Does nothing to a probe that is attached. @throws Diagnostic (usage): not of this module. */
  attach(probe: Attachable): void;
  /** From the next event on. Does nothing to a probe that is not attached. @throws Diagnostic (usage): not of this module. */
  detach(probe: Attachable): void;
  /** A probe that is not attachable always is. @throws Diagnostic (usage): not of this module. */
  isAttached(probe: Probe): boolean;
  /**
   * Calls the guest. What depth it is at is put back where it fails: only needed by a host that goes on after a guest
   * failed, where frames are asked for their depth or callers.
   */
  call<T>(guest: () => T): T;
}

/** What was asked for of an activation; the rest is undefined. */
class FiredFrame implements Location, Partial<Frame> {
  readonly function: number;
  readonly pc: number | null;
  readonly event: Frame["event"];
  declare locals: readonly unknown[];
  declare operands: readonly unknown[];
  declare depth: number;
  #callers: (() => readonly Caller[]) | null = null;

  constructor({ function: index, pc, event }: Location) {
    this.function = index;
    this.pc = pc;
    this.event = event;
  }

  get callers(): readonly Caller[] {
    if (!this.#callers) throw usageError("the callers of a frame can be read only while its probe fires");
    return this.#callers();
  }

  /** The probe fires: `callers` can be read. */
  open(callers: () => readonly Caller[]): void {
    this.#callers = callers;
  }

  close(): void {
    this.#callers = null;
  }
}

const unwired: Wiring = {
  ...{ module: "", hooks: [], locations: [], layouts: new Map() },
  ...{ hasShadow: false, hasCallers: false },
};

export class ProbeControl implements Probes {
  readonly imports: WebAssembly.Imports;
  readonly #numbers: ReadonlyMap<Probe, number>;
  readonly #wiring: Wiring;
  readonly #counts: ReadonlyMap<number, WebAssembly.Global>;
  readonly #guards: ReadonlyMap<number, WebAssembly.Global>;
  readonly #link = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  /** Places of calls by depth, as numbers. */
  readonly #calls: WebAssembly.Memory | undefined;

  constructor(probes: readonly Probe[], wiring: Wiring = unwired) {
    this.#wiring = wiring;
    this.#numbers = new Map(probes.map((probe, n) => [probe, n]));
    const numbered = [...probes.entries()];
    this.#counts = new Map(
      numbered
        .filter(([, { kind }]) => kind === "count")
        .map(([n]) => [n, new WebAssembly.Global({ value: "i64", mutable: true }, 0n)]),
    );
    this.#guards = new Map(
      numbered.flatMap(([n, probe]) =>
        isAttachable(probe)
          ? [[n, new WebAssembly.Global({ value: "i32", mutable: true }, Number(probe.attached))] as const]
          : [],
      ),
    );
    const imports: Record<string, WebAssembly.ImportValue> = {};
    for (const { name, probe } of wiring.hooks) imports[name] = this.#function(probes[probe]!);
    for (const [n, global] of this.#counts) imports[globalNames.count(n)] = global;
    for (const [n, global] of this.#guards) imports[globalNames.guard(n)] = global;
    if (wiring.hasShadow) imports[globalNames.link] = this.#link;
    if (wiring.hasCallers) {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(shadowModule() as BufferSource));
      this.#calls = exports["memory"] as WebAssembly.Memory;
      imports["note"] = exports["note"] as WebAssembly.ExportValue;
    }
    this.imports = Object.keys(imports).length > 0 ? { [wiring.module]: imports } : {};
  }

  /** What is imported for a probe: of an operand probe its own function. */
  #function(probe: Probe): WebAssembly.ImportValue {
    if (probe.kind === "operand") return probe.fire as WebAssembly.ImportValue;
    if (probe.kind === "frame") return (...given: unknown[]) => this.#fire(probe, given);
    throw internalError("a count probe calls nothing");
  }

  #fire({ reads, fire }: FrameProbe, given: readonly unknown[]): void {
    const number = given[0] as number;
    const { locals, operands } = this.#wiring.layouts.get(number)!;
    const frame = new FiredFrame(this.#wiring.locations[number]!);
    let next = 1;
    if (reads.includes("locals")) {
      frame.locals = locals.read(given, next);
      next += locals.width;
    }
    if (reads.includes("operands")) {
      frame.operands = operands.read(given, next);
      next += operands.width;
    }
    const depth = given[next] as number;
    if (reads.includes("depth")) frame.depth = depth;
    if (!reads.includes("callers")) return fire(frame as Frame);
    frame.open(() => this.#callers(depth));
    try {
      fire(frame as Frame);
    } finally {
      frame.close();
    }
  }

  #callers(depth: number): Caller[] {
    const view = new DataView(this.#calls!.buffer);
    return Array.from({ length: depth - 1 }, (_, n) => {
      const { function: index, pc } = this.#wiring.locations[view.getInt32(4 * (depth - 1 - n), true)]!;
      return { function: index, pc };
    });
  }

  #number(probe: Probe): number {
    const number = this.#numbers.get(probe);
    if (number === undefined) throw usageError("this probe is not among those of the instrumented module");
    return number;
  }

  #guard(probe: Attachable): WebAssembly.Global {
    const guard = this.#guards.get(this.#number(probe));
    if (!guard) throw usageError("only a probe that attachable() made can be attached and detached");
    return guard;
  }

  count(probe: CountProbe): bigint {
    const global = this.#counts.get(this.#number(probe));
    if (!global) throw usageError("only a count probe has a count");
    return BigInt.asUintN(64, global.value as bigint);
  }

  attach(probe: Attachable): void {
    this.#guard(probe).value = 1;
  }

  detach(probe: Attachable): void {
    this.#guard(probe).value = 0;
  }

  isAttached(probe: Probe): boolean {
    const guard = this.#guards.get(this.#number(probe));
    return guard === undefined || guard.value === 1;
  }

  call<T>(guest: () => T): T {
    const depth = this.#link.value as number;
    try {
      return guest();
    } finally {
      this.#link.value = depth;
    }
  }
}
