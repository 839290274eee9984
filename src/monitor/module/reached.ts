/**
 * Which calls of a body are reached, as far as a place decides that before the program runs: rewriting folds a body for
 * each place, and what it leaves out there is not asked for. A module beside the program has one body for all places, so
 * it says with each such call what must be so.
 */
import type { Call, Expr, Statement } from "../tree.ts";
import { and, asksLibrary, necessary } from "./static-part.ts";

/** Calls that stand as statements of a folded body, each with a static condition without which it is not reached; null: none. */
export function reachedCalls(body: readonly Statement[]): ReadonlyMap<Call, Expr | null> {
  const found = new Map<Call, Expr | null>();
  collect(body, null, found);
  return found;
}

function collect(statements: readonly Statement[], outer: Expr | null, found: Map<Call, Expr | null>): void {
  let condition = outer;
  for (const statement of statements) {
    if (statement.kind === "call") found.set(statement.call, condition);
    if (statement.kind !== "if") continue;
    const { taken, otherwise } = statement;
    const [holds, fails] = [true, false].map((value) => must(statement.condition, value));
    collect(taken, and([condition, holds!]), found);
    collect(otherwise, and([condition, fails!]), found);
    if (returns(taken)) condition = and([condition, fails!]);
    if (returns(otherwise)) condition = and([condition, holds!]);
  }
}

/** A library may answer otherwise when it is asked again. */
function must(condition: Expr, value: boolean): Expr | null {
  return asksLibrary(condition) ? null : necessary(condition, value);
}

function returns(statements: readonly Statement[]): boolean {
  const last = statements.at(-1);
  if (last?.kind === "return") return true;
  return last?.kind === "if" && returns(last.taken) && returns(last.otherwise);
}
