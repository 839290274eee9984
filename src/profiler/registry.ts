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
import type { CompiledSource, Recompiled } from "../javy/compile.ts";
import { plainCode } from "../quickjs/bytecode/caches.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { isModuleRoot } from "../quickjs/bytecode/module-root.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { type CarriedDebug, debugBeside } from "../quickjs/carried-debug.ts";
import { type Carried, carryDebug } from "../quickjs/carry.ts";
import { carryPositions } from "../quickjs/carry-positions.ts";
import { type EngineVersion, unknownEngine, withPositions } from "../quickjs/engines/versions.ts";
import { Glance, type GuestMemory } from "../quickjs/memory/checked-view.ts";
import {
  type FunctionFields,
  functionFields,
  functionOfActivation,
  resumedAt,
} from "../quickjs/memory/functions.ts";
import { liveRoots } from "../quickjs/memory/live-functions.ts";
import {
  addressesOf,
  checksOutAt,
  contentKey,
  hasAtomsAt,
  identify,
  readUnitAt,
} from "../quickjs/memory/loaded-unit.ts";
import { classOf, leavingException, runningFunction, type Thrower } from "../quickjs/memory/thrown.ts";
import { codeAround, namelessFunction } from "../quickjs/memory/unknown-code.ts";
import { KnownAddresses, type UnitPlace } from "./known-addresses.ts";

/** A function as the profile counts it: id = index in the registry's `functions`. */
export interface SeenFunction {
  readonly unit: number;
  /** Index in the unit. */
  readonly index: number;
  readonly function: BytecodeFunction;
}

/** What engines call the program that eval was given. */
const evaluatedName = "<eval>";

export interface RegistryListener {
  /** A function is about to run for the first time. */
  readonly runs: (
    id: number,
    made: BytecodeFunction,
    flags: { readonly suspends: boolean; readonly hoists: boolean },
  ) => void;
  /** From now on functions that are new are not told apart: they all are this one. */
  readonly rest: (id: number) => void;
  /** A program known already was loaded once more. */
  readonly loadedAgain: (rootId: number) => void;
  /** The program that eval was given, as a unit, is about to run for the first time. */
  readonly evaluates?: (unit: number) => void;
}

/** What is known beforehand. Undefined is as if it were left out. */
export interface RegistryOptions {
  /** Engines that the module may hold, likeliest first. */
  readonly candidates: readonly EngineVersion[];
  /** The serialized program; null where it is not known. */
  readonly payload: Uint8Array | null;
  /** What to take its lines from; default: its own are all there is. */
  readonly recompiled?: Recompiled | undefined;
  /** Ids below belong to somebody else (native functions); default 0. */
  readonly firstId?: number | undefined;
  /** How many functions that run are told apart; default: all. */
  readonly most?: number | undefined;
  /** Names of JavaScript that the engine begins with, by the address of its bytecode; default: none. */
  readonly scripts?: readonly (readonly [address: number, name: string])[] | undefined;
}

export class FunctionRegistry {
  readonly units: BytecodeUnit[] = [];
  readonly functions: SeenFunction[] = [];
  readonly #candidates: readonly EngineVersion[];
  #engine: EngineVersion | undefined;
  readonly #memory: GuestMemory;
  readonly #listener: RegistryListener;
  readonly #firstId: number;
  /** By address of a function; the code as it lies in memory, inline caches aside. */
  readonly #byAddress = new KnownAddresses();
  /** With an unknown engine: the unit of the function whose code is at an address. */
  readonly #unitAt = new Map<number, number>();
  /** Ids of a unit's functions, by unit; -1 where not given yet. */
  readonly #idsOfUnit: number[][] = [];
  /** Ids of the functions that ran. */
  readonly #ran = new Set<number>();
  readonly #most: number;
  /** Ids of the functions that ran when there were too many, and of the one that stands for them. */
  readonly #past = new Set<number>();
  #rest: number | null = null;
  /** Units made at run time, by the content of their root. */
  readonly #unitByContent = new Map<string, number[]>();
  readonly #serialized: Uint8Array | null;
  readonly #recompiled: Recompiled;
  readonly #scripts: ReadonlyMap<number, string>;
  /** Names of functions that are the engine's own JavaScript, by unit and index. */
  readonly #scriptNames = new Map<string, string>();
  /** The program as it is loaded, where it could be read; unit 0 is the same, perhaps with lines from elsewhere. */
  #payload: BytecodeUnit | null = null;
  /** Addresses of its functions where the first activation is its root, until they are tied; then null. */
  #begun: { readonly address: number; readonly program: readonly number[] } | null = null;
  /** The JSContext in which JavaScript ran first; 0 before that, and where the runtime is not laid out as it should be. */
  #context = 0;
  /** What was carried over to it. */
  carried: Carried | null = null;
  /** Of functions that were in memory before the first dispatch, the outermost function around them. */
  #rootOf: ReadonlyMap<number, number> = new Map();

  constructor(memory: GuestMemory, listener: RegistryListener, options: RegistryOptions) {
    this.#memory = memory;
    this.#listener = listener;
    this.#candidates = options.candidates;
    this.#serialized = options.payload;
    this.#recompiled = options.recompiled ?? { compiled: null, positions: null };
    this.#firstId = options.firstId ?? 0;
    this.#most = options.most ?? Number.POSITIVE_INFINITY;
    this.#scripts = new Map(options.scripts);
  }

  /** The engine, once JavaScript has run. */
  get engine(): EngineVersion | undefined {
    return this.#engine;
  }

  /** The class of the error that is about to be reported, null where that is not known. */
  get thrownClass(): string | null {
    const { thrower } = this;
    const at = thrower && leavingException(thrower);
    return at === null ? null : classOf(thrower!, at);
  }

  /** Where what is thrown is looked for; null as long as that is not known. */
  get thrower(): Thrower | null {
    const engine = this.#engine;
    if (this.#context === 0 || !engine) return null;
    return { memory: this.#memory, engine, context: this.#context };
  }

  /** The address in the code where a suspended activation was to go on, by `func_obj`; null where it is none. */
  resumedAt(funcObj: bigint): number | null {
    const engine = this.#engine;
    if (!engine || engine === unknownEngine) return null;
    return resumedAt(this.#memory, engine.memory, funcObj);
  }

  /** Settles which engine it is, and what is there before the first opcode runs. */
  #start(pc: number, funcObj: bigint): EngineVersion {
    const fits = (engine: EngineVersion) => {
      const activation = functionOfActivation(this.#memory, engine.memory, funcObj, pc);
      const address = activation?.bytecode ?? 0;
      if (!hasAtomsAt(this.#memory, engine, address)) return [];
      const payload = this.#serialized && readable(this.#serialized, engine);
      const program = payload && addressesOf(this.#memory, engine, address, payload);
      if (!program && !checksOutAt(this.#memory, engine, address)) return [];
      return [{ engine, payload, begun: program && { address, program } }];
    };
    const runs = (engine: EngineVersion) => {
      const { bytecode, fields } = functionOfActivation(this.#memory, engine.memory, funcObj, pc)!;
      return runningFunction({ memory: this.#memory, engine, context: fields.realm }) === bytecode;
    };
    const fitting = this.#candidates.flatMap(fits);
    const whole = fitting.find((fit) => runs(fit.engine));
    const found = whole ?? fitting[0];
    const engine = found?.engine ?? unknownEngine;
    this.#engine = engine;
    if (!found || engine === unknownEngine) return engine;
    this.#payload = found.payload;
    this.#begun = found.begun;
    if (this.#payload) this.#addUnit(this.#withLines(this.#payload, engine));
    const { bytecode, fields } = functionOfActivation(this.#memory, engine.memory, funcObj, pc)!;
    if (whole) this.#context = fields.realm;
    this.#rootOf = liveRoots(this.#memory, engine, bytecode);
    return engine;
  }

  #withLines(payload: BytecodeUnit, engine: EngineVersion): BytecodeUnit {
    const { compiled, positions } = this.#recompiled;
    const source = unitOf(compiled, engine);
    if (source) this.carried = carryDebug(payload, source);
    const lined = this.carried?.unit ?? payload;
    const fuller = unitOf(positions, engine, withPositions(engine));
    return fuller ? carryPositions(lined, fuller) : lined;
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
    let known: UnitPlace | null | undefined = this.#byAddress.find(
      bytecode,
      fields,
      this.#codeOf(fields, engine),
    );
    // the same program may make other functions, which is all that constructors of functions do
    if (!known || this.#isEvaluated(known)) known = this.#load(bytecode, engine);
    return { id: known ? this.#running(known.unit, known.index) : this.#restId(), code: fields.code };
  }

  /** Whether it is what eval was given, as a whole. */
  #isEvaluated({ unit, index }: UnitPlace): boolean {
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

  /** Of the serialized program's unit, what it has that was carried over to it; null of any other. */
  carriedTo(unit: BytecodeUnit): CarriedDebug | null {
    return this.#payload && unit === this.units[0] ? debugBeside(this.#payload, unit) : null;
  }

  /** Whether a function is the root of a module. */
  isRoot(id: number): boolean {
    const { unit, function: made } = this.at(id);
    return isModuleRoot(this.units[unit]!, made);
  }

  /** What a function of the engine's own JavaScript is called; undefined for all others. */
  scriptName({ unit, index }: UnitPlace): string | undefined {
    return this.#scriptNames.get(`${unit} ${index}`);
  }

  /** The seen function with this id. */
  at(id: number): SeenFunction {
    return this.functions[id - this.#firstId]!;
  }

  #codeOf({ code, codeLength }: FunctionFields, engine: EngineVersion, memory = this.#memory): Uint8Array {
    return plainCode(memory.bytes.subarray(code, code + codeLength), engine);
  }

  #addUnit(unit: BytecodeUnit): number {
    const index = this.units.push(unit) - 1;
    this.#idsOfUnit.push(unit.functions.map(() => -1));
    return index;
  }

  /**
   * Reads the program that the function at `address` belongs to and ties every address in it to a function. Null where
   * it is a new one, and functions are not told apart any more.
   */
  #load(address: number, engine: EngineVersion): UnitPlace | null {
    const begun = this.#begun?.address === address ? this.#begun.program : null;
    this.#begun = null;
    const program = begun ?? (this.#payload && addressesOf(this.#memory, engine, address, this.#payload));
    if (program) {
      const again = this.#idsOfUnit[0]![0] !== -1;
      const place = this.#tie(program, 0, address, engine);
      // all of the program is shown, of other code what runs
      for (let index = 0; index < program.length; index++) this.#id(0, index);
      if (again) this.#listener.loadedAgain(this.#idsOfUnit[0]![0]!);
      return place;
    }
    const root = this.#rootOf.get(address) ?? address;
    // what was around it may be gone by now: then it is read for itself
    const around = root === address ? null : readUnitAt(this.#memory, engine, root);
    const loaded = around?.addresses.includes(address) ? around : readUnitAt(this.#memory, engine, address);
    if (!loaded) throw strangeMemory(`the function at 0x${address.toString(16)} cannot be read`, engine);
    const units = this.units.length;
    const unit = this.#runtimeUnit(loaded.unit);
    if (unit === null) return null;
    const isNew = this.units.length > units && loaded.addresses[0] === address;
    if (isNew && this.#isEvaluated({ unit, index: 0 })) this.#listener.evaluates?.(unit);
    for (const [index, at] of loaded.addresses.entries()) {
      // what was there before the program, and is none of it
      const script = this.#rootOf.has(at) ? this.#scripts.get(at) : undefined;
      if (script !== undefined) this.#scriptNames.set(`${unit} ${index}`, script);
    }
    return this.#tie(loaded.addresses, unit, address, engine);
  }

  /** Keeps what stands at the addresses of a unit's functions. The place of the one at `address`. */
  #tie(addresses: readonly number[], unit: number, address: number, engine: EngineVersion): UnitPlace {
    let found: UnitPlace | undefined;
    const glance = new Glance(this.#memory);
    for (const [index, at] of addresses.entries()) {
      const fields = functionFields(glance, engine.memory, at)!;
      const place = { unit, index };
      this.#byAddress.set(at, place, fields, this.#codeOf(fields, engine, glance));
      if (at === address) found = place;
    }
    return found!;
  }

  /** The unit of code made at run time: an earlier one of the same content, or a new one; null where there are too many. */
  #runtimeUnit(unit: BytecodeUnit): number | null {
    const key = contentKey(unit);
    const candidates = this.#unitByContent.get(key) ?? [];
    const same = candidates.find((candidate) => identify(this.units[candidate]!, unit));
    if (same !== undefined) return same;
    if (this.#ran.size >= this.#most) return null;
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
    if (this.#ran.size >= this.#most) {
      this.#past.add(id);
      return this.#restId();
    }
    this.#ran.add(id);
    const { function: made } = this.at(id);
    const hoists = index === 0 && isModuleRoot(this.units[unit]!, made);
    this.#listener.runs(id, made, { suspends: made.kind !== "normal", hoists });
    return id;
  }

  /** The id of the function that stands for all that are not told apart. */
  #restId(): number {
    if (this.#rest === null) {
      this.#rest = this.#firstId + this.functions.push(noFunction) - 1;
      this.#past.add(this.#rest);
      this.#listener.rest(this.#rest);
    }
    return this.#rest;
  }

  /** Whether what a function cost is counted with all others that are not told apart. */
  isPast(id: number): boolean {
    return this.#past.has(id);
  }
}

const noFunction: SeenFunction = { unit: -1, index: -1, function: namelessFunction(0, 0, new Uint8Array()) };

/** What the guest's memory holds is the guest's doing: damaged code can make anything of it, and so can other engines. */
function strangeMemory(found: string, engine: EngineVersion | null): Diagnostic {
  return unsupported(
    `the engine's memory does not look like ${engine ? `that of ${engine.engine} ${engine.releases}` : "QuickJS's"}`,
    `found: ${found}`,
    "the module is damaged, or its QuickJS was changed; --frames wasm profiles any WASI module by its own functions",
    "if it is neither, this is a bug in javy-prof: please report it with the module",
  );
}

/** A source that was compiled anew, where this engine may have made it. */
function unitOf(source: CompiledSource | null, engine: EngineVersion, read = engine): BytecodeUnit | null {
  return source?.engines.includes(engine.id) ? readable(source.bytecode, read) : null;
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

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
