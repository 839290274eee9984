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
import { usageError } from "../../base/diagnostics.ts";
import { flatten, isMap, type Type, typeText, unit, zeroOf } from "../language-types.ts";
import { mapExpression, mapStatements } from "../map-expression.ts";
import { eventName } from "../scope.ts";
import { supportLibrary } from "../support/library.ts";
import { partBytes, type SiteMemory } from "../targets/environment.ts";
import type { Expr, Probe, Routine, Script, Statement, Variable } from "../tree.ts";
import { callsLanguage, visitStatements } from "../visit.ts";
import { type Argument, exportName, type HelperCall, type ModuleProbe } from "./export-name.ts";
import { isStatic, partsOf } from "./static-part.ts";

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
  /** What is reported of each place, by the export that makes its state. */
  readonly reported: ReadonlyMap<string, readonly SiteVariable[]>;
}

/** @throws Diagnostic (usage) where a probe takes what only code in the program itself can do. */
export function moduleScriptOf(script: Script): ModuleScript {
  return new Lowering(script).result();
}

type Shape = Pick<ModuleProbe, "predicate" | "args"> & { readonly routine: Routine };

class Lowering {
  readonly #script: Script;
  readonly #exported = new Map<string, Routine>();
  readonly #sites = new Map<Routine, SiteMemory>();
  readonly #reported = new Map<string, readonly SiteVariable[]>();
  readonly #inner: Routine[] = [];
  /** By body, which probes of one rule share. */
  readonly #shapes = new Map<readonly Statement[], Shape>();
  #helpers = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  result(): ModuleScript {
    refuseProgramFacts(this.#script);
    const { probes, routines } = this.#script;
    const placed = probes.filter(({ event }) => event.package !== null);
    for (const probe of placed) this.#probe(probe);
    return {
      script: {
        ...this.#script,
        routines: [...routines, ...this.#inner, ...new Set(this.#exported.values())],
        probes: probes.filter(({ event }) => event.package === null),
      },
      ...{ exported: this.#exported, sites: this.#sites, reported: this.#reported },
    };
  }

  #probe(probe: Probe): void {
    if (probe.mode === "alt")
      throw usageError(
        "mode alt replaces instructions of the program, which a module beside it cannot",
        "use --target rewrite",
      );
    if (callsLanguage(probe.body, "dup_at"))
      throw usageError(
        "dup_at works on the instruction's own operands, which a module beside the program cannot",
        "use --target rewrite",
      );
    let shape = this.#shapes.get(probe.body);
    if (!shape) {
      shape = this.#shape(probe);
      this.#shapes.set(probe.body, shape);
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
    const parameters = new Parameters(probe, (call) => this.#static(call, probe));
    const address = state && parameters.add(state, parameterNamed("place", "u32", probe));
    const body = parameters.statements(probe.body);
    const condition = visit && parameters.expression(visit);
    const guarded: readonly Statement[] = condition
      ? [{ kind: "if", condition, taken: body, otherwise: [], span: probe.span }]
      : body;
    const routine: Routine = {
      ...{ name: "probe", parameters: parameters.variables, result: unit, body: guarded, span: probe.span },
    };
    if (address) this.#sites.set(routine, { address, offsets: offsetsOf(probe.variables) });
    return { predicate, routine, args: [...parameters.args, ...(first ? [first] : [])] };
  }

  /** An exported function over static variables, and how it is called. */
  #helper(
    kind: HelperCall["kind"],
    result: Type,
    probe: Probe,
    body: (asks: Parameters) => readonly Statement[],
  ): HelperCall {
    const parameters = new Parameters(probe, kind === "static" ? null : (call) => this.#static(call, probe));
    const name = `$${this.#helpers++}`;
    const written = body(parameters);
    const { span } = probe;
    this.#exported.set(name, { name, parameters: parameters.variables, result, body: written, span });
    return { kind, export: name, args: parameters.args };
  }

  /** The result of an `@static` call whose arguments are static as an argument. */
  #static(call: Expr & { kind: "call" }, probe: Probe): HelperCall {
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

/** The parameters of a function while its body is written: what it asks for, in the order in which it does. */
class Parameters {
  readonly variables: Variable[] = [];
  readonly args: Argument[] = [];
  readonly #byName = new Map<string, Variable>();
  readonly #probe: Probe;
  readonly #asked: Asked | null;

  /** `asked`: what becomes of an `@static` call whose arguments are static; null: it is called where it stands. */
  constructor(probe: Probe, asked: Asked | null) {
    this.#probe = probe;
    this.#asked = asked;
  }

  add(arg: Argument, variable: Variable): Variable {
    this.args.push(arg);
    this.variables.push(variable);
    return variable;
  }

  #named(name: string, { type, span }: Expr, arg: () => Argument): Expr {
    let variable = this.#byName.get(name);
    if (!variable) {
      variable = this.add(arg(), parameterNamed(name, type, this.#probe));
      this.#byName.set(name, variable);
    }
    return { kind: "variable", variable, type, span };
  }

  statements(statements: readonly Statement[]): readonly Statement[] {
    return mapStatements(statements, this.#replace, this.#whole);
  }

  expression(expr: Expr): Expr {
    return mapExpression(expr, this.#replace, this.#whole);
  }

  readonly #replace = (expr: Expr): Expr => {
    if (expr.kind === "bound")
      return this.#named(expr.name, expr, () => ({ kind: "bound", name: expr.name }));
    if (expr.kind !== "call" || expr.callee.kind !== "library" || expr.callee.when !== "static") return expr;
    return { ...expr, callee: { ...expr.callee, when: "run" } };
  };

  readonly #whole = (expr: Expr): Expr | undefined => {
    if (expr.kind !== "call") return undefined;
    const { callee, args } = expr;
    if (callee.kind === "library" && callee.when === "static" && this.#asked && args.every(isStatic)) {
      const asked = this.#asked;
      // each call is asked for itself: it may answer differently
      return this.#named(`@static ${this.args.length}`, expr, () => asked(expr));
    }
    const memories = callee.kind === "language" ? memoryArguments[callee.name] : undefined;
    if (!memories) return undefined;
    const [memory] = args;
    const data = callee.kind === "language" && isDataFunction(callee.name) ? callee.name : undefined;
    if (data && memory && (memory.kind === "constant" || isProgramMemory(memory))) {
      const number = memory.kind === "constant" ? Number(memory.value) : null;
      return this.#named(`${data} ${number}`, expr, () => ({ kind: "data", name: data, memory: number }));
    }
    // the program's memory stays named by APP_MEMID: its number is another matter
    const kept = args.map((arg, i) => (memories.includes(i) ? arg : this.expression(arg)));
    return { ...expr, args: kept };
  };
}

type Asked = (call: Expr & { kind: "call" }) => HelperCall;
type DataFunction = "active_data_start" | "active_data_len";

const isDataFunction = (name: string): name is DataFunction => /^active_data_(start|len)$/.test(name);

/** Which arguments of the language's functions name a memory. */
const memoryArguments: Readonly<Record<string, readonly number[]>> = {
  ...{ memcpy: [0, 2], read_str: [0], write_str: [0], mem_size: [0], page_size: [0] },
  ...{ active_data_start: [0], active_data_len: [0] },
};

const isProgramMemory = (expr: Expr) => expr.kind === "bound" && expr.name === "APP_MEMID";

function parameterNamed(name: string, type: Type, { span }: Probe): Variable {
  return { name, type, storage: "parameter", report: false, initial: null, span };
}

const constant = (value: number, type: Type, { span }: Probe): Expr => ({
  kind: "constant",
  value,
  type,
  span,
});

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

/** Functions of the script, and what runs before the program, belong to no place: what only a program knows is not there. */
function refuseProgramFacts({ routines, first }: Script): void {
  const see = (expr: Expr) => {
    const callee = expr.kind === "call" && expr.callee.kind === "language" ? expr.callee.name : undefined;
    if (callee !== undefined && isDataFunction(callee))
      throw usageError(
        `${callee} stands in no probe, so a module beside the program cannot know it`,
        "call it in the probe, or use --target rewrite",
      );
  };
  for (const { body } of routines) visitStatements(body, see);
  visitStatements(first, see);
}
