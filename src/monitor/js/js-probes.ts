/**
 * Probes at JavaScript as functions of the script: what is bound at the place becomes parameters, and whoever hears
 * the events (a listener outside of this folder) calls them. Places are not known before the program runs, since code
 * may be made at run time; so a variable of each place becomes one map from the place's number to its value.
 *
 *   js:opcode:get_field:before / atom == "x" / { report var n: u32; n++; }
 *   fn (atom: str, place: u32) { if (atom == "x") { n[place]++; } }        with   var n: map<u32, u32>;
 */
import { isInteger, isTuple, type TupleType, type Type, unit } from "../language-types.ts";
import { mapExpression } from "../map-expression.ts";
import { eventName } from "../scope.ts";
import type { Call, Expr, Place, Probe, Routine, Script, Statement, Variable } from "../tree.ts";
import { visitExpression } from "../visit.ts";
import { jsProvider } from "./js-events.ts";

/** A parameter of a probe's function: a bound variable, or the number of the place. */
export interface JsParameter {
  readonly name: string;
  readonly type: Type;
}

/** The name of the parameter that is the place's number: no variable of a script can be called so. */
export const placeParameter = "place.number";

/** A function of the script, as the listener calls it. */
export interface JsFunctionExport {
  readonly export: string;
  readonly parameters: readonly JsParameter[];
}

/** What a listener needs of a probe: plain data. */
export interface JsProbe extends JsFunctionExport {
  /** Place among all probes of the script. */
  readonly number: number;
  /** Where its rule begins in the script's text. */
  readonly rule: number;
  /** The whole event: js:opcode:call:before. */
  readonly event: string;
  /** Its @init calls, to be made once for each place, when that becomes known. */
  readonly first: JsFunctionExport | null;
  /** To be folded for a place; the function asks it again. */
  readonly predicate: Expr | null;
}

/** A reported variable of each place: the map that holds it, by the name of its row, and its value where nothing came. */
export interface JsVariable {
  readonly row: string;
  readonly name: string;
  readonly type: Type;
  readonly initial: Expr | null;
  /** The function whose variable it is. */
  readonly export: string;
}

export interface JsScript {
  /** The script without its probes at JavaScript, but with their functions and state. */
  readonly script: Script;
  readonly probes: readonly JsProbe[];
  readonly variables: readonly JsVariable[];
  /** By the name of the export. */
  readonly exported: ReadonlyMap<string, Routine>;
}

export const jsExportPrefix = "javy_prof.monitor.js.";

/** Takes the probes at JavaScript out of a script. */
export function jsProbesOf(script: Script): JsScript {
  return new Lowering(script).result();
}

class Lowering {
  readonly #script: Script;
  readonly #maps = new Map<Variable, Variable>();
  readonly #variables: JsVariable[] = [];
  readonly #exported = new Map<string, Routine>();
  /** By body, which probes of one rule share. */
  readonly #made = new Map<readonly Statement[], JsFunctionExport & Pick<JsProbe, "first">>();

  constructor(script: Script) {
    this.#script = script;
  }

  result(): JsScript {
    const isJs = ({ event }: Probe) => event.provider === jsProvider;
    const probes = this.#script.probes.filter(isJs).map((probe) => this.#probe(probe));
    const script: Script = {
      ...this.#script,
      variables: [...this.#script.variables, ...this.#maps.values()],
      routines: [...this.#script.routines, ...this.#exported.values()],
      probes: this.#script.probes.filter((probe) => !isJs(probe)),
    };
    return { script, probes, variables: this.#variables, exported: this.#exported };
  }

  #probe(probe: Probe): JsProbe {
    const made = this.#made.get(probe.body) ?? {
      ...this.#routine(probe),
      first: probe.first.length > 0 ? this.#beginning(probe) : null,
    };
    this.#made.set(probe.body, made);
    const { number, span, predicate } = probe;
    return { ...made, number, rule: span.start, event: eventName(probe), predicate };
  }

  #routine(probe: Probe): JsFunctionExport {
    const name = this.#nextExport();
    const parameters = new Parameters(probe);
    const parameter = (name: string, type: Type) => parameters.named(name, type);
    const place = (): Expr => ({
      ...{ kind: "variable", variable: parameter(placeParameter, "u32"), type: "u32", span: probe.span },
    });
    const site = (variable: Variable): Expr | null => {
      if (!probe.variables.includes(variable)) return null;
      const map = this.#mapOf(variable, name);
      return {
        ...{ kind: "entry", type: variable.type, span: variable.span, key: place() },
        map: { kind: "variable", variable: map, type: map.type, span: variable.span },
      };
    };
    const expression = (expr: Expr): Expr =>
      mapExpression(expr, (inner) => {
        if (inner.kind === "bound")
          return { ...inner, kind: "variable", variable: parameter(inner.name, inner.type) };
        return inner.kind === "variable" ? (site(inner.variable) ?? inner) : inner;
      });
    const body = [
      ...probe.variables.flatMap((variable) => this.#initial(variable, name, expression, place)),
      ...new Bodies(expression, site).statements(probe.body),
    ];
    const guarded: readonly Statement[] = probe.predicate
      ? [
          {
            ...{ kind: "if", condition: expression(probe.predicate), taken: body, otherwise: [] },
            span: probe.span,
          },
        ]
      : body;
    return this.#export(name, parameters, guarded, probe);
  }

  /** What a probe does once for each place: of the event it knows what is bound there. */
  #beginning(probe: Probe): JsFunctionExport {
    const parameters = new Parameters(probe);
    const bound = (expr: Expr) =>
      mapExpression(expr, (inner) =>
        inner.kind === "bound"
          ? { ...inner, kind: "variable", variable: parameters.named(inner.name, inner.type) }
          : inner,
      );
    const body = new Bodies(bound, () => null).statements(probe.first);
    return this.#export(this.#nextExport(), parameters, body, probe);
  }

  #nextExport(): string {
    return `${jsExportPrefix}${this.#exported.size}`;
  }

  #export(name: string, { list }: Parameters, body: readonly Statement[], { span }: Probe): JsFunctionExport {
    this.#exported.set(name, { name, parameters: list, result: unit, body, span });
    return { export: name, parameters: list.map(({ name, type }) => ({ name, type })) };
  }

  /** The map that holds a variable of each place. */
  #mapOf(variable: Variable, owner: string): Variable {
    const known = this.#maps.get(variable);
    if (known) return known;
    const made: Variable = {
      ...variable,
      ...{ name: `js.${this.#maps.size}.${variable.name}`, storage: "script", initial: null },
      type: { kind: "map", key: "u32", value: variable.type },
    };
    this.#maps.set(variable, made);
    const { name, type, initial } = variable;
    if (variable.report) this.#variables.push({ row: made.name, name, type, initial, export: owner });
    return made;
  }

  /** Gives a variable its initial value at the first visit of a place. */
  #initial(
    variable: Variable,
    owner: string,
    expression: (expr: Expr) => Expr,
    place: () => Expr,
  ): Statement[] {
    const map = this.#mapOf(variable, owner);
    if (!variable.initial) return [];
    const { span } = variable;
    const seen: Variable = {
      ...{ ...map, name: `${map.name}.seen`, report: false },
      type: { kind: "map", key: "u32", value: "bool" },
    };
    this.#maps.set(seen, seen);
    const of = (held: Variable) => ({
      ...{ key: place(), map: { kind: "variable", variable: held, type: held.type, span } as Expr },
    });
    const yes: Expr = { kind: "constant", value: true, type: "bool", span };
    const assign = (held: Variable, value: Expr): Statement => ({
      ...{ kind: "assign", place: { kind: "entry", ...of(held) }, value, span },
    });
    return [
      {
        ...{ kind: "if", span, taken: [] },
        condition: { kind: "entry", ...of(seen), type: "bool", span },
        otherwise: [assign(seen, yes), assign(map, expression(variable.initial))],
      },
    ];
  }
}

/** The parameters of a function that is made of a probe, as they are asked for. */
class Parameters {
  readonly #probe: Probe;
  readonly #byName = new Map<string, Variable>();

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  get list(): Variable[] {
    return [...this.#byName.values()];
  }

  named(name: string, type: Type): Variable {
    const known = this.#byName.get(name);
    if (known) return known;
    const base = { storage: "parameter", report: false, initial: null, span: this.#probe.span } as const;
    const made: Variable = { name, type, ...base };
    this.#byName.set(name, made);
    return made;
  }
}

/** Rewrites statements: `expression` what is read, `site` what is written. */
class Bodies {
  readonly #expression: (expr: Expr) => Expr;
  readonly #site: (variable: Variable) => Expr | null;

  constructor(expression: (expr: Expr) => Expr, site: (variable: Variable) => Expr | null) {
    this.#expression = expression;
    this.#site = site;
  }

  statements(statements: readonly Statement[]): Statement[] {
    return statements.map((statement) => this.#statement(statement));
  }

  #statement(statement: Statement): Statement {
    const expression = this.#expression;
    switch (statement.kind) {
      case "declare":
      case "return":
        return { ...statement, value: statement.value && expression(statement.value) };
      case "add":
        return {
          ...{ ...statement, map: expression(statement.map) },
          ...{ key: expression(statement.key), value: expression(statement.value) },
        };
      case "if":
        return {
          ...{ ...statement, condition: expression(statement.condition) },
          ...{ taken: this.statements(statement.taken), otherwise: this.statements(statement.otherwise) },
        };
      case "call":
        return { ...statement, call: expression(statement.call) as Call };
      case "assign":
        return this.#assign(statement);
    }
  }

  #assign(statement: Statement & { kind: "assign" }): Statement {
    const { place, span } = statement;
    const value = this.#expression(statement.value);
    if (place.kind === "entry") {
      const entry: Place = { ...place, map: this.#expression(place.map), key: this.#expression(place.key) };
      return { ...statement, place: entry, value };
    }
    const site = this.#site(place.variable);
    if (site?.kind !== "entry") return { ...statement, value };
    const { map, key } = site;
    if (place.kind === "item") {
      const whole = withItem(site, place.variable.type as TupleType, place.path, value);
      return { kind: "assign", place: { kind: "entry", map, key }, value: whole, span };
    }
    const added = addedTo(place.variable, statement.value);
    if (added) return { kind: "add", map, key, value: this.#expression(added), span };
    return { kind: "assign", place: { kind: "entry", map, key }, value, span };
  }
}

/** What `x = x + …` adds, where x is an integer that nothing else in it asks for. */
function addedTo(variable: Variable, value: Expr): Expr | null {
  if (value.kind !== "binary" || value.operator !== "+" || !isInteger(variable.type)) return null;
  const { left, right } = value;
  if (left.kind !== "variable" || left.variable !== variable) return null;
  let plain = true;
  visitExpression(right, (inner) => {
    if (inner.kind === "call" || inner.kind === "variable") plain = false;
  });
  return plain ? right : null;
}

/** A tuple with one item, down the path, replaced. */
function withItem(tuple: Expr, type: TupleType, path: readonly number[], value: Expr): Expr {
  const [index, ...rest] = path as [number, ...number[]];
  const items = type.items.map((itemType, i): Expr => {
    const item: Expr = { kind: "item", tuple, index: i, type: itemType, span: tuple.span };
    if (i !== index) return item;
    return rest.length > 0 && isTuple(itemType) ? withItem(item, itemType, rest, value) : value;
  });
  return { kind: "tuple", items, type, span: tuple.span };
}
