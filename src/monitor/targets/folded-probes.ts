/**
 * Probes folded for places, once for all places where the static variables that a probe asks for have the same
 * values: a rule may match half a million places, and most ask for nothing that differs.
 */
import type { Known } from "../fold.ts";
import type { Type } from "../language-types.ts";
import type { RowPlace } from "../report.ts";
import { eventName } from "../scope.ts";
import type { Expr, Probe, Statement } from "../tree.ts";
import { visitExpression, visitStatements } from "../visit.ts";
import { dynamicNames, guarded, type Residual, residualOf } from "./in-place.ts";

export interface Folded {
  readonly residual: Residual | null;
  /** The body under what is left of the predicate, and the dynamic variables that it asks for. */
  readonly code: readonly Statement[];
  readonly names: readonly string[];
  /** Whether its code was written once, so that all it calls is known. */
  readonly rehearsed: { done: boolean };
}

interface ProbeFacts {
  /** Static variables of predicate and body with their types; null where places differ in ways of their own. */
  readonly statics: readonly (readonly [string, Type])[] | null;
  readonly known: Map<string, Folded>;
  readonly row: Pick<RowPlace, "probe" | "rule" | "event">;
}

export class FoldedProbes {
  readonly #facts = new Map<Probe, ProbeFacts>();

  /** What the rows of all places of a probe share. */
  rowOf(probe: Probe): Pick<RowPlace, "probe" | "rule" | "event"> {
    return this.#factsOf(probe).row;
  }

  at(probe: Probe, known: Known): Folded {
    const facts = this.#factsOf(probe);
    if (!facts.statics) return fold(probe, known);
    const values = facts.statics.map(([name, type]) => known.value(name, type));
    if (values.some((value) => typeof value === "object")) return fold(probe, known);
    const key = values.join("\0");
    let folded = facts.known.get(key);
    if (!folded) {
      folded = fold(probe, known);
      facts.known.set(key, folded);
    }
    return folded;
  }

  #factsOf(probe: Probe): ProbeFacts {
    let facts = this.#facts.get(probe);
    if (!facts) {
      const row = { probe: probe.number, rule: probe.span.start, event: eventName(probe) };
      facts = { statics: staticsOf(probe), known: new Map(), row };
      this.#facts.set(probe, facts);
    }
    return facts;
  }
}

function fold(probe: Probe, known: Known): Folded {
  const residual = residualOf(probe, known);
  const code = residual ? guarded(residual) : [];
  return { residual, code, names: dynamicNames(code), rehearsed: { done: false } };
}

/** A `@static` call may answer differently each time it is asked. */
function staticsOf(probe: Probe): ProbeFacts["statics"] {
  const statics = new Map<string, Type>();
  let asksLibrary = false;
  const see = (expr: Expr) => {
    if (expr.kind === "bound" && expr.static) statics.set(expr.name, expr.type);
    if (expr.kind === "call" && expr.callee.kind === "library" && expr.callee.when === "static")
      asksLibrary = true;
  };
  if (probe.predicate) visitExpression(probe.predicate, see);
  visitStatements(probe.body, see);
  return asksLibrary ? null : [...statics];
}
