/** The names that a probe mentions, so that events which differ in others only share one check. */
import type { AstExpr, AstPlace, AstProbe, AstStatement } from "./ast.ts";

export function usedNames(probe: AstProbe): Set<string> {
  const names = new Set<string>();
  if (probe.predicate) ofExpression(probe.predicate, names);
  ofStatements(probe.body, names);
  return names;
}

function ofStatements(statements: readonly AstStatement[], names: Set<string>): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case "declare":
        names.add(statement.name.text);
        if (statement.value) ofExpression(statement.value, names);
        break;
      case "assign":
        ofPlace(statement.place, names);
        ofExpression(statement.value, names);
        break;
      case "step":
        ofPlace(statement.place, names);
        break;
      case "if":
        for (const arm of statement.arms) {
          ofExpression(arm.condition, names);
          ofStatements(arm.body, names);
        }
        ofStatements(statement.otherwise, names);
        break;
      case "return":
        if (statement.value) ofExpression(statement.value, names);
        break;
      case "call":
        ofExpression(statement.call, names);
    }
  }
}

function ofPlace(place: AstPlace, names: Set<string>): void {
  if (place.kind === "name") names.add(place.name.text);
  else if (place.kind === "item") names.add(place.tuple.text);
  else {
    names.add(place.map.text);
    ofExpression(place.key, names);
  }
}

function ofExpression(expr: AstExpr, names: Set<string>): void {
  switch (expr.kind) {
    case "name":
      names.add(expr.name.text);
      break;
    case "item":
      names.add(expr.tuple.text);
      break;
    case "entry":
      names.add(expr.map.text);
      ofExpression(expr.key, names);
      break;
    case "tuple":
      for (const item of expr.items) ofExpression(item, names);
      break;
    case "unary":
    case "cast":
      ofExpression(expr.operand, names);
      break;
    case "binary":
      ofExpression(expr.left, names);
      ofExpression(expr.right, names);
      break;
    case "choose":
      for (const part of [expr.condition, expr.taken, expr.otherwise]) ofExpression(part, names);
      break;
    case "call":
      names.add(expr.name.text);
      if (expr.receiver) names.add(expr.receiver.text);
      for (const arg of expr.args) ofExpression(arg, names);
  }
}
