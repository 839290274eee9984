/**
 * Module + probes → plan: the code of every event, with a shadow stack where a frame's depth or callers are asked for,
 * and locals that keep what lies on the operand stack below a block, where a frame's operands are. Whatever the host
 * reads or sets while the guest runs is a global that it makes; probes that are not there leave no byte.
 */
import { usageError } from "../../base/diagnostics.ts";
import { opcodes } from "../../wasm/opcodes.ts";
import { OperandStack } from "../../wasm/stack.ts";
import { I32, I64, type Module, typeName, type ValType } from "../../wasm/types.ts";
import { type CodeWalk, codeOf, codeStart } from "../../wasm/walk.ts";
import type { Action, Hook } from "../action.ts";
import type { AddedGlobal } from "../additions.ts";
import { Control, Flow, flowOf, opensBlock } from "../control.ts";
import { Labels } from "../labels.ts";
import type { FunctionProbes, Plan, SiteProbe } from "../plan.ts";
import { crossing } from "./crossing.ts";
import { eventCode, type Firing } from "./event-code.ts";
import { type Found, FrameValues, keep, type Layout, operandOf } from "./frame-values.ts";
import { nowhere, type Placed, placesOf } from "./places.ts";
import { type Frame, isAttachable, type Probe, type Reads } from "./probe.ts";
import { call, enter, leave, noteHook, type ShadowStack } from "./shadow-stack.ts";

/** A place that the host knows by number: of a frame, or of a call. */
export type Location = Pick<Frame, "function" | "pc" | "event">;

/** What the host must make and hand over, and what it is told by number. */
export interface Wiring {
  /** Module that everything is imported from. */
  readonly module: string;
  /** Imported functions, each with the number of its probe. */
  readonly hooks: readonly { readonly name: string; readonly probe: number }[];
  readonly locations: readonly Location[];
  /** By number of the location. */
  readonly layouts: ReadonlyMap<number, Layout>;
  readonly hasShadow: boolean;
  readonly hasCallers: boolean;
}

export interface PlannedCallbacks {
  readonly plan: Plan;
  readonly wiring: Wiring;
}

/** Names of the globals that the host makes. */
export const globalNames = {
  count: (probe: number) => `count ${probe}`,
  guard: (probe: number) => `guard ${probe}`,
  link: "link",
};

/** The most parameters that engines allow a function to have. */
const mostGiven = 1000;

/** @throws Diagnostic (usage) where a probe cannot stand where it is to. */
export function planCallbacks(module: Module, probes: readonly Probe[]): PlannedCallbacks {
  return new CallbackPlanner(module, probes).plan();
}

class CallbackPlanner {
  readonly #module: Module;
  readonly #probes: readonly Probe[];
  readonly #importsFrom: string;
  readonly #places: ReadonlyMap<number, Placed>;
  readonly #globals: AddedGlobal[] = [];
  readonly #counts: readonly number[];
  readonly #guards: readonly (number | null)[];
  readonly #hooks: Hook[] = [];
  readonly #wired: { name: string; probe: number }[] = [];
  readonly #hookNumbers = new Map<string, number>();
  readonly #shadow: ShadowStack | null;
  readonly #locations: Location[] = [];
  readonly #layouts = new Map<number, Layout>();
  readonly #values: FrameValues;
  /** Actions of events that only count, by the numbers of their probes. */
  readonly #counting = new Map<string, readonly SiteProbe[]>();

  constructor(module: Module, probes: readonly Probe[]) {
    if (new Set(probes).size < probes.length) throw usageError("a probe is listed twice");
    this.#module = module;
    this.#probes = probes;
    this.#values = new FrameValues(module);
    const taken = new Set(module.imports.map((one) => one.module));
    let name = "javy_prof_probe";
    for (let n = 2; taken.has(name); n++) name = `javy_prof_probe${n}`;
    this.#importsFrom = name;
    this.#places = placesOf(module, probes);
    this.#counts = probes.map(({ kind }, n) =>
      kind === "count" ? this.#global(I64, globalNames.count(n)) : -1,
    );
    this.#guards = probes.map((probe, n) =>
      isAttachable(probe) ? this.#global(I32, globalNames.guard(n)) : null,
    );
    const hasCallers = probes.some(reading("callers"));
    if (hasCallers) this.#hooks.push(noteHook(name));
    this.#shadow =
      hasCallers || probes.some(reading("depth"))
        ? { link: this.#global(I32, globalNames.link), note: hasCallers ? 0 : null }
        : null;
  }

  #global(type: ValType, name: string): number {
    const from = { module: this.#importsFrom, name };
    return this.#globals.push({ type, mutable: true, import: from }) - 1;
  }

  plan(): PlannedCallbacks {
    const { importedFunctions, bodies } = this.#module;
    const functions = new Map<number, FunctionProbes>();
    bodies.forEach((_, n) => {
      const index = importedFunctions + n;
      const placed = this.#places.get(index);
      if (this.#shadow || placed) functions.set(index, this.#function(index, placed ?? nowhere()));
    });
    return {
      plan: { hooks: this.#hooks, functions, added: { globals: this.#globals } },
      wiring: {
        ...{ module: this.#importsFrom, hooks: this.#wired },
        ...{ locations: this.#locations, layouts: this.#layouts },
        hasShadow: this.#shadow !== null,
        hasCallers: this.#shadow?.note === 0,
      },
    };
  }

  #function(index: number, placed: Placed): FunctionProbes {
    const shadow = this.#shadow;
    const sites = new Map<number, readonly SiteProbe[]>();
    const code = codeOf(this.#module, index);
    const stack = new OperandStack(this.#module, index);
    const control = new Control(code.at, new Labels());
    const keeps = this.#asksOperands(placed);
    const all = [...placed.entry, ...placed.exit, ...placed.everywhere, ...[...placed.sites.values()].flat()];
    let links = !this.#onlyCount(all);
    while (control.frames.length > 0 && code.advance()) {
      const { at, row } = code;
      const numbers = merged(placed.everywhere, placed.sites.get(at));
      const calls = shadow !== null && flowOf[row] === Flow.call;
      const opens = keeps && opensBlock(flowOf[row]!);
      if (!control.reachable) {
        stack.step(code);
      } else if (this.#onlyCount(numbers) && !calls && !opens) {
        stack.step(code);
        if (numbers.length > 0) sites.set(at, this.#counted(numbers));
      } else {
        const found = foundAt(index, code, stack);
        const actions = this.#actions(numbers, found, opens, calls);
        if (actions.length > 0) sites.set(at, before(actions));
        links ||= calls;
      }
      control.step(code);
    }
    const entry = this.#outer(placed.entry, index, "entry");
    const exit = this.#outer(placed.exit, index, "exit");
    if (!shadow || !links) return { entry, exit, sites };
    return { entry: [enter(shadow), ...entry], exit: [...exit, leave(shadow)], sites };
  }

  readonly #onlyCount = (numbers: readonly number[]): boolean =>
    numbers.every((n) => this.#probes[n]!.kind === "count");

  /** What stands before an instruction: the event, then what is done for later ones. */
  #actions(numbers: readonly number[], found: Found, opens: boolean, calls: boolean): Action[] {
    const number = this.#numbered(found);
    const actions: Action[] = [];
    if (numbers.length > 0) actions.push(this.#event(numbers, found, number));
    if (opens && found.reached.length > found.operands) actions.push(keep(found));
    if (calls) actions.push(call(this.#shadow!, number()));
    return actions;
  }

  /** Events that only count are the same wherever they are. */
  #counted(numbers: readonly number[]): readonly SiteProbe[] {
    const key = numbers.join();
    const known = this.#counting.get(key);
    if (known) return known;
    const firings = numbers.map((n) => ({ guard: this.#guards[n]!, count: this.#counts[n]! }));
    const made = before([eventCode(firings, null)]);
    this.#counting.set(key, made);
    return made;
  }

  /** The event at a function's entry or exit, if there is one. */
  #outer(numbers: readonly number[], index: number, event: "entry" | "exit"): Action[] {
    if (numbers.length === 0) return [];
    const found: Found = {
      ...{ function: index, offset: null, event, reached: [], below: [] },
      ...{ name: event, operands: 0 },
    };
    return [this.#event(numbers, found, this.#numbered(found))];
  }

  /** Whether a frame with its operands is asked for at an instruction. */
  #asksOperands({ everywhere, sites }: Placed): boolean {
    const numbers = [everywhere, ...sites.values()].flat();
    return numbers.map((n) => this.#probes[n]!).some(reading("operands"));
  }

  /** Gives a place its number when it is first asked for. */
  #numbered({ function: index, offset, event }: Found): () => number {
    let number: number | undefined;
    return () => {
      const pc = offset === null ? null : offset - codeStart(this.#module, index);
      number ??= this.#locations.push({ function: index, pc, event }) - 1;
      return number;
    };
  }

  #event(numbers: readonly number[], found: Found, number: () => number): Action {
    const calls = !this.#onlyCount(numbers);
    const origin = this.#shadow && calls ? { shadow: this.#shadow, number: number() } : null;
    return eventCode(
      numbers.map((n) => this.#firing(n, found, number)),
      origin,
    );
  }

  #firing(n: number, found: Found, number: () => number): Firing {
    const probe = this.#probes[n]!;
    const guard = this.#guards[n]!;
    if (probe.kind === "count") return { guard, count: this.#counts[n]! };
    const given =
      probe.kind === "operand" ? [operandOf(probe, found)] : this.#values.given(probe, found, number());
    if (probe.kind === "frame" && !this.#layouts.has(number()))
      this.#layouts.set(number(), this.#values.layout(found));
    const params = given.flatMap((one) => crossing(one.type));
    if (params.length > mostGiven)
      throw usageError(
        `a frame probe in function ${found.function} would be given ${params.length} values`,
        `a function has ${mostGiven} parameters at most`,
      );
    return { guard, hook: this.#hook(n, params), given };
  }

  /** One hook for each probe and list of parameters. */
  #hook(probe: number, params: readonly ValType[]): number {
    const key = `${probe}:${params.join()}`;
    const known = this.#hookNumbers.get(key);
    if (known !== undefined) return known;
    const name = `probe ${probe} (${params.map(typeName).join(" ")})`;
    this.#wired.push({ name, probe });
    const number = this.#hooks.push({ module: this.#importsFrom, name, params }) - 1;
    this.#hookNumbers.set(key, number);
    return number;
  }
}

/** Whether a probe is one of frames that asks to see this. */
const reading =
  (what: Reads) =>
  (probe: Probe): boolean =>
    probe.kind === "frame" && probe.reads.includes(what);

const before = (actions: readonly Action[]): readonly SiteProbe[] =>
  actions.map((action) => ({ ...action, when: "before" }));

/** The instruction at which the walk is, of function `index`; steps over it. */
function foundAt(index: number, code: CodeWalk, stack: OperandStack): Found {
  const inBlock = stack.types.slice(stack.floor).reverse();
  const below = stack.types.slice(0, stack.floor);
  stack.step(code);
  const operands = stack.operands.length;
  return {
    ...{ function: index, offset: code.at, event: "instruction" },
    // as the instruction takes them, which of references may be less than what lies there
    reached: [...[...stack.operands].reverse(), ...inBlock.slice(operands)],
    ...{ below, name: opcodes[code.row]!.name, operands },
  };
}

/** Both lists ascending, each number once. */
function merged(everywhere: readonly number[], single: readonly number[] | undefined): readonly number[] {
  if (!single) return everywhere;
  return [...new Set([...everywhere, ...single])].sort((a, b) => a - b);
}
