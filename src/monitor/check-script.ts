/**
 * AST → tree: looks up every name, gives every expression its type, and makes one probe of each event and mode that
 * a rule matches. A problem ends the statement it is in; all problems of a script are thrown together. A body is
 * checked once for all events that bind what it uses in the same way.
 */
import type { AstFunction, AstProbe, AstScript, AstStatement } from "./ast.ts";
import { checkAs } from "./check-expression.ts";
import { checkStatements, type Part, variableFrom } from "./check-statement.ts";
import type { Event } from "./events.ts";
import { type Type, unit } from "./language-types.ts";
import { type Match, matchRule } from "./match-rule.ts";
import {
  type EventScope,
  eventName,
  type LibraryInterface,
  listedName,
  Scope,
  unknownName,
  Wrong,
} from "./scope.ts";
import type { Problem } from "./source.ts";
import type { Probe, Routine, Script, Statement, Variable } from "./tree.ts";
import { usedNames } from "./used-names.ts";

export interface CheckOptions {
  readonly events: readonly Event[];
  /** Interfaces of the libraries that were given, by name. */
  readonly libraries: ReadonlyMap<string, LibraryInterface>;
}

/** The tree of what could be understood, and all problems. */
export function check(
  ast: AstScript,
  options: CheckOptions,
): { script: Script; problems: readonly Problem[] } {
  const checker = new Checker(options);
  const script = checker.script(ast);
  // calls of a library that is missing are no problems of their own
  const problems = checker.problems.filter(({ library }) => !library || !checker.missing.has(library));
  return { script, problems };
}

class Checker {
  readonly problems: Problem[] = [];
  /** Libraries that the script uses and nobody gave. */
  readonly missing = new Set<string>();
  readonly #options: CheckOptions;
  readonly #libraries = new Map<string, LibraryInterface>();
  readonly #variables: Variable[] = [];
  readonly #routines = new Map<string, Routine>();

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /** Runs a check; notes its problem and gives undefined where it fails. */
  #try<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.problems.push(error.problem);
      return undefined;
    }
  }

  script({ items }: AstScript): Script {
    for (const item of items) {
      if (item.kind === "use") this.#try(() => this.#use(item.library.text, item.span));
      else if (item.kind === "fn") this.#try(() => this.#head(item));
    }
    const first = this.#scriptLevel(items.filter((item): item is AstStatement => !isPart(item.kind)));
    for (const item of items) if (item.kind === "fn") this.#try(() => this.#routine(item));
    const probes = items.filter((item) => item.kind === "probe").flatMap((item) => this.#probes(item));
    return {
      source: null,
      libraries: [...this.#libraries.keys()],
      variables: this.#variables,
      routines: [...this.#routines.values()],
      first,
      probes: probes.map((probe, number) => ({ ...probe, number })),
    };
  }

  #use(name: string, span: Variable["span"]): void {
    const library = this.#options.libraries.get(name);
    if (!library) {
      this.missing.add(name);
      throw new Wrong(span, `no library named ${name} was given`, `--lib ${name}=path.wasm`);
    }
    this.#libraries.set(name, library);
  }

  #surroundings(event: EventScope | null) {
    return {
      ...{ scope: new Scope(this.#variables), event },
      ...{ routines: this.#routines, libraries: this.#libraries },
    };
  }

  /** Statements outside of probes and functions, which run before the program. */
  #scriptLevel(statements: readonly AstStatement[]): Statement[] {
    const part: Part = {
      ...{ kind: "script", at: this.#surroundings(null), declared: this.#variables, first: [], result: unit },
      attempt: (body) => this.#try(body),
    };
    return [...checkStatements(statements, part)];
  }

  #head(fn: AstFunction): void {
    const { text, span } = fn.name;
    if (this.#routines.has(text))
      throw new Wrong(span, `there is a function ${text} already`, "take another name");
    const parameters = fn.parameters.map((parameter) =>
      variableFrom(parameter.name, parameter.type, "parameter", false, null),
    );
    const seen = new Set<string>();
    for (const { name, span } of parameters) {
      if (seen.has(name)) throw new Wrong(span, `there is a parameter ${name} already`, "take another name");
      seen.add(name);
    }
    this.#routines.set(text, { name: text, parameters, result: fn.result ?? unit, body: [], span });
  }

  #routine(fn: AstFunction): void {
    const routine = this.#routines.get(fn.name.text);
    if (!routine || routine.span !== fn.name.span) return;
    const at = this.#surroundings(null);
    for (const parameter of routine.parameters) {
      if (at.scope.find(parameter.name))
        throw new Wrong(parameter.span, `${parameter.name} is a variable of the script`, "take another name");
      at.scope.declare(parameter);
    }
    const before = this.problems.length;
    routine.body = checkStatements(fn.body, {
      ...{ kind: "fn", at, declared: [], first: [], result: routine.result },
      attempt: (body) => this.#try(body),
    });
    if (this.problems.length > before) return;
    if (routine.result !== unit && !alwaysReturns(routine.body))
      throw new Wrong(fn.name.span, `${routine.name} does not return on every path`, "end it with return");
  }

  #probes(ast: AstProbe): Omit<Probe, "number">[] {
    const matched = matchRule(ast.rule, this.#options.events);
    if ("problem" in matched) {
      this.problems.push(matched.problem);
      return [];
    }
    const bounds = this.#try(() => boundsOf(ast, matched.matches));
    if (!bounds) return [];
    const used = usedNames(ast);
    const known = new Map<string, ProbeParts | null>();
    return matched.matches.flatMap(({ event, mode }) => {
      const scope: EventScope = { event, mode, bounds };
      const shape = shapeOf(scope, used);
      let parts = known.get(shape);
      if (parts === undefined) {
        parts = this.#parts(ast, scope);
        known.set(shape, parts);
      }
      return parts ? [{ event, mode, bounds, ...parts, span: ast.rule.span }] : [];
    });
  }

  /** null where there were problems, which say at which event if the rule matches several. */
  #parts(ast: AstProbe, scope: EventScope): ProbeParts | null {
    const before = this.problems.length;
    const variables: Variable[] = [];
    const first: Statement[] = [];
    const predicate = this.#try(() =>
      ast.predicate ? checkAs(ast.predicate, this.#surroundings(scope), "bool", "a predicate") : null,
    );
    const body = checkStatements(ast.body, {
      ...{ kind: "probe", at: this.#surroundings(scope), declared: variables, first, result: unit },
      attempt: (statement) => this.#try(statement),
    });
    if (this.problems.length === before) return { predicate: predicate ?? null, body, variables, first };
    if (/[*?|[]/.test(ast.rule.parts.map((part) => part.glob || "*").join())) {
      const place = ` (at ${eventName(scope)})`;
      const known = new Set(this.problems.slice(0, before).map(({ span }) => span.start));
      const fresh = this.problems.splice(before).filter(({ span }) => !known.has(span.start));
      this.problems.push(...fresh.map((problem) => ({ ...problem, message: problem.message + place })));
    }
    return null;
  }
}

type ProbeParts = Pick<Probe, "predicate" | "body" | "variables" | "first">;

const isPart = (kind: string) => kind === "use" || kind === "fn" || kind === "probe";

/** The types that a rule states, over all its parts. */
function boundsOf(ast: AstProbe, matches: readonly Match[]): Map<string, Type> {
  const bounds = new Map<string, Type>();
  for (const { name, type, span } of ast.rule.parts.flatMap((part) => part.bounds)) {
    if (bounds.has(name.text)) throw new Wrong(span, `${name.text} is bound twice`);
    const known =
      matches.some(({ event }) => listedName(event, name.text)) || /^(arg|res|imm|local)\d+$/.test(name.text);
    if (!known) {
      const names = matches[0]!.event.variables.map((variable) => variable.name);
      throw unknownName(
        "variable",
        name.text,
        name.span,
        names,
        "a bound states the type of argN, resN, immN or localN",
      );
    }
    if (typeof type !== "string" || type === "str")
      throw new Wrong(
        span,
        "a bound states a type that WebAssembly has",
        "i32, u32, i64, u64, f32, f64, bool",
      );
    bounds.set(name.text, type);
  }
  return bounds;
}

/** What of an event a probe sees: two events of one shape need one check. */
function shapeOf(scope: EventScope, used: ReadonlySet<string>): string {
  const shape: string[] = [scope.mode === "after" ? "after" : scope.mode === "alt" ? "alt" : ""];
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    const { event, bounds } = scope;
    if (event.functions.includes(name)) shape.push(`${name}()`);
    const listed = event.variables.find((variable) => variable.name === listedName(event, name));
    if (!listed) return;
    const derivation = listed.static ? undefined : listed.derivation;
    shape.push(JSON.stringify([name, bounds.get(name) ?? listed.type, listed.static, derivation]));
    for (const [other] of derivation?.matchAll(/[a-z_]\w*/g) ?? []) visit(other);
  };
  for (const name of used) visit(name);
  return shape.join();
}

function alwaysReturns(body: readonly Statement[]): boolean {
  return body.some(
    (statement) =>
      statement.kind === "return" ||
      (statement.kind === "if" && alwaysReturns(statement.taken) && alwaysReturns(statement.otherwise)),
  );
}
