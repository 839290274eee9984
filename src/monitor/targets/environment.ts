/**
 * What generated code stands in: a place in a function of the program (in-place), or a function that is added to the
 * module. Both reach variables as globals, and other functions by the numbers that the plan gave them.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { ByteWriter as Writer } from "../../base/bytes.ts";
import { internalError } from "../../base/diagnostics.ts";
import type { Indices, Place } from "../../probe/action.ts";
import type { AddedFunction } from "../../probe/additions.ts";
import type { Site } from "../../probe/sites.ts";
import { type BlockType, emit } from "../../wasm/emit.ts";
import { F32, F64, I32, I64, type ValType } from "../../wasm/types.ts";
import { flatten, type Type } from "../language-types.ts";
import type { SupportFunction } from "../support/library.ts";
import type { Call, Expr, Routine, Variable } from "../tree.ts";
import { languageCallee } from "../visit.ts";
import { altCallNumber, type Calls, dropArgsNumber, dupAtNumber } from "./calls.ts";
import { CodeWriter, type Environment } from "./code.ts";
import type { ProgramCalls } from "./program-calls.ts";
import type { Cells, State } from "./state.ts";

/** What all code of one script shares. */
export interface Shared {
  readonly state: State;
  readonly scriptCells: Cells;
  readonly calls: Calls;
  readonly programCalls: ProgramCalls;
}

/** How code at a place gets at what the event binds. */
export interface BoundValues {
  /** Pushes it; gives the type that it has there. */
  push(name: string): ValType;
  /** The instruction at which it stands; null where there is none. */
  readonly site: Site | null;
  /** Mode alt: writes the call of another function, or pushes the number of one for a module beside the program. */
  instead?(call: Call): void;
  /** Types of the results where they are the operands at first. */
  readonly keeps?: readonly ValType[];
  /** The same: the operands are not the results. */
  drop?(): void;
}

abstract class Common implements Environment {
  readonly w: ByteWriter;
  protected readonly shared: Shared;
  readonly indices: Indices;
  readonly #cells: Cells;

  constructor(w: ByteWriter, shared: Shared, indices: Indices, cells: Cells) {
    this.w = w;
    this.shared = shared;
    this.indices = indices;
    this.#cells = cells;
  }

  abstract scratch(type: ValType): number;
  abstract pushBound(name: string, type: Type): void;

  #global(variable: Variable, n: number): number {
    const first = this.#cells.get(variable) ?? this.shared.scriptCells.get(variable);
    if (first === undefined) throw internalError(`the variable ${variable.name} has no place`);
    return this.indices.global(first + n);
  }

  pushPart(variable: Variable, n: number): void {
    emit(this.w, "global.get", this.#global(variable, n));
  }

  setPart(variable: Variable, n: number): void {
    emit(this.w, "global.set", this.#global(variable, n));
  }

  string(text: string): number {
    return this.shared.state.string(text);
  }

  support(name: SupportFunction): void {
    emit(this.w, "call", this.shared.calls.support(name, this.indices));
  }

  call(expr: Call): void {
    this.shared.calls.write(expr, this);
  }

  special(expr: Call, code: CodeWriter): boolean {
    return this.shared.calls.writeSpecial(expr, this, code);
  }

  blockType(results: readonly ValType[]): BlockType {
    return this.indices.blockType([], results);
  }
}

export class InPlace extends Common {
  readonly #place: Place;
  readonly #bound: BoundValues;

  constructor(w: ByteWriter, shared: Shared, place: Place, cells: Cells, bound: BoundValues) {
    super(w, shared, place.indices, cells);
    this.#place = place;
    this.#bound = bound;
  }

  scratch(type: ValType): number {
    return this.#place.scratch(type);
  }

  override special(expr: Call, code: CodeWriter): boolean {
    const name = languageCallee(expr);
    if (name === "dup_at") {
      this.shared.calls.duplicate(expr, this, code, this.#bound.site!, (name) => this.#bound.push(name));
      return true;
    }
    if (name === dupAtNumber) {
      const { site, push } = this.#bound;
      const number = duplicating(this.shared, expr, site!);
      for (const n of [0, 1]) {
        const type = push(`arg${n}`);
        this.shared.programCalls.set(this.w, this.indices, "operand", n, type);
      }
      emit(this.w, "i32.const", number);
      return true;
    }
    if (name === "drop_args") {
      this.#bound.drop?.();
      return true;
    }
    if (name === dropArgsNumber) {
      emit(this.w, "i32.const", this.shared.programCalls.dropping(this.#bound.keeps ?? []));
      return true;
    }
    if (!name?.startsWith("alt_call") && name !== altCallNumber) return super.special(expr, code);
    this.#bound.instead!(expr);
    return true;
  }

  pushBound(name: string, type: Type): void {
    const has = this.#bound.push(name);
    const [wants] = flatten(type);
    // Addresses of 64-bit memories where the language has 32 bits, and the other way round.
    if (has === I64 && wants === I32) emit(this.w, "i32.wrap_i64");
    else if (has === I32 && wants === I64) emit(this.w, "i64.extend_i32_u");
  }
}

/** Where a function has the state of a place: bytes behind the address that one of its parameters is. */
export interface SiteMemory {
  readonly address: Variable;
  readonly offsets: ReadonlyMap<Variable, number>;
}

/** The same for its code: the parameter is a local. */
interface SiteState {
  readonly address: number;
  readonly offsets: SiteMemory["offsets"];
}

/** Bytes that each part of a value takes in the state of a place. */
export const partBytes = 8;

const prefixes = new Map([
  [I32, "i32"],
  [I64, "i64"],
  [F32, "f32"],
  [F64, "f64"],
]);

class InFunction extends Common {
  readonly locals: ValType[] = [];
  readonly #params: number;
  readonly #site: SiteState | undefined;

  constructor(
    w: ByteWriter,
    shared: Shared,
    indices: Indices,
    cells: Cells,
    params: number,
    site: SiteState | undefined,
  ) {
    super(w, shared, indices, cells);
    this.#params = params;
    this.#site = site;
  }

  override pushPart(variable: Variable, n: number): void {
    const offset = this.#site?.offsets.get(variable);
    if (offset === undefined) return super.pushPart(variable, n);
    emit(this.w, "local.get", this.#site!.address);
    this.#access("load", variable, offset, n);
  }

  override setPart(variable: Variable, n: number): void {
    const offset = this.#site?.offsets.get(variable);
    if (offset === undefined) return super.setPart(variable, n);
    const value = this.scratch(flatten(variable.type)[n]!);
    emit(this.w, "local.set", value);
    emit(this.w, "local.get", this.#site!.address);
    emit(this.w, "local.get", value);
    this.#access("store", variable, offset, n);
  }

  #access(how: "load" | "store", { type }: Variable, offset: number, n: number): void {
    const place = { align: 2, memory: this.indices.memory(0), offset: BigInt(offset + partBytes * n) };
    emit(this.w, `${prefixes.get(flatten(type)[n]!)!}.${how}`, place);
  }

  scratch(type: ValType): number {
    this.locals.push(type);
    return this.#params + this.locals.length - 1;
  }

  pushBound(name: string): void {
    throw internalError(`${name} is bound at no place here`);
  }
}

/** Indices that stand for those to come: what is written with them is measured and thrown away. */
export const provisional: Indices = {
  ...{ hook: () => 0, function: () => 0, global: () => 0, memory: () => 0, table: () => 0, data: () => 0 },
  ...{ element: () => 0, type: () => 0, blockType: () => null },
  moved: {
    ...{
      func: (i: number) => i,
      global: (i: number) => i,
      memory: (i: number) => i,
      table: (i: number) => i,
    },
  } as Indices["moved"],
};

/** A function whose code `body` writes; it is called twice, first to learn its locals. */
export function addedFunction(
  shared: Shared,
  params: readonly ValType[],
  results: readonly ValType[],
  cells: Cells,
  body: (code: CodeWriter, env: Environment) => void,
  parameters: ReadonlyMap<Variable, readonly number[]> = new Map(),
  site?: SiteState,
): AddedFunction {
  const writeWith = (w: ByteWriter, indices: Indices) => {
    const env = new InFunction(w, shared, indices, cells, params.length, site);
    body(new CodeWriter(env, parameters), env);
    return env.locals;
  };
  const locals = writeWith(new Writer(), provisional);
  return { params, results, locals, write: (w, indices) => void writeWith(w, indices) };
}

/** The number of what dup_at writes at a place, which a module beside the program calls back for. */
export function duplicating(shared: Shared, { args, span }: Call, site: Site): number {
  const { programCalls, calls } = shared;
  const [memory] = args;
  const key = memory?.kind === "constant" ? String(memory.value) : "";
  const place = site.immediates.map(({ value }) => value).join();
  programCalls.reserve(site.operands.slice(0, 2), []);
  return programCalls.number(`${site.name} ${place} ${key}`, () => {
    const address: Variable = {
      ...{ name: "address", type: "u64", storage: "parameter", report: false, initial: null, span },
    };
    const given: Expr = { kind: "variable", variable: address, type: "u64", span };
    const body = (code: CodeWriter, env: Environment) =>
      calls.duplicate({ args: [memory!, given] }, env, code, site, (name) => {
        const n = Number(name.slice("arg".length));
        const type = site.operands[n]!;
        programCalls.push(env.w, (env as InFunction).indices, "operand", n, type);
        return type;
      });
    return addedFunction(shared, [I64], [], new Map(), body, new Map([[address, [0]]]));
  });
}

/** A function of the script. */
export function routineFunction(shared: Shared, routine: Routine, site?: SiteMemory): AddedFunction {
  const parameters = new Map<Variable, number[]>();
  let next = 0;
  for (const parameter of routine.parameters)
    parameters.set(
      parameter,
      flatten(parameter.type).map(() => next++),
    );
  const params = routine.parameters.flatMap(({ type }) => flatten(type));
  const body = (code: CodeWriter) => code.body(routine.body, routine.result);
  const state = site && { offsets: site.offsets, address: parameters.get(site.address)![0]! };
  return addedFunction(shared, params, flatten(routine.result), new Map(), body, parameters, state);
}
