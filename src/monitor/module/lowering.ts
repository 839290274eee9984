/**
 * The probes of a script as functions of a module of its own, which knows no program: what an event binds becomes a
 * parameter, static variables too, and the state of a place is bytes in memory whose address is a parameter. The exports'
 * names (export-name.ts) say who is to be called where, and with what.
 *
 *   wasm:opcode:call:before / fid == 3 && arg0 > 9 / { report var n: u32; n++; }
 *   fn $0(fid) -> bool { return fid == 3; }      fn $1(place) -> u32 { n = 0; return place; }
 *   fn $2() -> u32 { return $1(mem_alloc(8)); }  fn (place, arg0) { if (arg0 > 9) { n++; } }
 *   exported as     wasm:opcode:call:before #0.0 /$0(fid)/ ($2(), arg0)
 */
import { I64 } from "../../wasm/types.ts";
import { foldStatements } from "../fold.ts";
import { flatten, isMap, type Type, typeText, unit, type Value, zeroOf } from "../language-types.ts";
import { eventName, Wrong } from "../scope.ts";
import { withPlaces } from "../script.ts";
import { supportLibrary } from "../support/library.ts";
import { libraryMemory, memoryRule, notReached } from "../targets/calls.ts";
import { partBytes, type SiteMemory } from "../targets/environment.ts";
import type { Call, Expr, Probe, Routine, Script, Statement, Variable } from "../tree.ts";
import { dropsAlways, languageCallee } from "../visit.ts";
import { type AltCall, type Argument, exportName, type HelperCall, type ModuleProbe } from "./export-name.ts";
import { Parameters, parameterNamed } from "./parameters.ts";
import { isProgramMemory, ProgramData, type Told } from "./program-data.ts";
import { reachedCalls } from "./reached.ts";
import { isStatic, not, partsOf } from "./static-part.ts";

/** A variable of each place that is reported: bytes behind the address of the place's state. */
export interface SiteVariable {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
}

export interface ModuleScript {
  /** The script without its probes at places, but with their functions. */
  readonly script: Script;
  /** By the name of the export. */
  readonly exported: ReadonlyMap<string, Routine>;
  readonly sites: ReadonlyMap<Routine, SiteMemory>;
  readonly told: Told;
  /** What is reported of each place, by the export that makes its state. */
  readonly reported: ReadonlyMap<string, readonly SiteVariable[]>;
}

/** @throws ScriptError where a call asks for what must be known beforehand. */
export function moduleScriptOf(script: Script): ModuleScript {
  return withPlaces(script, () => new Lowering(script).result());
}

type Shape = Pick<ModuleProbe, "predicate" | "args"> & { readonly routine: Routine };

class Lowering {
  readonly #script: Script;
  readonly #exported = new Map<string, Routine>();
  readonly #sites = new Map<Routine, SiteMemory>();
  readonly #reported = new Map<string, readonly SiteVariable[]>();
  readonly #inner: Routine[] = [];
  /** By body, which probes of one rule share: of mode alt, and of others. */
  readonly #shapes = {
    alt: new Map<readonly Statement[], Shape>(),
    others: new Map<readonly Statement[], Shape>(),
  };
  #helpers = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  result(): ModuleScript {
    const script = this.#script;
    const told = new ProgramData(script);
    for (const probe of script.probes) if (probe.event.package !== null) this.#probe(probe);
    for (const [name, routine] of told.exported) this.#exported.set(name, routine);
    return {
      script: {
        ...{ source: script.source, libraries: script.libraries, first: told.first, probes: told.probes },
        variables: [...told.lasting, ...script.variables],
        routines: [...script.routines, ...this.#inner, ...new Set(this.#exported.values())],
      },
      ...{ exported: this.#exported, sites: this.#sites, reported: this.#reported, told },
    };
  }

  #probe(probe: Probe): void {
    const shapes = probe.mode === "alt" ? this.#shapes.alt : this.#shapes.others;
    let shape = shapes.get(probe.body);
    if (!shape) {
      shape = this.#shape(probe);
      shapes.set(probe.body, shape);
    }
    const { predicate, args, routine } = shape;
    const bounds = [...probe.bounds].map(([name, type]) => `${name}: ${typeText(type)}`);
    const parts = eventName(probe).split(":");
    if (bounds.length > 0) parts[2] += `(${bounds.join(", ")})`;
    const { number, span } = probe;
    this.#exported.set(
      exportName({ rule: parts.join(":"), at: span.start, number, predicate, args }),
      routine,
    );
  }

  #shape(probe: Probe): Shape {
    const { before, visit } = partsOf(probe.predicate);
    const predicate =
      before && this.#helper("static", "bool", probe, (asks) => [returned(asks.expression(before))]);
    const state = probe.variables.length > 0 ? this.#state(probe) : null;
    const first =
      probe.first.length > 0
        ? this.#helper("init", unit, probe, (asks) => asks.statements(probe.first))
        : null;
    const given = foldStatements(probe.body, { value: () => undefined });
    const reached = reachedCalls(given);
    const parameters = new Parameters(
      probe,
      (call) => this.#static(call, probe),
      (call) => this.#programCall(call, reached.get(call) ?? null, probe),
      probe.mode === "alt" && !dropsAlways(given),
    );
    const address = state && parameters.add(state, parameterNamed("place", "u32", probe));
    const body = parameters.statements(given);
    const condition = visit && parameters.expression(visit);
    const drops: readonly Argument[] = dropsAlways(given) ? [{ kind: "dropped" }] : [];
    const routine: Routine = {
      ...{ name: "probe", parameters: parameters.variables, span: probe.span },
      ...(condition && probe.mode === "alt"
        ? answering(condition, body, probe)
        : visiting(condition, body, probe)),
    };
    if (address) this.#sites.set(routine, { address, offsets: offsetsOf(probe.variables) });
    return { predicate, routine, args: [...parameters.args, ...drops, ...(first ? [first] : [])] };
  }

  /** What the program is to do when the body calls it back. */
  #programCall(call: Call, reached: Expr | null, probe: Probe): Argument {
    const name = languageCallee(call);
    const { args } = call;
    if (name === "drop_args") return { kind: "drop_args" };
    if (name === "dup_at") return { kind: "dup_at", memory: this.#memory(args[0]!) };
    const target = args[0]!;
    if (!isStatic(target)) throw new Wrong(target.span, `${name} takes a function that is known beforehand`);
    // no function, and no string
    const none =
      flatten(target.type)[0] === I64
        ? constant(BigInt(notReached), "i64", probe)
        : constant(notReached, "i32", probe);
    return this.#helper(name as AltCall, target.type, probe, (asks) => [
      ...(reached ? [when(not(asks.expression(reached)), [returned(none)], probe)] : []),
      returned(asks.expression(target)),
    ]);
  }

  /** Number of a memory; null for the program's own. */
  #memory(expr: Expr): number | null {
    if (isProgramMemory(expr)) return null;
    if (expr.kind === "constant") return Number(expr.value);
    if (expr.kind === "call" && languageCallee(expr) === "memid") {
      const [library] = expr.args;
      return libraryMemory(this.#script.libraries, (library as Expr & { kind: "constant" }).value as string);
    }
    throw new Wrong(expr.span, memoryRule);
  }

  /** An exported function over static variables, and how it is called. */
  #helper(
    kind: HelperCall["kind"],
    result: Type,
    probe: Probe,
    body: (asks: Parameters) => readonly Statement[],
  ): HelperCall {
    const atVisits = kind === "state" || kind === "init";
    const parameters = new Parameters(probe, atVisits ? (call) => this.#static(call, probe) : null);
    const name = `$${this.#helpers++}`;
    const written = body(parameters);
    const { span } = probe;
    this.#exported.set(name, { name, parameters: parameters.variables, result, body: written, span });
    return { kind, export: name, args: parameters.args };
  }

  /** The result of an `@static` call whose arguments are static as an argument. */
  #static(call: Call, probe: Probe): HelperCall {
    return this.#helper("static", call.type, probe, (asks) => [returned(asks.expression(call))]);
  }

  /** Makes the state of a place: one function takes room, the other one fills it. */
  #state(probe: Probe): HelperCall {
    const { variables, span } = probe;
    const at = parameterNamed("place", "u32", probe);
    const parameters = new Parameters(probe, (call) => this.#static(call, probe));
    const filling = variables.flatMap((variable) =>
      initialState(variable, (expr) => parameters.expression(expr)),
    );
    const place: Expr = { kind: "variable", variable: at, type: "u32", span };
    const fill: Routine = {
      ...{ name: "fill", parameters: [at, ...parameters.variables], result: "u32", span },
      body: [...filling, returned(place)],
    };
    const offsets = offsetsOf(variables);
    this.#sites.set(fill, { address: at, offsets });
    this.#inner.push(fill);
    const size = variables.reduce((sum, { type }) => sum + partBytes * flatten(type).length, 0);
    const room: Expr = {
      ...{ kind: "call", type: "u32", span, args: [constant(size, "i32", probe)] },
      callee: { kind: "library", library: supportLibrary, name: "mem_alloc", when: "run" },
    };
    const passed = parameters.variables.map(
      (variable): Expr => ({ kind: "variable", variable, type: variable.type, span }),
    );
    const made: Expr = {
      ...{ kind: "call", type: "u32", span, args: [room, ...passed] },
      callee: { kind: "routine", routine: fill },
    };
    const name = `$${this.#helpers++}`;
    this.#exported.set(name, {
      ...{ name, parameters: parameters.variables, result: "u32", body: [returned(made)], span },
    });
    const reported = variables.flatMap(({ report, name, type }, i) =>
      report ? [{ name, type, offset: offsets.get(variables[i]!)! }] : [],
    );
    this.#reported.set(name, reported);
    return { kind: "state", export: name, args: parameters.args };
  }
}

const constant = (value: Value, type: Type, { span }: Probe): Expr => ({
  kind: "constant",
  value,
  type,
  span,
});

const when = (condition: Expr, taken: readonly Statement[], { span }: Probe): Statement => ({
  ...{ kind: "if", condition, taken, otherwise: [], span },
});

/** What is done at a visit, under what is left of a predicate. */
function visiting(
  condition: Expr | null,
  body: readonly Statement[],
  probe: Probe,
): Pick<Routine, "result" | "body"> {
  return { result: unit, body: condition ? [when(condition, body, probe)] : body };
}

/** The same where it must be said whether it was done. */
function answering(
  condition: Expr,
  body: readonly Statement[],
  probe: Probe,
): Pick<Routine, "result" | "body"> {
  const answer = (value: boolean) => returned(constant(value, "bool", probe));
  const taken = [...answered(body, answer(true)), answer(true)];
  return { result: "bool", body: [when(condition, taken, probe), answer(false)] };
}

function answered(statements: readonly Statement[], answer: Statement): readonly Statement[] {
  return statements.map((statement) => {
    if (statement.kind === "return") return answer;
    if (statement.kind !== "if") return statement;
    const { taken, otherwise } = statement;
    return { ...statement, taken: answered(taken, answer), otherwise: answered(otherwise, answer) };
  });
}

const returned = (value: Expr): Statement => ({ kind: "return", value, span: value.span });

/** One part behind the other, in the order of the text. */
function offsetsOf(variables: readonly Variable[]): ReadonlyMap<Variable, number> {
  const offsets = new Map<Variable, number>();
  let next = 0;
  for (const variable of variables) {
    offsets.set(variable, next);
    next += partBytes * flatten(variable.type).length;
  }
  return offsets;
}

/** Gives a variable its initial value in the state of a place: memory holds anything. */
function initialState(variable: Variable, expression: (expr: Expr) => Expr): readonly Statement[] {
  const { type, span, name } = variable;
  const set = (value: Expr): Statement => ({
    kind: "assign",
    place: { kind: "variable", variable },
    value,
    span,
  });
  if (!isMap(type))
    return [
      set(
        variable.initial
          ? expression(variable.initial)
          : { kind: "constant", value: zeroOf(type), type, span },
      ),
    ];
  // a local that is declared without a value is a map of its own
  const map: Variable = { name, type, storage: "local", report: false, initial: null, span };
  return [
    { kind: "declare", variable: map, value: null, span },
    set({ kind: "variable", variable: map, type, span }),
  ];
}
