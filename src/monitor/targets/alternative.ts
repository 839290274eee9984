/**
 * Mode `alt`: code instead of an instruction, of a whole block, or of what is behind an `else`. Its operands are there
 * for the asking and gone behind it; its results are what the last `alt_call_…` gave. Without one they are the operands
 * where those have the same types and were not dropped, as they stay on the stack in Whamm, and zeros otherwise. Where a
 * predicate is left, the other case is what stood there. Where the code is in a module beside the program, that calls back
 * for `alt_call_…` (program-calls.ts).
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { usageError } from "../../base/diagnostics.ts";
import type { CodeInPlace, Place } from "../../probe/action.ts";
import type { Site } from "../../probe/sites.ts";
import { emit } from "../../wasm/emit.ts";
import { funcTypeAt, I32, I64, type ValType } from "../../wasm/types.ts";
import type { Expr } from "../tree.ts";
import { callsLanguage, dropsAlways, visitStatements } from "../visit.ts";
import { altCallNumber, dropArgsNumber } from "./calls.ts";
import { CodeWriter } from "./code.ts";
import { type BoundValues, InPlace, type Shared } from "./environment.ts";
import { dynamicNames, guarded, type Residual, rehearse, Values } from "./in-place.ts";
import type { ModuleFacts } from "./known.ts";
import type { ProgramCalls } from "./program-calls.ts";
import type { Cells } from "./state.ts";
import { pushZero } from "./zero.ts";

export function alternative(
  shared: Shared,
  facts: ModuleFacts,
  site: Site,
  residual: Residual,
  cells: Cells,
): CodeInPlace {
  const code = guarded(residual);
  const { takes, leaves } = site.replaced;
  const calls = calledInstead(shared, facts, site, code);
  const names = dynamicNames(code);
  const values = new Values(names, site, true, (table) => shared.calls.resolver(table));
  // The operands, all of them, behind what the body asks for.
  const first = values.arguments.length;
  for (let index = 0; index < takes.length; index++) values.arguments.push({ kind: "operand", index });
  const keeps = !dropsAlways(residual.body) && takes.join() === leaves.join();
  const callsBack = [...calls.keys()].some(isNumber) || callsLanguage(code, dropArgsNumber);
  const action: CodeInPlace & { reenters: boolean } = {
    values: values.arguments,
    reenters: calls.size > 0,
    write: (w, place) => {
      const results = callsBack
        ? new InGlobals(w, place, shared.programCalls, takes, leaves)
        : new InLocals(w, place, leaves, calls.size > 0 && callsLanguage(code, "drop_args"));
      const pushOperands = () => {
        for (let n = takes.length - 1; n >= 0; n--) place.push(first + n);
      };
      const begin = () => {
        results.begin(pushOperands);
        if (keeps) pushOperands();
        else pushZeros(w, leaves);
        results.set();
      };
      const bound = values.at(w, place);
      const env = new InPlace(w, shared, place, cells, {
        ...(calls.size > 0 && names.includes("fuel") ? asOnArrival(w, place, bound) : bound),
        instead: (call) => {
          if (isNumber(call)) return emit(w, "i32.const", calls.get(call)!);
          pushOperands();
          emit(w, "call", place.indices.moved.func(calls.get(call)!));
          results.set();
          results.called();
        },
        ...(keeps && { drop: () => results.drop(), keeps: leaves }),
      });
      if (callsBack) begin();
      if (residual.predicate) {
        new CodeWriter(env).expression(residual.predicate);
        emit(w, "if", place.indices.blockType([], [...leaves].reverse()));
      }
      if (!callsBack) begin();
      new CodeWriter(env).body(residual.body);
      results.push();
      if (!residual.predicate) return;
      emit(w, "else");
      place.original(1);
      emit(w, "end");
    },
  };
  rehearse(action);
  return action;
}

/** Where the results are while the code runs. Types are topmost first. */
interface Results {
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

class InLocals implements Results {
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
class InGlobals implements Results {
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

function pushZeros(w: ByteWriter, types: readonly ValType[]): void {
  for (const type of [...types].reverse()) pushZero(w, type);
}

/** What is called instead consumes fuel: `fuel` stays what it was when control came here. */
function asOnArrival(w: ByteWriter, place: Place, bound: BoundValues): BoundValues {
  const fuel = place.scratch(I64);
  bound.push("fuel");
  emit(w, "local.set", fuel);
  const push = (name: string): ValType => {
    if (name !== "fuel") return bound.push(name);
    emit(w, "local.get", fuel);
    return I64;
  };
  return { ...bound, push };
}

type Call = Expr & { kind: "call" };

/** What a module beside the program says of a call that a place cannot come to. */
const notReached = -1;

const altCallOf = ({ type }: Expr) => (type === "str" ? "alt_call_by_name" : "alt_call_by_id");

const isNumber = ({ callee }: Call) => callee.kind === "language" && callee.name === altCallNumber;

/** The functions that the body calls instead, which must be of the same type; or the numbers of these calls. */
function calledInstead(
  shared: Shared,
  facts: ModuleFacts,
  site: Site,
  code: Parameters<typeof visitStatements>[0],
): Map<Call, number> {
  const found = new Map<Call, number>();
  const { takes, leaves } = site.replaced;
  visitStatements(code, (expr) => {
    if (expr.kind !== "call" || expr.callee.kind !== "language") return;
    if (!expr.callee.name.startsWith("alt_call") && !isNumber(expr)) return;
    const [target] = expr.args;
    const name = isNumber(expr) ? altCallOf(target!) : expr.callee.name;
    if (target?.kind !== "constant") throw usageError(`${name} takes a function that is known beforehand`);
    if (isNumber(expr) && typeof target.value !== "string" && Number(target.value) === notReached) {
      found.set(expr, notReached);
      return;
    }
    const index = typeof target.value === "string" ? facts.functionNamed(target.value) : Number(target.value);
    const type = index === undefined ? undefined : facts.module.functions[index];
    if (type === undefined) throw usageError(`${name}: the module has no function ${String(target.value)}`);
    const signature = funcTypeAt(facts.module, type)!;
    const same =
      [...signature.params].reverse().join() === takes.join() &&
      [...signature.results].reverse().join() === leaves.join();
    if (!same)
      throw usageError(
        `${name}: the function ${String(target.value)} has another type than what it replaces`,
      );
    found.set(expr, isNumber(expr) ? shared.programCalls.calling(index!, takes, leaves) : index!);
  });
  return found;
}
