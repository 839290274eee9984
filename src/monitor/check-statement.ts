/**
 * Statements: what may be declared and written where, and what runs once before the program (initial values of
 * variables that live on, `@init` calls, everything at script level) rather than at each visit.
 */
import type { AstExpr, AstPlace, AstStatement, Name } from "./ast.ts";
import { checkAs, checkEntry, checkExpression, itemOf } from "./check-expression.ts";
import {
  holdsMap,
  isKey,
  isMap,
  isNumber,
  isTuple,
  type MapType,
  type TupleType,
  type Type,
  typeText,
  unit,
} from "./language-types.ts";
import { type Surroundings, unknownName, Wrong } from "./scope.ts";
import type { Call, Expr, Place, Statement, Variable } from "./tree.ts";
import { languageCallee } from "./visit.ts";

/** The piece of a script that statements stand in. */
export interface Part {
  readonly kind: "script" | "probe" | "fn";
  readonly at: Surroundings;
  /** Gains the variables that live on: the script's, or the site variables of a probe. */
  readonly declared: Variable[];
  /** Gains the `@init` calls of a probe. */
  readonly first: Statement[];
  /** What `return` gives. */
  readonly result: Type;
  /** Runs the check of one statement; undefined where it failed and its problem is noted. */
  readonly attempt: <T>(body: () => T) => T | undefined;
}

export function checkStatements(statements: readonly AstStatement[], part: Part): readonly Statement[] {
  return statements.flatMap((statement) => part.attempt(() => checkStatement(statement, part)) ?? []);
}

export function variableFrom(
  { text, span }: Name,
  type: Type,
  storage: Variable["storage"],
  report: boolean,
  initial: Expr | null,
): Variable {
  if (/^arg\d/.test(text)) throw new Wrong(span, `${text} names an operand`, "take another name");
  const problem = typeProblem(type);
  if (problem) throw new Wrong(span, problem);
  return { name: text, type, storage, report, initial, span };
}

function typeProblem(type: Type): string | undefined {
  if (isTuple(type)) {
    if (type.items.some(holdsMap)) return `${typeText(type)}: a tuple holds no maps`;
    return type.items.map(typeProblem).find((problem) => problem !== undefined);
  }
  if (!isMap(type)) return undefined;
  if (!isKey(type.key)) return `${typeText(type.key)} cannot be the key of a map`;
  return typeProblem(type.value);
}

function checkStatement(ast: AstStatement, part: Part): readonly Statement[] {
  const { span } = ast;
  const { at } = part;
  switch (ast.kind) {
    case "declare":
      return declare(ast, part);
    case "assign": {
      const place = checkPlace(ast.place, part);
      const value = checkAs(ast.value, at, placeType(place), placeText(ast.place));
      return [{ kind: "assign", place, value, span }];
    }
    case "step":
      return [step(ast, part)];
    case "if": {
      if (part.kind === "script") throw new Wrong(span, "if stands in probes and functions only");
      return [checkIf(ast, 0, part)];
    }
    case "return":
      return [checkReturn(ast, part)];
    case "call": {
      const call = checkExpression(ast.call, at) as Call;
      const statement: Statement = { kind: "call", call, span };
      const { callee } = call;
      const once = callee.kind === "library" && callee.when === "init" && part.kind !== "script";
      if (!once) return [statement];
      refuse(call, part, "an @init call");
      part.first.push(statement);
      return [];
    }
  }
}

function checkIf(ast: AstStatement & { kind: "if" }, arm: number, part: Part): Statement {
  const { condition, body } = ast.arms[arm]!;
  const checked = checkAs(condition, part.at, "bool", "the condition");
  const block = (statements: readonly AstStatement[]) =>
    part.at.scope.block(() => checkStatements(statements, part));
  const taken = block(body);
  const last = arm + 1 === ast.arms.length;
  const otherwise = last ? block(ast.otherwise) : [checkIf(ast, arm + 1, part)];
  return { kind: "if", condition: checked, taken, otherwise, span: ast.span };
}

function checkReturn(ast: AstStatement & { kind: "return" }, part: Part): Statement {
  const { span } = ast;
  if (part.kind === "script") throw new Wrong(span, "return stands in probes and functions only");
  if (!ast.value) {
    if (part.result !== unit) throw new Wrong(span, `the function returns ${typeText(part.result)}`);
    return { kind: "return", value: null, span };
  }
  if (part.kind === "probe") throw new Wrong(span, "a probe returns no value", "write return;");
  if (part.result === unit)
    throw new Wrong(span, "the function has no result", "say which behind its parameters: -> u32");
  return { kind: "return", value: checkAs(ast.value, part.at, part.result, "the result"), span };
}

type AstDeclaration = AstStatement & { kind: "declare" };

function declare(ast: AstDeclaration, part: Part): readonly Statement[] {
  const { name, type, span } = ast;
  const { scope, event } = part.at;
  const stays = ast.report || ast.unshared;
  if (stays && part.kind === "fn")
    throw new Wrong(span, "a function declares no report or unshared variables", "declare them in the probe");
  if (scope.find(name.text))
    throw new Wrong(name.span, `there is a variable ${name.text} already`, "take another name");
  if (event?.event.variables.some((bound) => bound.name === name.text))
    throw new Wrong(name.span, `${name.text} is bound at this event`, "take another name");
  const storage = part.kind === "script" ? "script" : stays ? "site" : "local";
  let initial: Expr | null = null;
  let problem: unknown;
  try {
    if (ast.unshared && !ast.report && part.kind === "script")
      throw new Wrong(
        span,
        "an unshared variable belongs to a probe",
        "leave unshared away, or declare it in the probe",
      );
    initial = ast.value && checkAs(ast.value, part.at, type, name.text);
    if (initial && storage === "site") refuse(initial, part, `the initial value of ${name.text}`);
  } catch (error) {
    // The name exists all the same: what comes behind it is no second problem.
    problem = error;
  }
  const constant = initial?.kind === "constant" && storage !== "local";
  const kept = storage === "site" || constant ? initial : null;
  const variable = variableFrom(name, type, storage, ast.report, kept);
  scope.declare(variable);
  if (storage !== "local") part.declared.push(variable);
  if (problem) throw problem;
  if (storage === "local") return [{ kind: "declare", variable, value: initial, span }];
  if (storage === "site" || !initial || constant) return [];
  return [{ kind: "assign", place: { kind: "variable", variable }, value: initial, span }];
}

/** What runs once before the program cannot ask for what is only known at a visit. */
function refuse(expr: Expr, part: Part, what: string): void {
  const wrong = (why: string) =>
    new Wrong(
      expr.span,
      `${what} is made before the program runs, and ${why}`,
      "assign it in the body instead",
    );
  switch (expr.kind) {
    case "bound":
      if (!expr.static) throw wrong(`${expr.name} is known at a visit`);
      return;
    case "variable":
      if (expr.variable.storage !== "script") throw wrong(`${expr.variable.name} belongs to a visit`);
      return;
    case "call":
      if (languageCallee(expr) === "read_str") throw wrong("read_str reads at a visit");
      for (const arg of expr.args) refuse(arg, part, what);
      return;
    case "unary":
    case "cast":
      return refuse(expr.operand, part, what);
    case "binary":
      for (const side of [expr.left, expr.right]) refuse(side, part, what);
      return;
    case "choose":
      for (const side of [expr.condition, expr.taken, expr.otherwise]) refuse(side, part, what);
      return;
    case "tuple":
      for (const item of expr.items) refuse(item, part, what);
      return;
    case "item":
      return refuse(expr.tuple, part, what);
    case "entry":
      for (const side of [expr.map, expr.key]) refuse(side, part, what);
  }
}

function checkPlace(ast: AstPlace, part: Part): Place {
  if (ast.kind === "entry") {
    const { map, key } = checkEntry(ast.map, ast.key, ast.span, part.at);
    if (map.kind === "bound") throw new Wrong(ast.span, `${ast.map.text} can only be read`);
    return { kind: "entry", map, key };
  }
  const name = ast.kind === "name" ? ast.name : ast.tuple;
  const variable = part.at.scope.find(name.text);
  if (!variable) {
    if (
      part.at.event?.event.variables.some((bound) => bound.name === name.text) ||
      /^(arg|res|local)\d+$/.test(name.text)
    )
      throw new Wrong(name.span, `${name.text} can only be read`);
    throw unknownName(
      "variable",
      name.text,
      name.span,
      part.at.scope.names,
      `declare it: var ${name.text}: u32;`,
    );
  }
  if (isMap(variable.type))
    throw new Wrong(ast.span, "a map is not assigned as a whole", "set its entries: m[k] = v;");
  if (ast.kind === "name") return { kind: "variable", variable };
  itemOf({ kind: "variable", variable, type: variable.type, span: ast.span }, ast.path, ast.span);
  return { kind: "item", variable, path: ast.path };
}

function placeType(place: Place): Type {
  if (place.kind === "variable") return place.variable.type;
  if (place.kind === "entry") return (place.map.type as MapType).value;
  return place.path.reduce<Type>((type, index) => (type as TupleType).items[index]!, place.variable.type);
}

function placeText(ast: AstPlace): string {
  if (ast.kind === "name") return ast.name.text;
  return ast.kind === "entry" ? `an entry of ${ast.map.text}` : `${ast.tuple.text}.${ast.path.join(".")}`;
}

/** `x++` and `m[k]--`. */
function step(ast: AstStatement & { kind: "step" }, part: Part): Statement {
  const { span } = ast;
  const place = checkPlace(ast.place, part);
  const type = placeType(place);
  if (!isNumber(type))
    throw new Wrong(
      span,
      `${ast.by > 0 ? "++" : "--"} wants a number, ${placeText(ast.place)} is ${typeText(type)}`,
    );
  const one: AstExpr = { kind: "int", value: 1n, bits: false, span };
  const by = checkAs(one, part.at, type, "the step");
  if (place.kind === "entry") {
    const signed: Expr =
      ast.by > 0 ? by : { kind: "binary", operator: "-", left: zero(by), right: by, type, span };
    return { kind: "add", map: place.map, key: place.key, value: signed, span };
  }
  const path = place.kind === "item" ? place.path : [];
  const left = itemOf(
    { kind: "variable", variable: place.variable, type: place.variable.type, span },
    path,
    span,
  );
  const operator = ast.by > 0 ? "+" : "-";
  return { kind: "assign", place, value: { kind: "binary", operator, left, right: by, type, span }, span };
}

/** 0 in the type of a constant 1. */
function zero(one: Expr): Expr {
  const value = one.kind === "constant" && typeof one.value === "bigint" ? 0n : 0;
  return { kind: "constant", type: one.type, value, span: one.span };
}
