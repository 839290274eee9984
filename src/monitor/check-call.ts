/**
 * Calls: of the script's functions, of the language's, of a string's methods and of libraries. What a library's
 * function takes is known as WebAssembly knows it, so an i32 there accepts every type that travels as one.
 */
import type { AstExpr, Name } from "./ast.ts";
import { languageFunctions, stringMethods } from "./language-functions.ts";
import { flatten, isInteger, isMap, isPrimitive, type Type, typeText, unit } from "./language-types.ts";
import { findBound, type Surroundings, unknownName, Wrong } from "./scope.ts";
import { supportInterface, supportLibrary } from "./support/library.ts";
import type { Call, Callee, Expr } from "./tree.ts";

/** How arguments are checked: check-expression.ts, which calls this file. */
export interface Checks {
  readonly expression: (ast: AstExpr, at: Surroundings, expected?: Type) => Expr;
  readonly as: (ast: AstExpr, at: Surroundings, type: Type, what: string) => Expr;
  readonly name: (name: Name, at: Surroundings) => Expr;
}

type AstCall = AstExpr & { kind: "call" };

export function checkCall(ast: AstCall, at: Surroundings, checks: Checks): Call {
  if (!ast.receiver) return checkFree(ast, at, checks);
  const { text, span } = ast.receiver;
  const isVariable = at.scope.find(text) ?? (at.event && findBound(at.event, text, span));
  return isVariable && !at.libraries.has(text) ? checkMethod(ast, at, checks) : checkLibrary(ast, at, checks);
}

function call(ast: AstCall, callee: Callee, args: readonly Expr[], type: Type): Call {
  return { kind: "call", callee, args, type, span: ast.span };
}

/** `params`: their types, for the message. */
function counted(ast: AstCall, wanted: number, params?: readonly Type[]): void {
  const given = ast.args.length;
  if (given === wanted) return;
  const here = given === 1 ? "here is 1" : `here are ${given}`;
  throw new Wrong(
    ast.span,
    `${ast.name.text} takes ${wanted} argument${wanted === 1 ? "" : "s"}, ${here}`,
    params && params.length > 0 ? `${ast.name.text}(${params.map(typeText).join(", ")})` : undefined,
  );
}

function checkFree(ast: AstCall, at: Surroundings, checks: Checks): Call {
  const { text, span } = ast.name;
  const routine = at.routines.get(text);
  if (routine) {
    const types = routine.parameters.map(({ type }) => type);
    counted(ast, types.length, types);
    const args = ast.args.map((arg, i) =>
      checks.as(arg, at, routine.parameters[i]!.type, `argument ${i + 1} of ${text}`),
    );
    return call(ast, { kind: "routine", routine }, args, routine.result);
  }
  const known = languageFunctions.filter(
    (fn) => fn.everywhere || at.event?.event.functions.includes(fn.name),
  );
  const found = known.find((fn) => fn.name === text);
  if (!found) {
    if (languageFunctions.some((fn) => fn.name === text))
      throw new Wrong(span, `${text} is not in scope here`, "javy-prof info lists what is");
    const library = libraryWith(text, at);
    const names = library ? [] : [...at.routines.keys(), ...known.map((fn) => fn.name)];
    const use = library && !at.libraries.has(library) ? `, and at the top: use ${library};` : "";
    throw unknownName("function", text, span, names, library && `write ${library}.${text}${use}`);
  }
  counted(ast, found.params.length);
  if (text.startsWith("alt_call") && at.event?.mode !== "alt")
    throw new Wrong(span, `${text} replaces the instruction, which mode alt does`, "end the rule with :alt");
  if (text === "dup_at" && at.event?.mode !== "before")
    throw new Wrong(
      span,
      `${text} copies what the instruction is about to write`,
      "end the rule with :before",
    );
  const args = ast.args.map((arg, i) =>
    languageArgument(arg, at, checks, found.params[i]!, `argument ${i + 1} of ${text}`),
  );
  return call(ast, { kind: "language", name: text }, args, found.result);
}

/** The library that has a function of that name, used or not. */
function libraryWith(name: string, at: Surroundings): string | undefined {
  for (const [library, { functions }] of at.libraries) if (functions.has(name)) return library;
  return supportInterface.functions.has(name) || mapPrinters.includes(name) ? supportLibrary : undefined;
}

function languageArgument(
  ast: AstExpr,
  at: Surroundings,
  checks: Checks,
  type: Type | "library" | "integer",
  what: string,
): Expr {
  if (type === "library") {
    if (ast.kind !== "name" || !at.libraries.has(ast.name.text))
      throw new Wrong(
        ast.span,
        `${what} is the name of a library that the script uses`,
        "use it first: use lib;",
      );
    return { kind: "constant", type: "str", value: ast.name.text, span: ast.span };
  }
  if (type !== "integer") return checks.as(ast, at, type, what);
  const expr = checks.expression(ast, at);
  if (!isInteger(expr.type))
    throw new Wrong(ast.span, `${what} is an integer, this is ${typeText(expr.type)}`);
  return expr;
}

function checkMethod(ast: AstCall, at: Surroundings, checks: Checks): Call {
  const receiver = checks.name(ast.receiver!, at);
  if (receiver.type !== "str")
    throw new Wrong(
      ast.span,
      `${ast.receiver!.text} is ${typeText(receiver.type)}; only strings have methods`,
    );
  const method = stringMethods.find(({ name }) => name === ast.name.text);
  if (!method)
    throw unknownName(
      "method",
      ast.name.text,
      ast.name.span,
      stringMethods.map(({ name }) => name),
    );
  counted(ast, method.params.length);
  const args = ast.args.map((arg, i) =>
    checks.as(arg, at, method.params[i]!, `argument ${i + 1} of ${method.name}`),
  );
  return call(ast, { kind: "method", name: method.name }, [receiver, ...args], method.result);
}

function checkLibrary(ast: AstCall, at: Surroundings, checks: Checks): Call {
  const { text: library, span } = ast.receiver!;
  const found = at.libraries.get(library);
  if (!found)
    throw unknownName(
      "library",
      library,
      span,
      [...at.libraries.keys()],
      `declare it at the top: use ${library};`,
    );
  const { text: name } = ast.name;
  if (library === supportLibrary && mapPrinters.includes(name)) return checkPrintMap(ast, at, checks);
  const fn = found.functions.get(name);
  if (!fn)
    throw unknownName(`function of ${library}`, name, ast.name.span, [
      ...found.functions.keys(),
      ...(library === supportLibrary ? mapPrinters : []),
    ]);
  if (library === supportLibrary && name === "puts" && ast.args.length === 1)
    return checkPutString(ast, at, checks);
  counted(ast, fn.params.length, fn.params);
  const args = ast.args.map((arg, i) =>
    libraryArgument(arg, at, checks, fn.params[i]!, `argument ${i + 1} of ${library}.${name}`),
  );
  return call(ast, { kind: "library", library, name, when: ast.when }, args, fn.result);
}

/** Functions of the support library that take a map as it is. */
const mapPrinters = ["print_map", "print_map_as_csv"];

function checkPrintMap(ast: AstCall, at: Surroundings, checks: Checks): Call {
  counted(ast, 1);
  const map = checks.expression(ast.args[0]!, at);
  if (!isMap(map.type) || map.kind === "bound")
    throw new Wrong(ast.args[0]!.span, `${ast.name.text} takes a map of the script`);
  return call(ast, { kind: "language", name: ast.name.text }, [map], unit);
}

/** `puts` of a string: of its address and its length. */
function checkPutString(ast: AstCall, at: Surroundings, checks: Checks): Call {
  const text = checks.as(ast.args[0]!, at, "str", "what puts prints");
  // it stands twice in the tree, and what it does must not be done twice
  if (text.kind === "call" || text.kind === "choose")
    throw new Wrong(text.span, "puts prints a variable or a literal", "give it a variable first");
  const method = (name: string): Expr => ({
    ...{ kind: "call", callee: { kind: "method", name }, args: [text], type: "u32", span: ast.span },
  });
  const args = [method("addr"), method("len")];
  return call(ast, { kind: "library", library: supportLibrary, name: "puts", when: ast.when }, args, unit);
}

function libraryArgument(ast: AstExpr, at: Surroundings, checks: Checks, type: Type, what: string): Expr {
  const expr = checks.expression(ast, at, type);
  const travels =
    typeof expr.type === "string" && expr.type !== "str" && expr.type !== "funcref" && isPrimitive(expr.type);
  if (travels && flatten(expr.type)[0] === flatten(type)[0]) return expr;
  throw new Wrong(
    ast.span,
    `${what} is ${typeText(type)}, this is ${typeText(expr.type)}`,
    `write … as ${typeText(type)}`,
  );
}
