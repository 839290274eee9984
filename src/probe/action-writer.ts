/**
 * Writes the actions at one place of a function: operands or results are saved into locals as deep as an action asks
 * for and put back behind; each action gets its values from there, from immediates, constants and the meter.
 *
 *   before i32.store, asking for operand 1:   local.set a / local.set b / (action) / local.get b / local.get a / i32.store
 */
import type { ByteWriter } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { localTypeOf } from "../wasm/locals.ts";
import { Imm, opcodes } from "../wasm/opcodes.ts";
import { F32, F64, I32, I64, type Module, V128, type ValType } from "../wasm/types.ts";
import type { Action, CodeInPlace, Indices, Place, ProbeArgument } from "./action.ts";
import type { AddedLocals } from "./added-locals.ts";
import type { MeterState } from "./meter.ts";
import { immediateValues } from "./values.ts";

/** An action with the plan that it is of. */
export interface Bound<T extends Action = Action> {
  readonly action: T;
  /** Which plan, and where its things stand. */
  readonly plan: number;
  readonly indices: Indices;
}

/** The instruction that actions stand at. */
export interface Spot {
  readonly row: number;
  /** Absolute offsets of the opcode, of its first immediate, and of what follows. */
  readonly at: number;
  readonly immediates: number;
  readonly next: number;
  /** Types of what can be asked for (operands and what lies below them, or results), topmost first. */
  readonly types: readonly ValType[];
  /** How many of these are the instruction's own. */
  readonly own: number;
  /** Whether these are results. */
  readonly after: boolean;
  /** Locals that hold them, as far as they were saved. */
  readonly saved: readonly number[];
}

/** What an action that stands instead of an instruction has besides. */
export type Instead = Pick<Place, "leaves" | "original">;

export class ActionWriter {
  readonly #module: Module;
  readonly #function: number;
  readonly #locals: AddedLocals;
  readonly #meter: MeterState | undefined;
  readonly #localType: (index: number) => ValType | undefined;

  /** `index`: absolute, of the function. */
  constructor(module: Module, index: number, locals: AddedLocals, meter: MeterState | undefined) {
    this.#module = module;
    this.#function = index;
    this.#locals = locals;
    this.#meter = meter;
    this.#localType = localTypeOf(module, index);
  }

  /** Saves the topmost values of a spot into locals, so many or as deep as the actions ask; they are gone from the stack. */
  save(w: ByteWriter, spot: Omit<Spot, "saved">, actions: readonly Bound[], least = 0): Spot {
    let count = least;
    for (const { action } of actions)
      for (const one of argumentsOf(action)) {
        const depth = depthOf(one, spot);
        const most = one.kind === "stack" ? spot.types.length : spot.own;
        if (depth >= most) {
          const { name } = opcodes[spot.row]!;
          throw internalError(`a probe wants operand ${depth} of ${name}, which has ${most}`);
        }
        count = Math.max(count, depth + 1);
      }
    const saved = spot.types.slice(0, count).map((type, n) => {
      if (type === 0)
        throw internalError(`the type of operand ${n} of ${opcodes[spot.row]!.name} is not known`);
      const local = this.#locals.named(String(n + 1), type);
      emit(w, "local.set", local);
      return local;
    });
    return { ...spot, saved };
  }

  /** Puts back what was saved. */
  restore(w: ByteWriter, { saved }: Spot): void {
    for (let n = saved.length - 1; n >= 0; n--) emit(w, "local.get", saved[n]!);
  }

  /**
   * Writes actions in their order; `spot` is undefined at entries and exits. `guarded`: they stand in code that is not
   * always executed, before which the meter was spilled if one re-enters. `instead`: where they do.
   */
  write(
    w: ByteWriter,
    actions: readonly Bound[],
    spot: Spot | undefined,
    guarded = false,
    instead: Instead = stackNeutral,
  ): void {
    for (const bound of actions) {
      const { action, indices } = bound;
      if (action.reenters && !guarded) this.#meter?.spill(w);
      if ("write" in action) {
        this.#code(w, bound as Bound<CodeInPlace>, spot, instead);
        continue;
      }
      for (const argument of action.arguments) this.#push(w, argument, spot);
      emit(w, "call", "hook" in action ? indices.hook(action.hook) : indices.function(action.function));
    }
  }

  /** Writes code in place. It may push its values inside blocks of its own: the meter does not change there. */
  #code(
    w: ByteWriter,
    { action, plan, indices }: Bound<CodeInPlace>,
    spot: Spot | undefined,
    instead: Instead,
  ): void {
    const { values } = action;
    const used = new Map<ValType, number>();
    action.write(w, {
      indices,
      function: this.#function,
      offset: spot?.at ?? null,
      types: values.map((value) => this.#typeOf(value, spot)),
      push: (n) => {
        const value = values[n];
        if (!value) throw internalError(`code in place pushes value ${n} of ${values.length}`);
        this.#push(w, value, spot);
      },
      scratch: (type) => {
        const n = used.get(type) ?? 0;
        used.set(type, n + 1);
        return this.#locals.named(`scratch ${n}`, type);
      },
      frameLocal: (key, type) => this.#locals.named(`plan ${plan} ${key}`, type),
      ...instead,
    });
  }

  #fuelMeter(): MeterState {
    if (!this.#meter) throw internalError("a probe wants the fuel of a module without a meter");
    return this.#meter;
  }

  #push(w: ByteWriter, argument: ProbeArgument, spot: Spot | undefined): void {
    switch (argument.kind) {
      case "local":
        return emit(w, "local.get", argument.index);
      case "fuel":
        return this.#fuelMeter().peekFuel(w);
      case "const":
        return writeConst(w, argument.type, argument.value);
      case "immediate": {
        const { type, value } = this.#immediate(argument.index, spot);
        // The instruction itself, so that every bit of a float stays.
        if (type === F32 || type === F64 || type === V128)
          return w.copy(this.#module.bytes, spot!.at, spot!.next);
        return writeConst(w, type, value);
      }
      case "operand":
      case "stack":
      case "result":
      case "effectiveAddress": {
        emit(w, "local.get", spot!.saved[this.#depth(argument, spot)]!);
        if (argument.kind === "effectiveAddress") this.#addOffset(w, spot!);
      }
    }
  }

  #immediate(index: number, spot: Spot | undefined) {
    const value = spot && immediateValues(this.#module.bytes, spot.immediates, spot.row)[index];
    if (!value) throw internalError(`a probe wants immediate ${index} where there is none`);
    return value;
  }

  #depth(argument: ProbeArgument, spot: Spot | undefined): number {
    const depth = spot ? depthOf(argument, spot) : -1;
    if (depth < 0) throw internalError(`a probe wants an ${argument.kind} where there is none`);
    return depth;
  }

  #typeOf(argument: ProbeArgument, spot: Spot | undefined): ValType {
    switch (argument.kind) {
      case "local": {
        const type = this.#localType(argument.index);
        if (type === undefined)
          throw internalError(`a probe wants local ${argument.index}, which does not exist`);
        return type;
      }
      case "fuel":
        return I64;
      case "const":
        return argument.type;
      case "immediate":
        return this.#immediate(argument.index, spot).type;
      default:
        return spot!.types[this.#depth(argument, spot)]!;
    }
  }

  /** Adds the constant offset of a memory argument to the address on the stack. */
  #addOffset(w: ByteWriter, { row, immediates }: Spot): void {
    const [, memory, offset] = immediateValues(this.#module.bytes, immediates, row);
    if (!offset || BigInt(offset.value) === 0n) return;
    const is64 = this.#module.memories[Number(memory!.value)]?.is64 ?? false;
    writeConst(w, is64 ? I64 : I32, offset.value);
    emit(w, is64 ? "i64.add" : "i32.add");
  }
}

export const argumentsOf = (action: Action): readonly ProbeArgument[] =>
  "write" in action ? action.values : action.arguments;

/** Which saved value an argument reads: 0 = topmost; -1 for none. */
function depthOf(argument: ProbeArgument, { row, after }: Pick<Spot, "row" | "after">): number {
  if (argument.kind === "result" && after) return argument.index;
  if ((argument.kind === "operand" || argument.kind === "stack") && !after) return argument.index;
  const hasAddress = argument.kind === "effectiveAddress" && !after;
  if (!hasAddress) return -1;
  const { name, signature, imm } = opcodes[row]!;
  const [operands = ""] = signature.split(">");
  if ((imm !== Imm.memarg && imm !== Imm.memargLane) || !operands.includes("a"))
    throw internalError(`${name} has no effective address`);
  return operands.length - 1 - operands.indexOf("a");
}

const stackNeutral: Instead = {
  leaves: [],
  original: () => {
    throw internalError("only code that stands instead of an instruction can write the original");
  },
};

function writeConst(w: ByteWriter, type: ValType, value: number | bigint): void {
  if (type === I64) emit(w, "i64.const", value);
  else if (type === I32) emit(w, "i32.const", value);
  else if (type === F32) emit(w, "f32.const", value);
  else if (type === F64) emit(w, "f64.const", value);
  else throw internalError("probe constants are i32, i64, f32 or f64");
}
