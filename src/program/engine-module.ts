/**
 * A module that holds QuickJS, or may: a plugin, or a program with its engine in it. What is known of the engine is
 * found on demand, once: its interpreter, the releases that it may be, its native functions.
 */
import { Kept } from "../base/kept.ts";
import { type Dispatch, findDispatch } from "../quickjs/dispatch.ts";
import { identifyEngines } from "../quickjs/engines/identify.ts";
import { type EngineVersion, versions } from "../quickjs/engines/versions.ts";
import { type NativeName, nameNatives } from "../quickjs/natives/natives.ts";
import { functionNames } from "../wasm/names.ts";
import type { Module } from "../wasm/types.ts";

export class EngineModule {
  readonly module: Module;
  /** Function names of its name section, by absolute index. */
  readonly names: ReadonlyMap<number, string>;
  /** The interpreter; its problem says what was found instead. */
  readonly dispatch: Kept<Dispatch>;
  /** Builtins and engine functions by absolute function index. */
  readonly natives: Kept<ReadonlyMap<number, NativeName>>;
  /** The releases that it may be, by the first byte of the program that it is to run; -1 for none. */
  readonly #engines = new Map<number, Kept<readonly EngineVersion[]>>();

  /** `interpreter`: the function index of the interpreter, where it cannot be found (--dispatch-function). */
  constructor(module: Module, interpreter?: number) {
    this.module = module;
    this.names = functionNames(module);
    this.dispatch = new Kept(() => findDispatch(module, interpreter));
    this.natives = new Kept(() => nameNatives(module, this.dispatch.value, this.likelyEngines()));
  }

  /** The releases that it may be, likeliest first. `payload`: the serialized program that it is to run, or null. */
  engines(payload: Uint8Array | null): Kept<readonly EngineVersion[]> {
    const version = payload?.[0] ?? -1;
    const known =
      this.#engines.get(version) ??
      new Kept(() => identifyEngines(this.module, this.dispatch.value, version < 0 ? null : version));
    this.#engines.set(version, known);
    return known;
  }

  /** The releases that it may be, as far as it tells; all, where it tells of none that is known. */
  likelyEngines(): readonly EngineVersion[] {
    return this.engines(null).found ?? versions;
  }
}
