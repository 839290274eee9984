/**
 * The results of what stands instead of an instruction while its code runs: in locals of the place, or in globals where the
 * code is in a module beside the program, which calls back to set them (program-calls.ts).
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { Place } from "../../probe/action.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, type ValType } from "../../wasm/types.ts";
import type { ProgramCalls } from "./program-calls.ts";
import { pushZeros } from "./zero.ts";

/** Where the results are while the code runs. Types are topmost first. */
export interface Results {
  /** Before they are set for the first time. */
  begin(pushOperands: () => void): void;
  /** Takes them off the stack. */
  set(): void;
  push(): void;
  /** Another function was called instead. */
  called(): void;
  /** Makes them zeros where none was. */
  drop(): void;
}

export class InLocals implements Results {
  readonly #w: ByteWriter;
  readonly #leaves: readonly ValType[];
  readonly #locals: readonly number[];
  /** Whether another function was called; null where nobody asks. */
  readonly #called: number | null;

  constructor(w: ByteWriter, place: Place, leaves: readonly ValType[], asksCalled: boolean) {
    this.#w = w;
    this.#leaves = leaves;
    this.#locals = leaves.map((type) => place.scratch(type));
    this.#called = asksCalled ? place.scratch(I32) : null;
  }

  begin(): void {
    this.#setCalled(0);
  }

  set(): void {
    for (const local of this.#locals) emit(this.#w, "local.set", local);
  }

  push(): void {
    for (const local of [...this.#locals].reverse()) emit(this.#w, "local.get", local);
  }

  called(): void {
    this.#setCalled(1);
  }

  #setCalled(called: 0 | 1): void {
    if (this.#called === null) return;
    emit(this.#w, "i32.const", called);
    emit(this.#w, "local.set", this.#called);
  }

  drop(): void {
    if (this.#called !== null) {
      emit(this.#w, "local.get", this.#called);
      emit(this.#w, "i32.eqz");
      emit(this.#w, "if", null);
    }
    pushZeros(this.#w, this.#leaves);
    this.set();
    if (this.#called !== null) emit(this.#w, "end");
  }
}

/** Where a module beside the program calls back. */
export class InGlobals implements Results {
  readonly #w: ByteWriter;
  readonly #place: Place;
  readonly #calls: ProgramCalls;
  readonly #takes: readonly ValType[];
  readonly #leaves: readonly ValType[];

  constructor(
    w: ByteWriter,
    place: Place,
    calls: ProgramCalls,
    takes: readonly ValType[],
    leaves: readonly ValType[],
  ) {
    this.#w = w;
    this.#place = place;
    this.#calls = calls;
    this.#takes = takes;
    this.#leaves = leaves;
  }

  begin(pushOperands: () => void): void {
    pushOperands();
    this.#calls.setAll(this.#w, this.#place.indices, "operand", this.#takes);
    this.#calls.setCalled(this.#w, this.#place.indices, 0);
  }

  set(): void {
    this.#calls.setAll(this.#w, this.#place.indices, "result", this.#leaves);
  }

  push(): void {
    const { indices } = this.#place;
    for (let n = this.#leaves.length - 1; n >= 0; n--)
      this.#calls.push(this.#w, indices, "result", n, this.#leaves[n]!);
  }

  called(): void {
    this.#calls.setCalled(this.#w, this.#place.indices, 1);
  }

  drop(): void {
    // The module calls back for it.
  }
}
