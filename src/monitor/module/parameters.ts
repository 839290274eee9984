/**
 * What becomes a parameter of a function that is written for a module of its own: each variable that the event binds, what
 * is asked while linking, what data segments fill, and the numbers of what the program is called back for.
 */
import type { Type } from "../language-types.ts";
import { mapExpression, mapStatements } from "../map-expression.ts";
import { programCall } from "../targets/calls.ts";
import type { Call, Expr, Probe, Statement, Variable } from "../tree.ts";
import { languageCallee } from "../visit.ts";
import type { Argument, HelperCall } from "./export-name.ts";
import { isDataFunction, isProgramMemory } from "./program-data.ts";
import { isStatic } from "./static-part.ts";

type Asked = (call: Call) => HelperCall;

/** The parameters of a function while its body is written: what it asks for, in the order in which it does. */
export class Parameters {
  readonly variables: Variable[] = [];
  readonly args: Argument[] = [];
  readonly #byName = new Map<string, Variable>();
  readonly #probe: Probe;
  readonly #asked: Asked | null;
  readonly #called: ((call: Call) => Argument) | undefined;
  readonly #drops: boolean;

  /**
   * `asked`: what becomes of an `@static` call whose arguments are static; null: it is called where it stands. `called`:
   * what is passed for a call that only the program can do; it is called back with that. `drops`: for drop_args, too.
   */
  constructor(probe: Probe, asked: Asked | null, called?: (call: Call) => Argument, drops = false) {
    this.#probe = probe;
    this.#asked = asked;
    this.#called = called;
    this.#drops = drops;
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
    const name = languageCallee(expr);
    const isDrop = name === "drop_args" && this.#drops;
    if (name !== undefined && (programCalls.has(name) || isDrop)) {
      const called = this.#called!;
      // each call is one of its own, but for drop_args
      const key = isDrop ? name : `${name} ${this.args.length}`;
      const number = this.#named(key, { ...expr, type: "i32" }, () => called(expr));
      const address = name === "dup_at" ? [this.expression(args[1]!)] : [];
      return { ...expr, callee: { kind: "language", name: programCall }, args: [number, ...address] };
    }
    if (callee.kind === "library" && callee.when === "static" && this.#asked && args.every(isStatic)) {
      const asked = this.#asked;
      // each call is asked for itself: it may answer differently
      return this.#named(`@static ${this.args.length}`, expr, () => asked(expr));
    }
    const memories = name === undefined ? undefined : memoryArguments[name];
    if (name === undefined || !memories) return undefined;
    const [memory] = args;
    if (isDataFunction(name) && memory && (memory.kind === "constant" || isProgramMemory(memory))) {
      const number = memory.kind === "constant" ? Number(memory.value) : null;
      return this.#named(`${name} ${number}`, expr, () => ({ kind: "data", name, memory: number }));
    }
    // the program's memory stays named by APP_MEMID: its number is another matter
    const kept = args.map((arg, i) => (memories.includes(i) ? arg : this.expression(arg)));
    return { ...expr, args: kept };
  };
}

/** Functions of the language that take the instruction's operands. */
const programCalls = new Set(["alt_call_by_id", "alt_call_by_name", "dup_at"]);
/** Which arguments of the language's functions name a memory. */
const memoryArguments: Readonly<Record<string, readonly number[]>> = {
  ...{ memcpy: [0, 2], read_str: [0], write_str: [0], mem_size: [0], page_size: [0] },
  ...{ active_data_start: [0], active_data_len: [0] },
};

export function parameterNamed(name: string, type: Type, { span }: Probe): Variable {
  return { name, type, storage: "parameter", report: false, initial: null, span };
}
