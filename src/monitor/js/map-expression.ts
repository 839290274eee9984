/** An expression with its parts replaced, innermost first; what `replace` gives back stands as it is. */
import type { Expr } from "../tree.ts";

export function mapExpression(expr: Expr, replace: (expr: Expr) => Expr): Expr {
  const map = (inner: Expr) => mapExpression(inner, replace);
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
