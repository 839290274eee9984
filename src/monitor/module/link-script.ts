/**
 * A monitor module's exports → the script that links it to a program: where an export's name says so, it is called with
 * what the name says. What makes the state of a place runs once before the program, and the address is kept in a variable
 * of the place. From there on the script is like another: its predicates are asked for each place, its bodies are calls.
 */
import { unsupported } from "../../base/diagnostics.ts";
import { F32, F64, funcTypeAt, I64, type Module } from "../../wasm/types.ts";
import { type Event, type Mode, wasmEvents } from "../events.ts";
import { isMap, type Type, unit } from "../language-types.ts";
import { type EventScope, eventName, findBound } from "../scope.ts";
import { beginExport, initExport } from "../targets/state.ts";
import type { Expr, Probe, Script, Statement, Variable } from "../tree.ts";
import { type Argument, type HelperCall, type ModuleProbe, readExportName } from "./export-name.ts";

/** Name of the library that the module is for the script; none that a script can have. */
export const monitorModule = "monitor module";

/** `reports`: whether something of the state is reported that an export makes. */
export function linkScript(module: Module, reports: (state: string) => boolean): Script {
  const types = new Map<string, Type>();
  for (const { kind, name, index } of module.exports)
    if (kind === "func") types.set(name, resultType(module, index));
  const linking = new Linking(types, reports);
  const probes = [...types.keys()].flatMap((name) => linking.probe(name) ?? []);
  const call = (name: string): Statement => ({
    ...{ kind: "call", span: nowhere },
    call: linking.call({ export: name, args: [] }, "run", null),
  });
  const begin: Probe = {
    ...{ number: -1, event: beginEvent(), mode: null, bounds: new Map(), predicate: null },
    ...{ body: [call(beginExport)], variables: [], first: [], span: nowhere },
  };
  return {
    ...{ libraries: [monitorModule], variables: [], routines: [] },
    first: types.has(initExport) ? [call(initExport)] : [],
    probes: [...(types.has(beginExport) ? [begin] : []), ...probes.sort((a, b) => a.number - b.number)],
  };
}

const nowhere = { start: 0, end: 0 };
const beginEvent = () => wasmEvents().find(({ package: of, name }) => of === null && name === "begin")!;

function resultType(module: Module, index: number): Type {
  const [result] = funcTypeAt(module, module.functions[index]!)!.results;
  if (result === undefined) return unit;
  return result === I64 ? "i64" : result === F32 ? "f32" : result === F64 ? "f64" : "i32";
}

class Linking {
  /** What each export gives. */
  readonly #types: ReadonlyMap<string, Type>;
  readonly #reports: (state: string) => boolean;
  readonly #events = new Map<string, { readonly event: Event; readonly mode: Mode | null }>();

  constructor(types: ReadonlyMap<string, Type>, reports: (state: string) => boolean) {
    this.#types = types;
    this.#reports = reports;
    for (const event of wasmEvents())
      for (const mode of event.modes.length > 0 ? event.modes : [null])
        this.#events.set(eventName({ event, mode }), { event, mode });
  }

  /** Undefined where the export is no probe at places. */
  probe(name: string): Probe | undefined {
    const said = readExportName(name);
    if (!said) return undefined;
    const found = this.#events.get(said.rule.replace(/\(.*\)/, ""));
    if (!found) throw unsupported(`the monitor module has a rule that nobody knows here: ${said.rule}`);
    if (found.event.package === null) return undefined;
    const bounds = new Map(
      [...said.rule.matchAll(/(\w+): (\w+)/g)].map(([, of, type]) => [of!, type as Type]),
    );
    const scope = { ...found, bounds };
    const variables: Variable[] = [];
    const first: Statement[] = [];
    const args: Expr[] = [];
    for (const arg of said.args) {
      if (arg.kind === "init")
        first.push({ kind: "call", span: nowhere, call: this.call(arg, "run", scope) });
      else args.push(this.#argument(arg, scope, variables));
    }
    const visit: Expr & { kind: "call" } = {
      ...{ kind: "call", args, type: unit, span: nowhere },
      callee: { kind: "library", library: monitorModule, name, when: "run" },
    };
    return {
      ...{ ...scope, number: said.number, predicate: this.#predicate(said, scope) },
      ...{ body: [{ kind: "call", call: visit, span: nowhere }], variables, first },
      span: { start: said.at, end: said.at },
    };
  }

  #predicate({ predicate }: ModuleProbe, scope: EventScope): Expr | null {
    if (!predicate) return null;
    const asked = this.call(predicate, "static", scope);
    const zero: Expr = { kind: "constant", value: 0, type: "i32", span: nowhere };
    return { kind: "binary", operator: "!=", left: asked, right: zero, type: "bool", span: nowhere };
  }

  call(
    { export: name, args }: Pick<HelperCall, "export" | "args">,
    when: "static" | "run",
    scope: EventScope | null,
  ): Expr & { kind: "call" } {
    return {
      ...{ kind: "call", type: this.#types.get(name) ?? unit, span: nowhere },
      callee: { kind: "library", library: monitorModule, name, when },
      args: args.map((arg) => this.#argument(arg, scope!, [])),
    };
  }

  /** `variables` gains what is kept of each place. */
  #argument(arg: Argument, scope: EventScope, variables: Variable[]): Expr {
    const kept = (name: string, type: Type, initial: Expr, report: boolean): Expr => {
      const variable: Variable = { name, type, storage: "site", report, initial, span: nowhere };
      variables.push(variable);
      return { kind: "variable", variable, type, span: nowhere };
    };
    switch (arg.kind) {
      case "bound": {
        const bound = boundValue(arg.name, scope);
        return isMap(bound.type) ? kept(arg.name, bound.type, bound, false) : bound;
      }
      case "data": {
        const memory: Expr =
          arg.memory === null
            ? boundValue("APP_MEMID", scope)
            : { kind: "constant", value: arg.memory, type: "u32", span: nowhere };
        const callee = { kind: "language", name: arg.name } as const;
        return { kind: "call", callee, args: [memory], type: "u32", span: nowhere };
      }
      case "state":
        return kept(arg.export, "u32", this.call(arg, "run", scope), this.#reports(arg.export));
      default:
        return this.call(arg, "static", scope);
    }
  }
}

function boundValue(name: string, scope: EventScope): Expr {
  if (name === "APP_MEMID") return { kind: "bound", name, static: true, type: "u32", span: nowhere };
  const found = findBound(scope, name, nowhere);
  if (!found) throw unsupported(`the monitor module asks for ${name}, which ${eventName(scope)} has not`);
  return { kind: "bound", name, static: found.static, type: found.type, span: nowhere };
}
