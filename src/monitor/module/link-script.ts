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
import { altCallNumber, dropArgsNumber, dupAtNumber, monitorModule, monitorTexts } from "../targets/calls.ts";
import { beginExport, dataExport, initExport } from "../targets/state.ts";
import type { Call, Expr, Probe, Script, Statement, Variable } from "../tree.ts";
import { type Argument, dataFunctions, type HelperCall, readExportName, readMemory } from "./export-name.ts";
import { and } from "./static-part.ts";

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
    ...{ source: null, libraries: [monitorModule], variables: [], routines: [] },
    first: [...linking.data(), ...(types.has(initExport) ? [call(initExport)] : [])],
    probes: [...(types.has(beginExport) ? [begin] : []), ...probes.sort((a, b) => a.number - b.number)],
  };
}

const nowhere = { start: 0, end: 0 };
const beginScope = (): EventScope => ({ event: beginEvent(), mode: null, bounds: new Map() });
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

  /** Tells the module what data segments of the program fill, where it asks. */
  data(): Statement[] {
    const told = [...this.#types.keys()].filter((name) => name.startsWith(dataExport));
    return told.map((name) => {
      const memory = readMemory(name.slice(dataExport.length));
      const args = dataFunctions.map((fn): Argument => ({ kind: "data", name: fn, memory }));
      return { kind: "call", span: nowhere, call: this.call({ export: name, args }, "run", beginScope()) };
    });
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
    const body: Statement[] = [];
    for (const arg of said.args) {
      if (arg.kind === "init")
        first.push({ kind: "call", span: nowhere, call: this.call(arg, "run", scope) });
      else if (arg.kind === "dropped")
        body.push({ kind: "call", span: nowhere, call: languageCall("drop_args", [], unit) });
      else args.push(this.#argument(arg, scope, variables));
    }
    const visit: Call = {
      ...{ kind: "call", args, type: this.#types.get(name) ?? unit, span: nowhere },
      callee: { kind: "library", library: monitorModule, name, when: "run" },
    };
    const wanted = said.predicate && isTrue(this.call(said.predicate, "static", scope));
    // One that answers has done what it does, or leaves the instruction.
    const answers = visit.type !== unit;
    if (!answers) body.push({ kind: "call", call: visit, span: nowhere });
    return {
      ...{ ...scope, number: said.number, predicate: answers ? and([wanted, isTrue(visit)]) : wanted },
      ...{ body, variables, first },
      span: { start: said.at, end: said.at },
    };
  }

  call(
    { export: name, args }: Pick<HelperCall, "export" | "args">,
    when: "static" | "run",
    scope: EventScope | null,
  ): Call {
    return {
      ...{ kind: "call", type: this.#types.get(name) ?? unit, span: nowhere },
      callee: { kind: "library", library: monitorModule, name, when },
      args: args.flatMap((arg) => (arg.kind === "dropped" ? [] : this.#argument(arg, scope!, []))),
    };
  }

  /** `variables` gains what is kept of each place. */
  #argument(arg: Exclude<Argument, { kind: "dropped" }>, scope: EventScope, variables: Variable[]): Expr {
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
      case "data":
        return languageCall(arg.name, [memoryOf(arg.memory, scope)], "u32");
      case "drop_args":
        return languageCall(dropArgsNumber, [], "i32");
      case "dup_at":
        return languageCall(dupAtNumber, [memoryOf(arg.memory, scope)], "i32");
      case "state":
        return kept(arg.export, "u32", this.call(arg, "run", scope), this.#reports(arg.export));
      case "alt_call_by_id":
        return languageCall(altCallNumber, [this.call(arg, "static", scope)], "i32");
      case "alt_call_by_name": {
        const asked = this.call(arg, "static", scope);
        const callee = { kind: "library", library: monitorTexts, name: arg.export, when: "static" } as const;
        return languageCall(altCallNumber, [{ ...asked, callee, type: "str" }], "i32");
      }
      default:
        return this.call(arg, "static", scope);
    }
  }
}

function languageCall(name: string, args: readonly Expr[], type: Type): Call {
  return { kind: "call", callee: { kind: "language", name }, args, type, span: nowhere };
}

function memoryOf(memory: number | null, scope: EventScope): Expr {
  if (memory === null) return boundValue("APP_MEMID", scope);
  return { kind: "constant", value: memory, type: "u32", span: nowhere };
}

function isTrue(asked: Expr): Expr {
  const zero: Expr = { kind: "constant", value: 0, type: "i32", span: nowhere };
  return { kind: "binary", operator: "!=", left: asked, right: zero, type: "bool", span: nowhere };
}

function boundValue(name: string, scope: EventScope): Expr {
  if (name === "APP_MEMID") return { kind: "bound", name, static: true, type: "u32", span: nowhere };
  const found = findBound(scope, name, nowhere);
  if (!found) throw unsupported(`the monitor module asks for ${name}, which ${eventName(scope)} has not`);
  return { kind: "bound", name, static: found.static, type: found.type, span: nowhere };
}
