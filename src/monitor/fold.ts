/**
 * Makes a checked script smaller for one place: static variables become constants, what can be computed is, branches
 * that cannot be taken go, and a predicate becomes true, false or what is left of it. The meaning stays: nothing that
 * may trap or has an effect is dropped or moved, with one exception that is Whamm's own rule: to the right of && and
 * || a side is dropped where the left decides.
 */
import { binary, cast, unary } from "./evaluate.ts";
import { type Primitive, type Type, type Value, valueKey, zeroOf } from "./language-types.ts";
import type { Call, Callee, Expr, Place, Statement } from "./tree.ts";

/** What is known of a place. */
export interface Known {
  /** Value of a static bound variable, in the type; undefined leaves it as it is. */
  readonly value: (name: string, type: Type) => Value | undefined;
  /** Runs a `@static` call now; undefined leaves the call in the code. */
  readonly call?: (library: string, name: string, args: readonly Value[]) => Value | undefined;
}

export function foldExpression(expr: Expr, known: Known): Expr {
  switch (expr.kind) {
    case "constant":
    case "variable":
      return expr;
    case "bound": {
      const value = expr.static ? known.value(expr.name, expr.type) : undefined;
      return value === undefined ? expr : constant(expr, value);
    }
    case "unary": {
      const operand = foldExpression(expr.operand, known);
      if (operand.kind === "constant") return constant(expr, unary(expr.operator, expr.type, operand.value));
      return { ...expr, operand };
    }
    case "cast": {
      const operand = foldExpression(expr.operand, known);
      if (operand.kind !== "constant") return { ...expr, operand };
      return constant(expr, cast(operand.type as Primitive, expr.type as Primitive, operand.value));
    }
    case "binary":
      return foldBinary(expr, known);
    case "choose": {
      const condition = foldExpression(expr.condition, known);
      if (condition.kind === "constant")
        return foldExpression(condition.value ? expr.taken : expr.otherwise, known);
      return {
        ...{ ...expr, condition },
        ...{ taken: foldExpression(expr.taken, known), otherwise: foldExpression(expr.otherwise, known) },
      };
    }
    case "tuple": {
      const items = expr.items.map((item) => foldExpression(item, known));
      const values = constants(items);
      return values ? constant(expr, values) : { ...expr, items };
    }
    case "item": {
      const tuple = foldExpression(expr.tuple, known);
      if (tuple.kind === "constant") return constant(expr, (tuple.value as readonly Value[])[expr.index]!);
      return { ...expr, tuple };
    }
    case "entry": {
      const map = foldExpression(expr.map, known);
      const key = foldExpression(expr.key, known);
      if (map.kind !== "constant" || key.kind !== "constant") return { ...expr, map, key };
      const found = (map.value as ReadonlyMap<string, Value>).get(valueKey(key.value));
      return constant(expr, found ?? zeroOf(expr.type));
    }
    case "call":
      return foldCall(expr, known);
  }
}

function constant(expr: Expr, value: Value): Expr {
  return { kind: "constant", type: expr.type, value, span: expr.span };
}

function constants(items: readonly Expr[]): Value[] | undefined {
  const values = items.map((item) => (item.kind === "constant" ? item.value : undefined));
  return values.some((value) => value === undefined) ? undefined : (values as Value[]);
}

function foldBinary(expr: Expr & { kind: "binary" }, known: Known): Expr {
  const { operator } = expr;
  const left = foldExpression(expr.left, known);
  if (operator === "&&" || operator === "||") {
    const decides = operator === "||";
    if (left.kind === "constant") return left.value === decides ? left : foldExpression(expr.right, known);
    const right = foldExpression(expr.right, known);
    if (right.kind !== "constant") return { ...expr, left, right };
    if (right.value !== decides) return left;
    return pure(left) ? right : { ...expr, left, right };
  }
  const right = foldExpression(expr.right, known);
  if (left.kind === "constant" && right.kind === "constant") {
    const value = binary(operator, left.type, left.value, right.value);
    if (value !== undefined) return constant(expr, value);
  }
  return { ...expr, left, right };
}

/** Whether leaving it out changes nothing: no calls, nothing that traps. */
function pure(expr: Expr): boolean {
  switch (expr.kind) {
    case "call":
      return expr.callee.kind === "method" && expr.args.every(pure);
    case "binary":
      return !/^[/%]$/.test(expr.operator) && pure(expr.left) && pure(expr.right);
    case "unary":
    case "cast":
      return pure(expr.operand);
    case "choose":
      return pure(expr.condition) && pure(expr.taken) && pure(expr.otherwise);
    case "tuple":
      return expr.items.every(pure);
    case "item":
      return pure(expr.tuple);
    case "entry":
      return pure(expr.map) && pure(expr.key);
    default:
      return true;
  }
}

function foldCall(expr: Call, known: Known): Expr & { kind: "call" | "constant" } {
  const args = expr.args.map((arg) => foldExpression(arg, known));
  const values = constants(args);
  const value = values && callValue(expr.callee, values, known);
  if (value === undefined) return { ...expr, args };
  return { kind: "constant", type: expr.type, value, span: expr.span };
}

const encoder = new TextEncoder();

function callValue(callee: Callee, args: readonly Value[], known: Known): Value | undefined {
  if (callee.kind === "library")
    return callee.when === "static" ? known.call?.(callee.library, callee.name, args) : undefined;
  if (callee.kind !== "method") return undefined;
  const [text, other] = args as readonly [string, string];
  switch (callee.name) {
    case "len":
      return encoder.encode(text).length;
    case "starts_with":
      return text.startsWith(other);
    case "ends_with":
      return text.endsWith(other);
    case "contains":
      return text.includes(other);
    default:
      return undefined;
  }
}

/** Folds a body; what stands behind a return goes. */
export function foldStatements(statements: readonly Statement[], known: Known): Statement[] {
  const folded: Statement[] = [];
  for (const statement of statements) {
    folded.push(...foldStatement(statement, known));
    if (folded.length > 0 && returns(folded.at(-1)!)) break;
  }
  return folded;
}

function returns(statement: Statement): boolean {
  if (statement.kind === "return") return true;
  if (statement.kind !== "if") return false;
  const [taken, otherwise] = [statement.taken.at(-1), statement.otherwise.at(-1)];
  return taken !== undefined && otherwise !== undefined && returns(taken) && returns(otherwise);
}

function foldStatement(statement: Statement, known: Known): readonly Statement[] {
  switch (statement.kind) {
    case "declare":
      return [{ ...statement, value: statement.value && foldExpression(statement.value, known) }];
    case "assign":
      return [
        {
          ...statement,
          place: foldPlace(statement.place, known),
          value: foldExpression(statement.value, known),
        },
      ];
    case "add":
      return [
        {
          ...{ ...statement, map: foldExpression(statement.map, known) },
          ...{ key: foldExpression(statement.key, known), value: foldExpression(statement.value, known) },
        },
      ];
    case "return":
      return [{ ...statement, value: statement.value && foldExpression(statement.value, known) }];
    case "call": {
      const call = foldCall(statement.call, known);
      return call.kind === "constant" ? [] : [{ ...statement, call }];
    }
    case "if": {
      const condition = foldExpression(statement.condition, known);
      if (condition.kind === "constant")
        return foldStatements(condition.value ? statement.taken : statement.otherwise, known);
      const taken = foldStatements(statement.taken, known);
      const otherwise = foldStatements(statement.otherwise, known);
      if (taken.length + otherwise.length === 0 && pure(condition)) return [];
      return [{ ...statement, condition, taken, otherwise }];
    }
  }
}

function foldPlace(place: Place, known: Known): Place {
  if (place.kind !== "entry") return place;
  return { ...place, map: foldExpression(place.map, known), key: foldExpression(place.key, known) };
}
