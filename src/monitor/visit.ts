/** Visits the expressions of a tree, outermost first: what a body asks for is collected with it. */
import type { Expr, Statement } from "./tree.ts";

export function visitExpression(expr: Expr, see: (expr: Expr) => void): void {
  see(expr);
  const visit = (inner: Expr) => visitExpression(inner, see);
  switch (expr.kind) {
    case "unary":
    case "cast":
      return visit(expr.operand);
    case "binary":
      visit(expr.left);
      return visit(expr.right);
    case "choose":
      visit(expr.condition);
      visit(expr.taken);
      return visit(expr.otherwise);
    case "tuple":
      return expr.items.forEach(visit);
    case "item":
      return visit(expr.tuple);
    case "entry":
      visit(expr.map);
      return visit(expr.key);
    case "call":
      return expr.args.forEach(visit);
  }
}

export function visitStatements(statements: readonly Statement[], see: (expr: Expr) => void): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case "declare":
      case "return":
        if (statement.value) visitExpression(statement.value, see);
        break;
      case "assign":
        if (statement.place.kind === "entry") {
          visitExpression(statement.place.map, see);
          visitExpression(statement.place.key, see);
        }
        visitExpression(statement.value, see);
        break;
      case "add":
        for (const expr of [statement.map, statement.key, statement.value]) visitExpression(expr, see);
        break;
      case "if":
        visitExpression(statement.condition, see);
        visitStatements(statement.taken, see);
        visitStatements(statement.otherwise, see);
        break;
      case "call":
        visitExpression(statement.call, see);
    }
  }
}

/** Whether code calls `drop_args` however it runs; it may be that it only does at some visits. */
export function dropsAlways(statements: readonly Statement[]): boolean {
  for (const statement of statements) {
    if (isDrop(statement)) return true;
    if (mayReturn(statement)) return false;
  }
  return false;
}

function isDrop(statement: Statement): boolean {
  return statement.kind === "call" && callsLanguage([statement], "drop_args");
}

function mayReturn(statement: Statement): boolean {
  if (statement.kind !== "if") return statement.kind === "return";
  return statement.taken.some(mayReturn) || statement.otherwise.some(mayReturn);
}

/** Name of the function of the language that an expression calls; undefined where it calls none. */
export function languageCallee(expr: Expr): string | undefined {
  return expr.kind === "call" && expr.callee.kind === "language" ? expr.callee.name : undefined;
}

/** Whether code calls a function of the language. */
export function callsLanguage(statements: readonly Statement[], name: string): boolean {
  let found = false;
  visitStatements(statements, (expr) => {
    if (languageCallee(expr) === name) found = true;
  });
  return found;
}
