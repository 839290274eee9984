/**
 * Mode `alt`: code instead of an instruction, of a whole block, or of what is behind an `else`. Its operands are there
 * for the asking and gone behind it; its results are what the last `alt_call_…` gave. Without one they are the operands
 * where those have the same types and were not dropped, as they stay on the stack in Whamm, and zeros otherwise. Where a
 * predicate is left, the other case is what stood there. Where the code is in a module beside the program, that calls back
 * for `alt_call_…` (program-calls.ts).
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { CodeInPlace, Place } from "../../probe/action.ts";
import type { Site } from "../../probe/sites.ts";
import { emit } from "../../wasm/emit.ts";
import { funcTypeAt, I64, type ValType } from "../../wasm/types.ts";
import { Wrong } from "../scope.ts";
import type { Call, Expr } from "../tree.ts";
import { callsLanguage, dropsAlways, languageCallee, visitStatements } from "../visit.ts";
import { InGlobals, InLocals } from "./alt-results.ts";
import { altCallNumber, dropArgsNumber, notReached } from "./calls.ts";
import { CodeWriter } from "./code.ts";
import { type BoundValues, InPlace, type Shared } from "./environment.ts";
import { dynamicNames, guarded, type Residual, rehearse, Values } from "./in-place.ts";
import type { ModuleFacts } from "./known.ts";
import type { Cells } from "./state.ts";
import { pushZeros } from "./zero.ts";

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
  const callsBack = callsLanguage(code, altCallNumber) || callsLanguage(code, dropArgsNumber);
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
          if (languageCallee(call) === altCallNumber) return emit(w, "i32.const", calls.get(call)!);
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

const altCallOf = ({ type }: Expr) => (type === "str" ? "alt_call_by_name" : "alt_call_by_id");

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
    const called = languageCallee(expr);
    const isNumber = called === altCallNumber;
    if (expr.kind !== "call" || !(isNumber || called?.startsWith("alt_call"))) return;
    const [target] = expr.args;
    const name = isNumber ? altCallOf(target!) : called;
    if (target?.kind !== "constant")
      throw new Wrong(expr.span, `${name} takes a function that is known beforehand`);
    if (isNumber && typeof target.value !== "string" && Number(target.value) === notReached) {
      found.set(expr, notReached);
      return;
    }
    const index = typeof target.value === "string" ? facts.functionNamed(target.value) : Number(target.value);
    const type = index === undefined ? undefined : facts.module.functions[index];
    if (type === undefined)
      throw new Wrong(target.span, `${name}: the module has no function ${String(target.value)}`);
    const signature = funcTypeAt(facts.module, type)!;
    const same =
      [...signature.params].reverse().join() === takes.join() &&
      [...signature.results].reverse().join() === leaves.join();
    if (!same)
      throw new Wrong(
        target.span,
        `${name}: the function ${String(target.value)} has another type than what it replaces`,
      );
    found.set(expr, isNumber ? shared.programCalls.calling(index!, takes, leaves) : index!);
  });
  return found;
}
