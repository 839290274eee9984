/**
 * A module that holds QuickJS, or may: a plugin, or a program with its engine in it. What is known of the engine is
 * found on demand, once: its interpreter, the releases that it may be, its native functions. Of the embedded engine it
 * was found when the package was built, and the module is not even decoded.
 */
import { Diagnostic, unsupported } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { type Dispatch, findDispatch } from "../quickjs/dispatch.ts";
import { identifyEngines } from "../quickjs/engines/identify.ts";
import { type EngineVersion, engineById, versions } from "../quickjs/engines/versions.ts";
import { type CalledBuiltins, calledBuiltins } from "../quickjs/natives/called-builtins.ts";
import { findGateways, type Gateways } from "../quickjs/natives/gateways.ts";
import {
  findAllocators,
  findHeap,
  type NativeName,
  nameNatives,
  scriptNames,
} from "../quickjs/natives/natives.ts";
import { functionNames } from "../wasm/names.ts";
import type { Module } from "../wasm/types.ts";
import { madeBy } from "./made-by.ts";

/** What is known of an engine beforehand. */
export interface KnownEngine {
  readonly dispatch: Dispatch;
  /** Ids of the releases that it may be, likeliest first. */
  readonly engines: readonly string[];
  /** What builtins are called; null where calls of builtins cannot be told. */
  readonly builtins: CalledBuiltins | null;
  /** JavaScript that it begins with, by address. */
  readonly scripts: readonly (readonly [address: number, name: string])[];
}

export class EngineModule {
  readonly #module: Kept<Module>;
  readonly #names: Kept<ReadonlyMap<number, string>>;
  readonly #known: KnownEngine | null;
  /** The interpreter; its problem says what was found instead. */
  readonly dispatch: Kept<Dispatch>;
  /** Builtins and engine functions by absolute function index. */
  readonly natives: Kept<ReadonlyMap<number, NativeName>>;
  /** Where it calls builtins and jobs. */
  readonly gateways: Kept<Gateways>;
  /** What builtins are called; null where calls of builtins cannot be told. */
  readonly builtinNames: Kept<CalledBuiltins | null>;
  /** JavaScript that it begins with: the address of its bytecode, and what it is called. */
  readonly scripts: Kept<KnownEngine["scripts"]>;
  readonly #allocators: Kept<readonly number[]>;
  readonly #builtins: Kept<ReturnType<typeof calledBuiltins>>;
  /** The releases that it may be, by the first byte of the program that it is to run; -1 for none. */
  readonly #engines = new Map<number, Kept<readonly EngineVersion[]>>();

  /** `interpreter`: the function index of the interpreter, where it cannot be found (--dispatch-function). */
  constructor(module: Kept<Module>, interpreter?: number, known: KnownEngine | null = null) {
    this.#module = module;
    this.#known = known;
    this.#names = new Kept(() => functionNames(module.value));
    this.dispatch = new Kept(() => known?.dispatch ?? dispatchIn(module.value, interpreter));
    const heap = new Kept(() => findHeap(module.value, this.likelyEngines()));
    this.natives = new Kept(() => nameNatives(module.value, this.dispatch.value, heap.value));
    this.gateways = new Kept(() => findGateways(module.value, this.likelyEngines()));
    this.#allocators = new Kept(() => findAllocators(module.value, heap.value));
    this.#builtins = new Kept(() => calledBuiltins(module.value, heap.value));
    this.scripts = new Kept(() => known?.scripts ?? scriptNames(heap.value));
    this.builtinNames = new Kept(() =>
      known ? known.builtins : this.gateways.value.builtins && this.#builtins.value.names,
    );
  }

  get module(): Module {
    return this.#module.value;
  }

  /** Absolute function indices of the embedder's own natives, in the order of their names. */
  get embeddedBuiltins(): readonly number[] {
    return this.#builtins.value.embedded;
  }

  /** Functions that it allocates with: [calloc,] malloc, free, realloc and what tells a block's size; none where unknown. */
  get allocators(): readonly number[] {
    return this.#allocators.value;
  }

  /** Function names of its name section, by absolute index. */
  get names(): ReadonlyMap<number, string> {
    return this.#names.value;
  }

  /** The releases that it may be, likeliest first. `payload`: the serialized program that it is to run, or null. */
  engines(payload: Uint8Array | null): Kept<readonly EngineVersion[]> {
    const version = payload?.[0] ?? -1;
    const kept = this.#engines.get(version) ?? new Kept(() => this.#identify(version));
    this.#engines.set(version, kept);
    return kept;
  }

  #identify(version: number): readonly EngineVersion[] {
    const known = (this.#known?.engines ?? []).map(engineById);
    const fitting = known.filter((engine) => version < 0 || engine.version === version);
    if (fitting.length > 0) return fitting;
    return identifyEngines(this.module, this.dispatch.value, version < 0 ? null : version);
  }

  /** The releases that it may be, as far as it tells; all, where it tells of none that is known. */
  likelyEngines(): readonly EngineVersion[] {
    return this.engines(null).found ?? versions;
  }
}

/** The interpreter. @throws Diagnostic (unsupported) where there is none, with what the module is instead. */
function dispatchIn(module: Module, interpreter: number | undefined): Dispatch {
  try {
    return findDispatch(module, interpreter);
  } catch (error) {
    if (!(error instanceof Diagnostic) || interpreter !== undefined) throw error;
    const made = madeBy(module);
    if (!made) throw error;
    if (made.mayHold)
      throw unsupported(error.message, ...error.details, `it is ${made.what}`, ...made.advice.slice(1));
    throw unsupported(`there is no QuickJS in this module: it is ${made.what}`, ...made.advice);
  }
}
