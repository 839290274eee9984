/** What is left of a predicate or a body, in the script's own words; every operation in parentheses. */
import { typeText, type Value } from "../../monitor/language-types.ts";
import type { Call, Expr } from "../../monitor/tree.ts";

export function expressionText(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return constantText(expr.value);
    case "variable":
      return expr.variable.name;
    case "bound":
      return expr.name;
    case "unary":
      return `${expr.operator}${expressionText(expr.operand)}`;
    case "cast":
      return `(${expressionText(expr.operand)} as ${typeText(expr.type)})`;
    case "binary":
      return `(${expressionText(expr.left)} ${expr.operator} ${expressionText(expr.right)})`;
    case "choose":
      return `(${expressionText(expr.condition)} ? ${expressionText(expr.taken)} : ${expressionText(expr.otherwise)})`;
    case "tuple":
      return `(${expr.items.map(expressionText).join(", ")})`;
    case "item":
      return `${expressionText(expr.tuple)}.${expr.index}`;
    case "entry":
      return `${expressionText(expr.map)}[${expressionText(expr.key)}]`;
    case "call":
      return callText(expr);
  }
}

function callText({ callee, args }: Call): string {
  const texts = args.map(expressionText);
  if (callee.kind === "method") return `${texts[0]}.${callee.name}(${texts.slice(1).join(", ")})`;
  const list = `(${texts.join(", ")})`;
  if (callee.kind === "routine") return callee.routine.name + list;
  if (callee.kind === "language") return callee.name + list;
  const when = callee.when === "run" ? "" : `@${callee.when} `;
  return `${when}${callee.library}.${callee.name}${list}`;
}

function constantText(value: Value): string {
  if (Array.isArray(value)) return `(${value.map(constantText).join(", ")})`;
  if (value instanceof Map) return "{…}";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
