/**
 * What of a predicate can be asked before the program runs, where the code that asks knows no place: the sides of its
 * outermost `&&` that are static are asked once for each place, and only the others are at each visit. Of a side that is
 * mixed (`a && x > 1 || b`) what must be true in any case is asked before, too.
 */
import { foldExpression } from "../fold.ts";
import type { Call, Expr } from "../tree.ts";
import { visitExpression } from "../visit.ts";

export interface Parts {
  /** null: every place is wanted. */
  readonly before: Expr | null;
  /** null: nothing is left for a visit. */
  readonly visit: Expr | null;
}

export function partsOf(predicate: Expr | null): Parts {
  if (!predicate) return { before: null, visit: null };
  const sides = conjuncts(predicate);
  return {
    before: and(sides.map((side) => necessary(side))),
    visit: and(sides.map((side) => (isStatic(side) ? null : side))),
  };
}

function conjuncts(expr: Expr): readonly Expr[] {
  if (expr.kind !== "binary" || expr.operator !== "&&") return [expr];
  return [...conjuncts(expr.left), ...conjuncts(expr.right)];
}

/** A static condition that holds wherever the expression can be `value`; null where there is none. */
export function necessary(expr: Expr, value = true): Expr | null {
  if (isStatic(expr)) return value ? expr : not(expr);
  if (asksLibrary(expr)) return null;
  if (expr.kind === "unary" && expr.operator === "!") return necessary(expr.operand, !value);
  if (expr.kind !== "binary") return null;
  const sides = [necessary(expr.left, value), necessary(expr.right, value)];
  if (expr.operator === (value ? "&&" : "||")) return and(sides);
  const [left, right] = sides;
  return expr.operator === (value ? "||" : "&&") && left && right
    ? { ...expr, operator: "||", left, right }
    : null;
}

export function not(operand: Expr): Expr {
  return { kind: "unary", operator: "!", operand, type: "bool", span: operand.span };
}

export function and(sides: readonly (Expr | null)[]): Expr | null {
  return sides.reduce(
    (all, side) =>
      all && side
        ? { kind: "binary", operator: "&&", left: all, right: side, type: "bool", span: side.span }
        : (all ?? side),
    null,
  );
}

/** Whether folding makes it a constant at every place: it asks for nothing that a visit knows, and cannot trap. */
export function isStatic(expr: Expr): boolean {
  let fixed = true;
  visitExpression(expr, (inner) => {
    if (inner.kind === "variable" || (inner.kind === "bound" && !inner.static)) fixed = false;
    if (inner.kind === "binary" && /^[/%]$/.test(inner.operator) && !isConstant(inner)) fixed = false;
    if (inner.kind === "call" && !isFolded(inner)) fixed = false;
  });
  return fixed;
}

const isConstant = (expr: Expr) => foldExpression(expr, { value: () => undefined }).kind === "constant";

function isFolded({ callee }: Call): boolean {
  if (callee.kind === "library") return callee.when === "static";
  return callee.kind === "method" && callee.name !== "addr";
}

export function asksLibrary(expr: Expr): boolean {
  let asks = false;
  visitExpression(expr, (inner) => {
    if (inner.kind === "call" && inner.callee.kind === "library") asks = true;
  });
  return asks;
}
