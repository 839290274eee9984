/**
 * What a module beside the program cannot do itself, since it needs the operands of the instruction or its results:
 * another function that is called instead, what `dup_at` writes, and `drop_args`. The program does it when the module
 * calls it back, by a number. A place puts the operands into globals in front of its call of the module; what runs
 * meanwhile may come to such a place too, so a function that does the work puts them back behind it, and leaves its
 * results in globals.
 *
 *   place      operands → globals, zeros → results; call the module's probe(…, 3); results → stack
 *   module     … call_indirect slot `call` (3, 0) …
 *   program    work 3: operands from globals; call $other; operands and results → globals
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { Indices } from "../../probe/action.ts";
import type { AddedElements, AddedFunction, AddedGlobal, AddedTable } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { hasDefault, referenceOf, withNull } from "../../wasm/heap-types.ts";
import { FUNCREF, I32, I64, type ValType } from "../../wasm/types.ts";
import { monitorPrefix } from "./state.ts";
import { pushZeros } from "./zero.ts";

/** Export of the module beside the program: the table through which it reaches the program, which fills it. */
export const programTableExport = `${monitorPrefix}program`;

/** Places in it: (memory, address) → byte; (memory, address, byte); (memory) → pages; (number, address). */
export const Slot = { load: 0, store: 1, size: 2, call: 3 } as const;

export const programTable: AddedTable = {
  element: FUNCREF,
  limits: { min: 4n, max: null, shared: false, is64: false },
};

/** What a function that does the work is given: an address, or nothing of interest. */
const workType = [[I64], []] as const;

/** Writes the call back from the module; number and address (i64) are on the stack. */
export function callProgram(w: ByteWriter, indices: Indices): void {
  emit(w, "i32.const", Slot.call);
  emit(w, "call_indirect", indices.type([I32, I64], []), indices.table(0));
}

/** What a program gains so that a module beside it can call it back. */
export class ProgramCalls {
  readonly globals: AddedGlobal[] = [];
  readonly #globals = new Map<string, number>();
  readonly #works: AddedFunction[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #before: () => number;

  /** `before`: how many globals the plan has in front of these, once it is made. */
  constructor(before: () => number) {
    this.#before = before;
  }

  /** The number of the work `key`, which `made` makes where it is new. */
  number(key: string, made: () => AddedFunction): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#works.push(made()) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Calls a function of the program with the operands. `takes`, `leaves`: topmost first. */
  calling(target: number, takes: readonly ValType[], leaves: readonly ValType[]): number {
    this.reserve(takes, leaves);
    return this.number(`call ${target}`, () => {
      const locals = takes.map((type) => withNull(type, true));
      return {
        ...{ params: workType[0], results: workType[1], locals },
        write: (w, indices) => {
          takes.forEach((type, n) => {
            this.push(w, indices, "operand", n, type);
            emit(w, "local.set", 1 + n);
          });
          const pushLocal = (n: number) => {
            emit(w, "local.get", 1 + n);
            if (!hasDefault(takes[n]!)) emit(w, "ref.as_non_null");
          };
          for (let n = takes.length - 1; n >= 0; n--) pushLocal(n);
          emit(w, "call", indices.moved.func(target));
          this.setAll(w, indices, "result", leaves);
          for (let n = takes.length - 1; n >= 0; n--) pushLocal(n);
          this.setAll(w, indices, "operand", takes);
          this.setCalled(w, indices, 1);
        },
      };
    });
  }

  /** Makes the results zeros, where nothing was called instead. */
  dropping(leaves: readonly ValType[]): number {
    this.reserve([], leaves);
    return this.number(`drop ${leaves}`, () => ({
      ...{ params: workType[0], results: workType[1] },
      write: (w, indices) => {
        emit(w, "global.get", this.#global(indices, "called", 0, I32));
        emit(w, "i32.eqz");
        emit(w, "if", null);
        pushZeros(w, leaves);
        this.setAll(w, indices, "result", leaves);
        emit(w, "end");
      },
    }));
  }

  /** Whether another function was called instead. */
  setCalled(w: ByteWriter, indices: Indices, called: 0 | 1): void {
    emit(w, "i32.const", called);
    emit(w, "global.set", this.#global(indices, "called", 0, I32));
  }

  /** Takes all off the stack. */
  setAll(w: ByteWriter, indices: Indices, what: "operand" | "result", types: readonly ValType[]): void {
    types.forEach((type, n) => {
      this.set(w, indices, what, n, type);
    });
  }

  /** Makes the globals for such operands and results. To be called before the module is written. */
  reserve(takes: readonly ValType[], leaves: readonly ValType[]): void {
    this.#number("called", 0, I32);
    takes.forEach((type, n) => {
      this.#number("operand", n, type);
    });
    leaves.forEach((type, n) => {
      this.#number("result", n, type);
    });
  }

  push(w: ByteWriter, indices: Indices, what: "operand" | "result", n: number, type: ValType): void {
    emit(w, "global.get", this.#global(indices, what, n, type));
    if (!hasDefault(type)) emit(w, "ref.as_non_null");
  }

  set(w: ByteWriter, indices: Indices, what: "operand" | "result", n: number, type: ValType): void {
    emit(w, "global.set", this.#global(indices, what, n, type));
  }

  #global(indices: Indices, what: string, n: number, type: ValType): number {
    return indices.global(this.#before() + this.#number(what, n, type));
  }

  /** Operand or result `n`, 0 = topmost, of that type: the same one at every place. */
  #number(what: string, n: number, given: ValType): number {
    const type = withNull(given, true);
    const key = `${what} ${n} ${type}`;
    let number = this.#globals.get(key);
    if (number === undefined) {
      const initial = referenceOf(type) ? null : type === I64 ? 0n : 0;
      number = this.globals.push({ type, mutable: true, initial }) - 1;
      this.#globals.set(key, number);
    }
    return number;
  }

  /** `first`: number of the first function that this adds; `from`: the module whose table it fills. None where nothing is called. */
  added(
    first: number,
    from: string,
  ):
    | {
        readonly functions: readonly AddedFunction[];
        readonly tables: readonly AddedTable[];
        readonly elements: readonly AddedElements[];
      }
    | undefined {
    const works = this.#works;
    if (works.length === 0) return undefined;
    const count = BigInt(works.length);
    const dispatch: AddedFunction = {
      ...{ params: [I32, I64], results: [] },
      write: (w, indices) => {
        emit(w, "local.get", 1);
        emit(w, "local.get", 0);
        emit(w, "call_indirect", indices.type(...workType), indices.table(1));
      },
    };
    return {
      functions: [...works, dispatch],
      tables: [
        { ...programTable, import: { module: from, name: programTableExport } },
        { element: FUNCREF, limits: { ...programTable.limits, min: count, max: count } },
      ],
      elements: [
        { table: 0, from: Slot.call, functions: [{ added: first + works.length }] },
        { table: 1, from: 0, functions: works.map((_, n) => ({ added: first + n })) },
      ],
    };
  }
}
