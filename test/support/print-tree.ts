/** A checked script's trees as text: every operation in parentheses with its type, so that tests can compare them. */

import { typeText, type Value } from "../../src/monitor/language-types.ts";
import type { Expr, Place, Statement } from "../../src/monitor/tree.ts";

export function printExpression(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return `${printValue(expr.value)}:${typeText(expr.type)}`;
    case "variable":
      return expr.variable.name;
    case "bound":
      return `$${expr.name}:${typeText(expr.type)}`;
    case "unary":
      return `${expr.operator}${printExpression(expr.operand)}`;
    case "cast":
      return `(${printExpression(expr.operand)} as ${typeText(expr.type)})`;
    case "binary":
      return `(${printExpression(expr.left)} ${expr.operator} ${printExpression(expr.right)})`;
    case "choose":
      return `(${printExpression(expr.condition)} ? ${printExpression(expr.taken)} : ${printExpression(expr.otherwise)})`;
    case "tuple":
      return `(${expr.items.map(printExpression).join(", ")})`;
    case "item":
      return `${printExpression(expr.tuple)}.${expr.index}`;
    case "entry":
      return `${printExpression(expr.map)}[${printExpression(expr.key)}]`;
    case "call": {
      const { callee } = expr;
      const args = expr.args.map(printExpression).join(", ");
      if (callee.kind === "library")
        return `${callee.when === "run" ? "" : `@${callee.when} `}${callee.library}.${callee.name}(${args})`;
      return `${callee.kind === "routine" ? callee.routine.name : callee.name}(${args})`;
    }
  }
}

function printValue(value: Value): string {
  if (Array.isArray(value)) return `(${value.map(printValue).join(", ")})`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${k}: ${printValue(v)}`).join(", ")}}`;
  return typeof value === "string" ? JSON.stringify(value) : Object.is(value, -0) ? "-0" : String(value);
}

function printPlace(place: Place): string {
  if (place.kind === "variable") return place.variable.name;
  if (place.kind === "item") return [place.variable.name, ...place.path].join(".");
  return `${printExpression(place.map)}[${printExpression(place.key)}]`;
}

export function printStatements(statements: readonly Statement[], indent = "  "): string[] {
  return statements.flatMap((statement) => printStatement(statement, indent));
}

function printStatement(statement: Statement, indent: string): string[] {
  switch (statement.kind) {
    case "declare":
      return [
        `${indent}var ${statement.variable.name}${statement.value ? ` = ${printExpression(statement.value)}` : ""}`,
      ];
    case "assign":
      return [`${indent}${printPlace(statement.place)} = ${printExpression(statement.value)}`];
    case "add":
      return [
        `${indent}${printExpression(statement.map)}[${printExpression(statement.key)}] += ${printExpression(statement.value)}`,
      ];
    case "return":
      return [`${indent}return${statement.value ? ` ${printExpression(statement.value)}` : ""}`];
    case "call":
      return [`${indent}${printExpression(statement.call)}`];
    case "if":
      return [
        `${indent}if ${printExpression(statement.condition)}`,
        ...printStatements(statement.taken, `${indent}  `),
        ...(statement.otherwise.length > 0 ? [`${indent}else`] : []),
        ...printStatements(statement.otherwise, `${indent}  `),
      ];
  }
}
