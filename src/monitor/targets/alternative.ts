/**
 * Mode `alt`: code instead of an instruction. Its operands are there for the asking and gone behind it; its results
 * are what the last `alt_call_…` gave. Without one they are the operands where those have the same types and were not
 * dropped, as they stay on the stack in Whamm, and zeros otherwise. Where a predicate is left, the other case is the
 * instruction itself.
 */
import { usageError } from "../../base/diagnostics.ts";
import type { CodeInPlace } from "../../probe/action.ts";
import type { Site } from "../../probe/sites.ts";
import { emit } from "../../wasm/emit.ts";
import { F32, F64, funcTypeAt, I32, I64, V128, type ValType } from "../../wasm/types.ts";
import type { Expr } from "../tree.ts";
import { callsLanguage, visitStatements } from "../visit.ts";
import { CodeWriter } from "./code.ts";
import { InPlace, type Shared } from "./environment.ts";
import { dynamicNames, guarded, type Residual, rehearse, Values } from "./in-place.ts";
import type { ModuleFacts } from "./known.ts";
import type { Cells } from "./state.ts";

const structured = /^(block|loop|if|try|try_table)$/;

export function alternative(
  shared: Shared,
  facts: ModuleFacts,
  site: Site,
  residual: Residual,
  cells: Cells,
): CodeInPlace {
  if (structured.test(site.name) && residual.predicate)
    throw usageError(
      `${site.name}:alt takes a predicate that is known beforehand`,
      "what it depends on is known at a visit only",
    );
  const code = guarded(residual);
  const calls = calledInstead(facts, site, code);
  const names = dynamicNames(code);
  const values = new Values(names, site, true, (table) => shared.calls.resolver(table));
  // The operands, all of them, behind what the body asks for.
  const first = values.arguments.length;
  for (let index = 0; index < site.operands.length; index++)
    values.arguments.push({ kind: "operand", index });
  const drops = callsLanguage(code, "drop_args");
  const keeps = !drops && site.operands.join() === site.results.join();
  const action: CodeInPlace & { reenters: boolean } = {
    values: values.arguments,
    reenters: calls.size > 0,
    write: (w, place) => {
      const results = site.results.map((type) => place.scratch(type));
      const pushOperands = () => {
        for (let n = site.operands.length - 1; n >= 0; n--) place.push(first + n);
      };
      const setResults = () => {
        for (const local of results) emit(w, "local.set", local);
      };
      if (keeps) pushOperands();
      else for (const type of [...site.results].reverse()) pushZero(w, type);
      setResults();
      const env = new InPlace(w, shared, place, cells, {
        ...values.at(w, place),
        instead: (call) => {
          pushOperands();
          emit(w, "call", place.indices.moved.func(calls.get(call)!));
          setResults();
        },
      });
      const writer = new CodeWriter(env);
      if (!residual.predicate) writer.body(residual.body);
      else {
        writer.expression(residual.predicate);
        emit(w, "if", null);
        new CodeWriter(env).body(residual.body);
        emit(w, "else");
        place.original(1);
        setResults();
        emit(w, "end");
      }
      for (const local of [...results].reverse()) emit(w, "local.get", local);
    },
  };
  rehearse(action);
  return action;
}

type Call = Expr & { kind: "call" };

/** The functions that the body calls instead, which must be of the same type. */
function calledInstead(
  facts: ModuleFacts,
  site: Site,
  code: Parameters<typeof visitStatements>[0],
): Map<Call, number> {
  const found = new Map<Call, number>();
  visitStatements(code, (expr) => {
    if (expr.kind !== "call" || expr.callee.kind !== "language" || !expr.callee.name.startsWith("alt_call"))
      return;
    const [target] = expr.args;
    if (target?.kind !== "constant")
      throw usageError(`${expr.callee.name} takes a function that is known beforehand`);
    const index = typeof target.value === "string" ? facts.functionNamed(target.value) : Number(target.value);
    const type = index === undefined ? undefined : facts.module.functions[index];
    if (type === undefined)
      throw usageError(`${expr.callee.name}: the module has no function ${String(target.value)}`);
    const signature = funcTypeAt(facts.module, type)!;
    const same =
      [...signature.params].reverse().join() === site.operands.join() &&
      [...signature.results].reverse().join() === site.results.join();
    if (!same)
      throw usageError(
        `${expr.callee.name}: the function ${String(target.value)} has another type than what it replaces`,
      );
    found.set(expr, index!);
  });
  return found;
}

function pushZero(w: Parameters<typeof emit>[0], type: ValType): void {
  if (type === I32) emit(w, "i32.const", 0);
  else if (type === I64) emit(w, "i64.const", 0n);
  else if (type === F32) emit(w, "f32.const", 0);
  else if (type === F64) emit(w, "f64.const", 0);
  else if (type === V128) emit(w, "v128.const", new Uint8Array(16));
  else emit(w, "unreachable");
}
