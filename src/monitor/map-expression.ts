/**
 * Trees with their expressions replaced, innermost first; what `replace` gives back stands as it is. What `whole` gives
 * something for is not looked into.
 */
import type { Call, Expr, Place, Statement } from "./tree.ts";

export type Whole = (expr: Expr) => Expr | undefined;

export function mapExpression(expr: Expr, replace: (expr: Expr) => Expr, whole?: Whole): Expr {
  const instead = whole?.(expr);
  if (instead) return instead;
  const map = (inner: Expr) => mapExpression(inner, replace, whole);
  switch (expr.kind) {
    case "unary":
    case "cast":
      return replace({ ...expr, operand: map(expr.operand) });
    case "binary":
      return replace({ ...expr, left: map(expr.left), right: map(expr.right) });
    case "choose":
      return replace({
        ...{ ...expr, condition: map(expr.condition) },
        ...{ taken: map(expr.taken), otherwise: map(expr.otherwise) },
      });
    case "tuple":
      return replace({ ...expr, items: expr.items.map(map) });
    case "item":
      return replace({ ...expr, tuple: map(expr.tuple) });
    case "entry":
      return replace({ ...expr, map: map(expr.map), key: map(expr.key) });
    case "call":
      return replace({ ...expr, args: expr.args.map(map) });
    default:
      return replace(expr);
  }
}

/** Statements with all their expressions replaced so; variables that are set stay what they are. */
export function mapStatements(
  statements: readonly Statement[],
  replace: (expr: Expr) => Expr,
  whole?: Whole,
): readonly Statement[] {
  return statements.map((statement) => mapStatement(statement, replace, whole));
}

function mapStatement(statement: Statement, replace: (expr: Expr) => Expr, whole?: Whole): Statement {
  const map = (expr: Expr) => mapExpression(expr, replace, whole);
  switch (statement.kind) {
    case "declare":
    case "return":
      return { ...statement, value: statement.value && map(statement.value) };
    case "assign":
      return { ...statement, place: mapPlace(statement.place, map), value: map(statement.value) };
    case "add":
      return {
        ...{ ...statement, map: map(statement.map) },
        ...{ key: map(statement.key), value: map(statement.value) },
      };
    case "if":
      return {
        ...{ ...statement, condition: map(statement.condition) },
        taken: mapStatements(statement.taken, replace, whole),
        otherwise: mapStatements(statement.otherwise, replace, whole),
      };
    case "call":
      return { ...statement, call: map(statement.call) as Call };
  }
}

function mapPlace(place: Place, map: (expr: Expr) => Expr): Place {
  return place.kind === "entry" ? { ...place, map: map(place.map), key: map(place.key) } : place;
}
