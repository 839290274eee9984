/**
 * Which JavaScript function an activation runs. An address means a function only until code is freed and made
 * again, so: the tree of a program's functions is read from memory at the first dispatch of its root, when all of it
 * is alive, and tied to the payload by shape and content; an address seen again after code was made anew is
 * compared with what was recorded, fields and bytes, before it is believed.
 * Functions made at run time (eval, new Function) are identified by content: the same code made twice is one function.
 */
import { internalError } from "../base/diagnostics.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/function.ts";
import type { GuestMemory } from "../quickjs/guest.ts";
import { type FunctionFields, functionFields, functionOfActivation } from "../quickjs/memory.ts";
import { identify, readUnitAt } from "../quickjs/memory-unit.ts";
import type { EngineVersion } from "../quickjs/versions.ts";

/** A function as the profile counts it: id = index in the registry's `functions`. */
export interface SeenFunction {
  readonly unit: number;
  /** Index in the unit. */
  readonly index: number;
  readonly function: BytecodeFunction;
}

interface KnownAddress {
  readonly id: number;
  readonly fields: FunctionFields;
  /** The code as it lies in memory. */
  readonly code: Uint8Array;
}

export interface RegistryListener {
  /** A function got the next id. */
  readonly added: (
    id: number,
    made: BytecodeFunction,
    flags: { readonly suspends: boolean; readonly hoists: boolean },
  ) => void;
  /** A program known already was loaded once more. */
  readonly loadedAgain: (rootId: number) => void;
}

export class FunctionRegistry {
  readonly units: BytecodeUnit[] = [];
  readonly functions: SeenFunction[] = [];
  readonly #engine: EngineVersion;
  readonly #memory: GuestMemory;
  readonly #listener: RegistryListener;
  readonly #firstId: number;
  readonly #byAddress = new Map<number, KnownAddress>();
  /** Ids of a unit's functions, by unit; -1 where not given yet. */
  readonly #idsOfUnit: number[][] = [];
  /** Units made at run time, by the content of their root. */
  readonly #unitByContent = new Map<string, number[]>();
  readonly #payload: BytecodeUnit | null;

  /** `firstId`: ids below belong to somebody else (native functions). */
  constructor(
    engine: EngineVersion,
    payload: BytecodeUnit | null,
    memory: GuestMemory,
    firstId: number,
    listener: RegistryListener,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#listener = listener;
    this.#firstId = firstId;
    this.#payload = payload;
    if (payload) this.#addUnit(payload);
  }

  /**
   * The function that an activation runs, from JS_CallInternal's func_obj and the address of the first opcode.
   * @throws Diagnostic (exit 5) where memory does not look like the engine's: a cost is never given to a guess.
   */
  resolve(pc: number, funcObj: bigint): { readonly id: number; readonly code: number } {
    const activation = functionOfActivation(this.#memory, this.#engine.memory, funcObj, pc);
    if (!activation) {
      throw internalError(
        `the function whose code is at 0x${pc.toString(16)} cannot be read from the engine's memory`,
      );
    }
    const { fields, bytecode } = activation;
    const known = this.#byAddress.get(bytecode);
    if (known && sameFields(known.fields, fields) && sameBytes(known.code, this.#codeOf(fields)))
      return { id: known.id, code: fields.code };
    this.#load(bytecode);
    return { id: this.#byAddress.get(bytecode)!.id, code: fields.code };
  }

  /** The seen function with this id. */
  at(id: number): SeenFunction {
    return this.functions[id - this.#firstId]!;
  }

  #codeOf({ code, codeLength }: FunctionFields): Uint8Array {
    return this.#memory.bytes.subarray(code, code + codeLength);
  }

  #addUnit(unit: BytecodeUnit): number {
    const index = this.units.push(unit) - 1;
    this.#idsOfUnit.push(unit.functions.map(() => -1));
    return index;
  }

  /** Reads the program whose root is at `root` and ties every address in it to a function. */
  #load(root: number): void {
    const loaded = readUnitAt(this.#memory, this.#engine, root);
    if (!loaded)
      throw internalError(`the function at 0x${root.toString(16)} cannot be read from the engine's memory`);
    const isPayload = this.#payload !== null && identify(this.#payload, loaded.unit);
    const unit = isPayload ? 0 : this.#runtimeUnit(loaded.unit);
    const again = isPayload && this.#idsOfUnit[0]![0] !== -1;
    loaded.addresses.forEach((address, index) => {
      const fields = functionFields(this.#memory, this.#engine.memory, address)!;
      this.#byAddress.set(address, { id: this.#id(unit, index), fields, code: this.#codeOf(fields).slice() });
    });
    if (again) this.#listener.loadedAgain(this.#idsOfUnit[0]![0]!);
  }

  /** The unit of code made at run time: an earlier one of the same content, or a new one. */
  #runtimeUnit(unit: BytecodeUnit): number {
    const root = unit.functions[0]!;
    const key = `${unit.functions.length}/${root.name}/${root.file}/${root.line}/${root.column}/${root.code.length}`;
    const candidates = this.#unitByContent.get(key) ?? [];
    const same = candidates.find((candidate) => identify(this.units[candidate]!, unit));
    if (same !== undefined) return same;
    const index = this.#addUnit(unit);
    this.#unitByContent.set(key, [...candidates, index]);
    return index;
  }

  #id(unit: number, index: number): number {
    const ids = this.#idsOfUnit[unit]!;
    if (ids[index] === -1) {
      const made = this.units[unit]!.functions[index]!;
      const id = this.#firstId + this.functions.push({ unit, index, function: made }) - 1;
      ids[index] = id;
      const hoists = index === 0 && this.units[unit]!.module !== null;
      this.#listener.added(id, made, { suspends: made.kind !== "normal", hoists });
    }
    return ids[index]!;
  }
}

function sameFields(a: FunctionFields, b: FunctionFields): boolean {
  return (Object.keys(a) as (keyof FunctionFields)[]).every((key) => a[key] === b[key]);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
