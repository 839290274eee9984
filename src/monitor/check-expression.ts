/**
 * Types of expressions. A literal takes the type that its surroundings ask for; everything else has one of its own,
 * and only `as` changes it. Names are looked up here, and a bound variable that is derived from others becomes the
 * expression that it stands for.
 */
import type { AstExpr, BinaryOperator, Name } from "./ast.ts";
import { checkCall } from "./check-call.ts";
import { float, integer, literalFits } from "./evaluate.ts";
import {
  isFloat,
  isInteger,
  isMap,
  isNumber,
  isTuple,
  sameType,
  type Type,
  typeText,
} from "./language-types.ts";
import { parseExpression } from "./parse-expression.ts";
import { findBound, type Surroundings, unknownName, Wrong } from "./scope.ts";
import type { Span } from "./source.ts";
import type { Expr } from "./tree.ts";

/** The tree of an expression; `expected` is what a literal becomes. Throws Wrong. */
export function checkExpression(ast: AstExpr, at: Surroundings, expected?: Type): Expr {
  const { span } = ast;
  switch (ast.kind) {
    case "bool":
      return { kind: "constant", type: "bool", value: ast.value, span };
    case "string":
      return { kind: "constant", type: "str", value: ast.value, span };
    case "int":
      return integerLiteral(ast.value, ast.bits, span, expected);
    case "float": {
      const single = Number.isFinite(Math.fround(ast.value)) || !Number.isFinite(ast.value);
      const type = expected === "f64" || !single ? "f64" : "f32";
      return { kind: "constant", type, value: float(type, ast.value), span };
    }
    case "name":
      return checkName(ast.name, at, expected);
    case "item":
      return itemOf(checkName(ast.tuple, at), ast.path, span);
    case "entry":
      return checkEntry(ast.map, ast.key, span, at);
    case "tuple": {
      const wanted = expected !== undefined && isTuple(expected) ? expected.items : [];
      const items = ast.items.map((item, i) => checkExpression(item, at, wanted[i]));
      return { kind: "tuple", type: { kind: "tuple", items: items.map((item) => item.type) }, items, span };
    }
    case "unary": {
      const operand = checkExpression(ast.operand, at, expected);
      const fits = ast.operator === "!" ? operand.type === "bool" : isInteger(operand.type);
      if (!fits) {
        const wants = ast.operator === "!" ? "a bool" : "an integer";
        throw new Wrong(span, `${ast.operator} wants ${wants}, this is ${typeText(operand.type)}`);
      }
      return { kind: "unary", operator: ast.operator, operand, type: operand.type, span };
    }
    case "cast": {
      const operand = checkExpression(ast.operand, at);
      const castable = (type: Type) => isNumber(type) || type === "bool";
      if (operand.type === ast.type) return operand;
      if (!castable(operand.type) || !castable(ast.type))
        throw new Wrong(span, `${typeText(operand.type)} cannot become ${ast.type}`);
      return { kind: "cast", operand, type: ast.type, span };
    }
    case "binary":
      return checkBinary(ast, at, expected);
    case "choose": {
      const condition = checkAs(ast.condition, at, "bool", "the condition");
      const [taken, otherwise] = pair(ast.taken, ast.otherwise, at, expected);
      if (!sameType(taken.type, otherwise.type))
        throw new Wrong(
          span,
          `a ternary gives one type: ${typeText(taken.type)} or ${typeText(otherwise.type)}`,
        );
      return { kind: "choose", condition, taken, otherwise, type: taken.type, span };
    }
    case "call":
      return checkCall(ast, at, { expression: checkExpression, as: checkAs, name: checkName });
  }
}

/** An expression that must have the type; `what` it is in the message. */
export function checkAs(ast: AstExpr, at: Surroundings, type: Type, what: string): Expr {
  if (ast.kind === "tuple" && isTuple(type) && ast.items.length === type.items.length) {
    const items = ast.items.map((item, i) => checkAs(item, at, type.items[i]!, `item ${i} of ${what}`));
    return { kind: "tuple", type, items, span: ast.span };
  }
  const expr = checkExpression(ast, at, type);
  if (sameType(expr.type, type)) return expr;
  const castable = isNumber(expr.type) && isNumber(type);
  const asked = isNumber(expr.type) && type === "bool" ? "compare it: … != 0" : undefined;
  const cure = castable ? `write … as ${typeText(type)}` : asked;
  throw new Wrong(ast.span, `${what} is ${typeText(type)}, this is ${typeText(expr.type)}`, cure);
}

function integerLiteral(value: bigint, bits: boolean, span: Span, expected: Type | undefined): Expr {
  if (expected !== undefined && isFloat(expected))
    return { kind: "constant", type: expected, value: float(expected, Number(value)), span };
  if (expected !== undefined && isInteger(expected)) {
    if (!literalFits(expected, value, bits)) throw new Wrong(span, `${value} does not fit ${expected}`);
    return { kind: "constant", type: expected, value: integer(expected, value), span };
  }
  const type = (["i32", "i64", "u64"] as const).find((candidate) => literalFits(candidate, value, false));
  if (!type) throw new Wrong(span, `${value} fits no integer type`);
  return { kind: "constant", type, value: integer(type, value), span };
}

function checkName({ text, span }: Name, at: Surroundings, expected?: Type): Expr {
  const variable = at.scope.find(text);
  if (variable) return { kind: "variable", variable, type: variable.type, span };
  if (text === "APP_MEMID") return { kind: "bound", name: text, static: true, type: "u32", span };
  const bound = at.event && findBound(at.event, text, span);
  if (bound) {
    if (bound.derivation !== undefined) return derived(bound.derivation, at, span, bound.type);
    return { kind: "bound", name: text, static: bound.static, type: bound.type, span };
  }
  if (/^(inf|infinity|nan)$/i.test(text)) {
    const value = /^nan$/i.test(text) ? Number.NaN : Number.POSITIVE_INFINITY;
    return { kind: "constant", type: expected === "f64" ? "f64" : "f32", value, span };
  }
  const known = [...at.scope.names, ...(at.event?.event.variables ?? []).map(({ name }) => name)];
  const isParameter = /^arg\d+$/.test(text) && at.event?.event.package === "func";
  const cure = isParameter ? `parameters are locals: ${text.replace("arg", "local")}` : undefined;
  throw unknownName("variable", text, span, known, cure);
}

/** A variable's definition at its event, in the event's own types whatever the rule's bounds say. */
function derived(text: string, at: Surroundings, span: Span, type: Type): Expr {
  const event = { ...at.event!, bounds: new Map<string, Type>() };
  return respan(checkExpression(parseExpression(text), { ...at, event }, type), span);
}

/** The tree with the span of the name that it stands for. */
function respan(expr: Expr, span: Span): Expr {
  switch (expr.kind) {
    case "unary":
    case "cast":
      return { ...expr, span, operand: respan(expr.operand, span) };
    case "binary":
      return { ...expr, span, left: respan(expr.left, span), right: respan(expr.right, span) };
    case "choose":
      return {
        ...{ ...expr, span, condition: respan(expr.condition, span) },
        ...{ taken: respan(expr.taken, span), otherwise: respan(expr.otherwise, span) },
      };
    case "call":
      return { ...expr, span, args: expr.args.map((arg) => respan(arg, span)) };
    default:
      return { ...expr, span };
  }
}

export function itemOf(tuple: Expr, path: readonly number[], span: Span): Expr {
  let expr = tuple;
  for (const index of path) {
    if (!isTuple(expr.type)) throw new Wrong(span, `${typeText(expr.type)} is no tuple`);
    const type = expr.type.items[index];
    if (type === undefined)
      throw new Wrong(span, `there is no item ${index} in ${typeText(expr.type)}`, "items count from 0");
    expr = { kind: "item", tuple: expr, index, type, span };
  }
  return expr;
}

export function checkEntry(name: Name, key: AstExpr, span: Span, at: Surroundings): Expr & { kind: "entry" } {
  const map = checkName(name, at);
  if (!isMap(map.type)) throw new Wrong(name.span, `${name.text} is ${typeText(map.type)}, not a map`);
  const keyed = checkAs(key, at, map.type.key, `the key of ${name.text}`);
  return { kind: "entry", map, key: keyed, type: map.type.value, span };
}

/** Two expressions of one type: a literal takes that of the other. */
function pair(left: AstExpr, right: AstExpr, at: Surroundings, expected?: Type): readonly [Expr, Expr] {
  if (isLiteral(left) && isLiteral(right)) {
    const fraction = hasFraction(left) || hasFraction(right);
    const fits = expected !== undefined && (fraction ? isFloat(expected) : isNumber(expected));
    const type = fits ? expected : fraction ? "f32" : undefined;
    const first = checkExpression(left, at, type);
    return [first, checkExpression(right, at, first.type)];
  }
  if (isLiteral(left)) {
    const second = checkExpression(right, at, expected);
    return [checkExpression(left, at, second.type), second];
  }
  const first = checkExpression(left, at, expected);
  return [first, checkExpression(right, at, first.type)];
}

/** Whether an expression is made of numbers alone, so that its type is open. */
function isLiteral(ast: AstExpr): boolean {
  if (ast.kind === "binary")
    return isLiteral(ast.left) && isLiteral(ast.right) && !isComparison(ast.operator);
  if (ast.kind === "unary") return isLiteral(ast.operand);
  return (
    ast.kind === "int" ||
    ast.kind === "float" ||
    (ast.kind === "name" && /^(inf|infinity|nan)$/i.test(ast.name.text))
  );
}

function hasFraction(ast: AstExpr): boolean {
  if (ast.kind === "binary") return hasFraction(ast.left) || hasFraction(ast.right);
  return ast.kind === "unary" ? hasFraction(ast.operand) : ast.kind === "float" || ast.kind === "name";
}

const isComparison = (operator: BinaryOperator) => /^([<>]=?|[=!]=)$/.test(operator);

function checkBinary(ast: AstExpr & { kind: "binary" }, at: Surroundings, expected?: Type): Expr {
  const { operator, span } = ast;
  if (operator === "&&" || operator === "||") {
    const left = checkAs(ast.left, at, "bool", `the left of ${operator}`);
    const right = checkAs(ast.right, at, "bool", `the right of ${operator}`);
    return { kind: "binary", operator, left, right, type: "bool", span };
  }
  const [left, right] = pair(ast.left, ast.right, at, isComparison(operator) ? undefined : expected);
  const [a, b] = [typeText(left.type), typeText(right.type)];
  if (a !== b) {
    const cure = isNumber(left.type) && isNumber(right.type) ? `cast one: … as ${a}` : undefined;
    throw new Wrong(span, `${operator} wants two values of one type, these are ${a} and ${b}`, cure);
  }
  const problem = operandProblem(operator, left.type);
  if (problem) throw new Wrong(span, `${operator} wants ${problem}, these are ${a}`);
  return { kind: "binary", operator, left, right, type: isComparison(operator) ? "bool" : left.type, span };
}

/** What an operator wants instead of the type; undefined where it takes it. */
function operandProblem(operator: BinaryOperator, type: Type): string | undefined {
  if (operator === "==" || operator === "!=")
    return comparable(type) ? undefined : "values that can be compared";
  if (/^([<>]=?|[-+*/%])$/.test(operator)) return isNumber(type) ? undefined : "numbers";
  return isInteger(type) ? undefined : "integers";
}

function comparable(type: Type): boolean {
  if (isTuple(type)) return type.items.every(comparable);
  return !isMap(type) && type !== "funcref";
}
