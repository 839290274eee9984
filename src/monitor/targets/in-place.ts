/**
 * One probe at one place, as an action of the plan: its predicate and body folded for the place, the values that they
 * ask for, and the code. Operands that are asked for elsewhere than in front of their instruction are kept in a local
 * by a second action there.
 */
import { ByteWriter } from "../../base/bytes.ts";
import { internalError } from "../../base/diagnostics.ts";
import type { CodeInPlace, Place, ProbeArgument } from "../../probe/action.ts";
import type { When } from "../../probe/plan.ts";
import type { Site } from "../../probe/sites.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, type ValType } from "../../wasm/types.ts";
import { foldExpression, foldStatements, type Known } from "../fold.ts";
import type { Expr, Probe, Statement } from "../tree.ts";
import { callsLanguage, visitStatements } from "../visit.ts";
import { dupAtNumber } from "./calls.ts";
import { CodeWriter } from "./code.ts";
import { type BoundValues, InPlace, provisional, type Shared } from "./environment.ts";
import type { Cells } from "./state.ts";

/** What is left of a probe at a place; null where its predicate is false there. */
export interface Residual {
  /** null: always true. */
  readonly predicate: Expr | null;
  readonly body: readonly Statement[];
}

export function residualOf(probe: Probe, known: Known): Residual | null {
  const predicate = probe.predicate && foldExpression(probe.predicate, known);
  if (predicate?.kind === "constant") {
    if (predicate.value === false) return null;
    return { predicate: null, body: foldStatements(probe.body, known) };
  }
  return { predicate, body: foldStatements(probe.body, known) };
}

/** The body under its predicate. */
export function guarded({ predicate, body }: Residual): readonly Statement[] {
  if (!predicate) return body;
  return [{ kind: "if", condition: predicate, taken: body, otherwise: [], span: predicate.span }];
}

/** Names of the dynamic variables that code asks for. */
export function dynamicNames(statements: readonly Statement[]): string[] {
  const names = new Set<string>();
  visitStatements(statements, (expr) => {
    if (expr.kind === "bound") names.add(expr.name);
  });
  // What the instruction writes is among its operands.
  if (callsLanguage(statements, "dup_at") || callsLanguage(statements, dupAtNumber))
    for (const name of ["arg0", "arg1"]) names.add(name);
  return [...names];
}

/** An operand that is kept from in front of its instruction. */
export interface Kept {
  readonly index: number;
  readonly type: ValType;
  readonly key: string;
}

/** How each asked name is had at the place; the second action where operands must be kept. */
export class Values {
  readonly arguments: ProbeArgument[] = [];
  readonly kept: Kept[] = [];
  readonly #site: Site | null;
  readonly #how = new Map<
    string,
    { readonly argument: number } | { readonly kept: Kept } | { readonly resolve: number }
  >();

  /**
   * `own`: the code stands in front of the instruction, or instead of it, so that its operands are there. `resolve`: the
   * added function that finds a function by its place in a table.
   */
  constructor(names: readonly string[], site: Site | null, own: boolean, resolve: (table: number) => number) {
    this.#site = site;
    for (const name of names) this.#add(name, site, own, resolve);
  }

  #add(name: string, site: Site | null, own: boolean, resolve: (table: number) => number): void {
    const [, kind, digits] = /^(arg|res|local)(\d+)$/.exec(name) ?? [];
    const index = Number(digits);
    if (kind === "arg" && !own) {
      const kept = { index, type: site!.operands[index]!, key: `${site!.offset}.${index}` };
      this.kept.push(kept);
      this.#how.set(name, { kept });
    } else if (name === "target_funcref") {
      const immediate = site!.name === "table.get" ? 0 : 1;
      if (!this.#how.has("arg0")) this.#add("arg0", site, own, resolve);
      this.#how.set(name, { resolve: resolve(Number(site!.immediates[immediate]!.value)) });
    } else {
      const argument: ProbeArgument =
        kind === "arg"
          ? { kind: "operand", index }
          : kind === "res"
            ? { kind: "result", index }
            : kind === "local"
              ? { kind: "local", index }
              : { kind: "fuel" };
      if (!kind && name !== "fuel") throw internalError(`${name} has no value at run time`);
      this.#how.set(name, { argument: this.arguments.length });
      this.arguments.push(argument);
    }
  }

  /** How code at the place pushes them. */
  at(w: ByteWriter, place: Place): BoundValues {
    const push = (name: string): ValType => {
      const how = this.#how.get(name);
      if (!how) throw internalError(`${name} was not asked for`);
      if ("argument" in how) {
        place.push(how.argument);
        return place.types[how.argument] ?? I32;
      }
      if ("kept" in how) {
        emit(w, "local.get", place.frameLocal(how.kept.key, how.kept.type));
        return how.kept.type;
      }
      push("arg0");
      emit(w, "call", place.indices.function(how.resolve));
      return I32;
    };
    return { push, site: this.#site };
  }
}

/** The action in front of an instruction that keeps operands. */
export function keeping(kept: readonly Kept[]): CodeInPlace & { readonly when: When } {
  return {
    when: "before",
    values: kept.map(({ index }) => ({ kind: "operand", index })),
    write: (w, place) => {
      kept.forEach(({ key, type }, n) => {
        place.push(n);
        emit(w, "local.set", place.frameLocal(key, type));
      });
    },
  };
}

/** Code at a place that leaves the stack as it was. To be rehearsed once for the same code. */
export function inPlace(
  shared: Shared,
  code: readonly Statement[],
  cells: Cells,
  values: Values,
): CodeInPlace {
  return {
    values: values.arguments,
    write: (w, place) => new CodeWriter(new InPlace(w, shared, place, cells, values.at(w, place))).body(code),
  };
}

/** Writes an action into nothing, so that all it calls and every string in it is known beforehand. */
export function rehearse(action: CodeInPlace): void {
  const w = new ByteWriter(64);
  action.write(w, {
    ...{ indices: provisional, function: 0, offset: null, types: [] },
    ...{ push: () => {}, scratch: () => 0, frameLocal: () => 0, original: () => {}, leaves: [] },
  });
}
