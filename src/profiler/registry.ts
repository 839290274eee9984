/**
 * Which JavaScript function an activation runs. An address means a function only until code is freed and made
 * again, so: the tree of a program's functions is read from memory at the first dispatch of its root, when all of it
 * is alive, and tied to the payload by shape and content; an address seen again after code was made anew is
 * compared with what was recorded, fields and bytes, before it is believed.
 * Functions made at run time (eval, new Function) are identified by content: the same code made twice is one function.
 * What was in memory before the run (a pre-initialised module's program, the engine's own JavaScript) is read with
 * the function around it, where that still lives, since names stand there.
 *
 * Of several engines that the module may hold, the first whose layout the first activation checks out with is it;
 * where none does, functions are addresses and nothing more is read.
 */
import { Diagnostic, unsupported } from "../base/diagnostics.ts";
import type { CompiledSource } from "../javy/compile.ts";
import { plainCode } from "../quickjs/bytecode/caches.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { isModuleRoot } from "../quickjs/bytecode/module-root.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { type Carried, carryDebug } from "../quickjs/carry.ts";
import { type EngineVersion, unknownEngine } from "../quickjs/engines/versions.ts";
import type { GuestMemory } from "../quickjs/memory/checked-view.ts";
import { type FunctionFields, functionFields, functionOfActivation } from "../quickjs/memory/functions.ts";
import { liveRoots } from "../quickjs/memory/live-functions.ts";
import { contentKey, identify, readUnitAt } from "../quickjs/memory/loaded-unit.ts";
import { codeAround, namelessFunction } from "../quickjs/memory/unknown-code.ts";

/** A function as the profile counts it: id = index in the registry's `functions`. */
export interface SeenFunction {
  readonly unit: number;
  /** Index in the unit. */
  readonly index: number;
  readonly function: BytecodeFunction;
}

/** What engines call the program that eval was given. */
const evaluatedName = "<eval>";

interface KnownAddress {
  readonly unit: number;
  readonly index: number;
  readonly fields: FunctionFields;
  /** The code as it lies in memory, inline caches aside. */
  readonly code: Uint8Array;
}

export interface RegistryListener {
  /** A function is about to run for the first time. */
  readonly runs: (
    id: number,
    made: BytecodeFunction,
    flags: { readonly suspends: boolean; readonly hoists: boolean },
  ) => void;
  /** A program known already was loaded once more. */
  readonly loadedAgain: (rootId: number) => void;
  /** The program that eval was given, as a unit, is about to run for the first time. */
  readonly evaluates?: (unit: number) => void;
}

export class FunctionRegistry {
  readonly units: BytecodeUnit[] = [];
  readonly functions: SeenFunction[] = [];
  readonly #candidates: readonly EngineVersion[];
  #engine: EngineVersion | undefined;
  readonly #memory: GuestMemory;
  readonly #listener: RegistryListener;
  readonly #firstId: number;
  readonly #byAddress = new Map<number, KnownAddress>();
  /** With an unknown engine: the unit of the function whose code is at an address. */
  readonly #unitAt = new Map<number, number>();
  /** Ids of a unit's functions, by unit; -1 where not given yet. */
  readonly #idsOfUnit: number[][] = [];
  /** Ids of the functions that ran. */
  readonly #ran = new Set<number>();
  /** Units made at run time, by the content of their root. */
  readonly #unitByContent = new Map<string, number[]>();
  readonly #serialized: Uint8Array | null;
  readonly #compiled: CompiledSource | null;
  readonly #scripts: ReadonlyMap<number, string>;
  /** Names of functions that are the engine's own JavaScript, by unit and index. */
  readonly #scriptNames = new Map<string, string>();
  /** The program as it is loaded, where it could be read; unit 0 is the same, perhaps with lines from elsewhere. */
  #payload: BytecodeUnit | null = null;
  /** What was carried over to it. */
  carried: Carried | null = null;
  /** Of functions that were in memory before the first dispatch, the outermost function around them. */
  #rootOf: ReadonlyMap<number, number> = new Map();

  /**
   * `candidates`: engines that the module may hold; `payload`: the serialized program, where it is known;
   * `firstId`: ids below belong to somebody else (native functions); `compiled`: what to take its lines from;
   * `scripts`: names of JavaScript that the engine begins with, by the address of its bytecode.
   */
  constructor(
    candidates: readonly EngineVersion[],
    payload: Uint8Array | null,
    memory: GuestMemory,
    firstId: number,
    listener: RegistryListener,
    compiled: CompiledSource | null = null,
    scripts: readonly (readonly [address: number, name: string])[] = [],
  ) {
    this.#candidates = candidates;
    this.#serialized = payload;
    this.#memory = memory;
    this.#listener = listener;
    this.#firstId = firstId;
    this.#compiled = compiled;
    this.#scripts = new Map(scripts);
  }

  /** The engine, once JavaScript has run. */
  get engine(): EngineVersion | undefined {
    return this.#engine;
  }

  /** Settles which engine it is, and what is there before the first opcode runs. */
  #start(pc: number, funcObj: bigint): EngineVersion {
    const fits = (engine: EngineVersion) => {
      const activation = functionOfActivation(this.#memory, engine.memory, funcObj, pc);
      return activation !== null && readUnitAt(this.#memory, engine, activation.bytecode) !== null;
    };
    const engine = this.#candidates.find(fits) ?? unknownEngine;
    this.#engine = engine;
    if (engine === unknownEngine) return engine;
    this.#payload = this.#serialized && readable(this.#serialized, engine);
    if (this.#payload) this.#addUnit(this.#withLines(this.#payload, engine));
    const { bytecode } = functionOfActivation(this.#memory, engine.memory, funcObj, pc)!;
    this.#rootOf = liveRoots(this.#memory, engine, bytecode);
    return engine;
  }

  #withLines(payload: BytecodeUnit, engine: EngineVersion): BytecodeUnit {
    if (!this.#compiled?.engines.includes(engine.id)) return payload;
    const source = readable(this.#compiled.bytecode, engine);
    if (source) this.carried = carryDebug(payload, source);
    return this.carried?.unit ?? payload;
  }

  /**
   * The function that an activation runs, from JS_CallInternal's func_obj and the address of the first opcode.
   * @throws Diagnostic (unsupported) where memory does not look like the engine's: a cost is never given to a guess.
   */
  resolve(pc: number, funcObj: bigint): { readonly id: number; readonly code: number } {
    const engine = this.#engine ?? this.#start(pc, funcObj);
    if (engine === unknownEngine) return this.#byPlace(pc);
    const activation = functionOfActivation(this.#memory, engine.memory, funcObj, pc);
    if (!activation) {
      throw strangeMemory(`the function whose code is at 0x${pc.toString(16)} cannot be read`, engine);
    }
    const { fields, bytecode } = activation;
    let known = this.#byAddress.get(bytecode);
    const isSame =
      known && sameFields(known.fields, fields) && sameBytes(known.code, this.#codeOf(fields, engine));
    // the same program may make other functions, which is all that constructors of functions do
    if (!known || !isSame || this.#isEvaluated(known)) {
      this.#load(bytecode, engine);
      known = this.#byAddress.get(bytecode)!;
    }
    return { id: this.#running(known.unit, known.index), code: fields.code };
  }

  /** Whether it is what eval was given, as a whole. */
  #isEvaluated({ unit, index }: Pick<KnownAddress, "unit" | "index">): boolean {
    const made = this.units[unit]!.functions[0]!;
    // the root of a module is called the same
    return index === 0 && made.name === evaluatedName && !isModuleRoot(this.units[unit]!, made);
  }

  /** A function of an engine whose memory nobody can read: known by where its code is, and what it is. */
  #byPlace(pc: number): { readonly id: number; readonly code: number } {
    const range = codeAround(this.#memory, pc);
    if (!range) throw strangeMemory(`no function was found around the code at 0x${pc.toString(16)}`, null);
    const { start, length } = range;
    const code = this.#memory.bytes.subarray(start, start + length);
    const seen = this.#unitAt.get(start);
    if (seen !== undefined && sameBytes(this.units[seen]!.functions[0]!.code, code))
      return { id: this.#running(seen, 0), code: start };
    const made = namelessFunction(this.units.length, start, code.slice());
    const unit = this.#addUnit({ engine: unknownEngine.id, module: null, functions: [made] });
    this.#unitAt.set(start, unit);
    return { id: this.#running(unit, 0), code: start };
  }

  /** Whether a function is the root of a module. */
  isRoot(id: number): boolean {
    const { unit, function: made } = this.at(id);
    return isModuleRoot(this.units[unit]!, made);
  }

  /** What a function of the engine's own JavaScript is called; undefined for all others. */
  scriptName({ unit, index }: Pick<SeenFunction, "unit" | "index">): string | undefined {
    return this.#scriptNames.get(`${unit} ${index}`);
  }

  /** The seen function with this id. */
  at(id: number): SeenFunction {
    return this.functions[id - this.#firstId]!;
  }

  #codeOf({ code, codeLength }: FunctionFields, engine: EngineVersion): Uint8Array {
    return plainCode(this.#memory.bytes.subarray(code, code + codeLength), engine);
  }

  #addUnit(unit: BytecodeUnit): number {
    const index = this.units.push(unit) - 1;
    this.#idsOfUnit.push(unit.functions.map(() => -1));
    return index;
  }

  /** Reads the program that the function at `address` belongs to and ties every address in it to a function. */
  #load(address: number, engine: EngineVersion): void {
    const root = this.#rootOf.get(address) ?? address;
    // what was around it may be gone by now: then it is read for itself
    const around = root === address ? null : readUnitAt(this.#memory, engine, root);
    const loaded = around?.addresses.includes(address) ? around : readUnitAt(this.#memory, engine, address);
    if (!loaded) throw strangeMemory(`the function at 0x${address.toString(16)} cannot be read`, engine);
    const isPayload = this.#payload !== null && identify(this.#payload, loaded.unit);
    const known = this.units.length;
    const unit = isPayload ? 0 : this.#runtimeUnit(loaded.unit);
    const isNew = this.units.length > known && loaded.addresses[0] === address;
    if (isNew && this.#isEvaluated({ unit, index: 0 })) this.#listener.evaluates?.(unit);
    const again = isPayload && this.#idsOfUnit[0]![0] !== -1;
    loaded.addresses.forEach((address, index) => {
      const fields = functionFields(this.#memory, engine.memory, address)!;
      this.#byAddress.set(address, { unit, index, fields, code: this.#codeOf(fields, engine).slice() });
      // what was there before the program, and is none of it
      const script = !isPayload && this.#rootOf.has(address) ? this.#scripts.get(address) : undefined;
      if (script !== undefined) this.#scriptNames.set(`${unit} ${index}`, script);
      // all of the program is shown, of other code what runs
      if (isPayload) this.#id(unit, index);
    });
    if (again) this.#listener.loadedAgain(this.#idsOfUnit[0]![0]!);
  }

  /** The unit of code made at run time: an earlier one of the same content, or a new one. */
  #runtimeUnit(unit: BytecodeUnit): number {
    const key = contentKey(unit);
    const candidates = this.#unitByContent.get(key) ?? [];
    const same = candidates.find((candidate) => identify(this.units[candidate]!, unit));
    if (same !== undefined) return same;
    const index = this.#addUnit(unit);
    candidates.push(index);
    this.#unitByContent.set(key, candidates);
    return index;
  }

  #id(unit: number, index: number): number {
    const ids = this.#idsOfUnit[unit]!;
    if (ids[index] === -1) {
      const made = this.units[unit]!.functions[index]!;
      ids[index] = this.#firstId + this.functions.push({ unit, index, function: made }) - 1;
    }
    return ids[index]!;
  }

  /** The id of a function that is about to run. */
  #running(unit: number, index: number): number {
    const id = this.#id(unit, index);
    if (this.#ran.has(id)) return id;
    this.#ran.add(id);
    const { function: made } = this.at(id);
    const hoists = index === 0 && isModuleRoot(this.units[unit]!, made);
    this.#listener.runs(id, made, { suspends: made.kind !== "normal", hoists });
    return id;
  }
}

/** What the guest's memory holds is the guest's doing: damaged code can make anything of it, and so can other engines. */
function strangeMemory(found: string, engine: EngineVersion | null): Diagnostic {
  return unsupported(
    `the engine's memory does not look like ${engine ? `that of ${engine.engine} ${engine.releases}` : "QuickJS's"}`,
    `found: ${found}`,
    "the module is damaged, or its QuickJS was changed; --frames wasm profiles any WASI module by its own functions",
    "if it is neither, this is a bug in javy-prof: please report it with the module",
  );
}

/** The payload as a unit; null where it cannot be read: its functions are then read from memory like any other. */
function readable(payload: Uint8Array, engine: EngineVersion): BytecodeUnit | null {
  try {
    return readUnit(payload, 0, engine);
  } catch (error) {
    if (error instanceof Diagnostic) return null;
    throw error;
  }
}

function sameFields(a: FunctionFields, b: FunctionFields): boolean {
  return (Object.keys(a) as (keyof FunctionFields)[]).every((key) => a[key] === b[key]);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
