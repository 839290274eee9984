/**
 * What data segments of the program fill, where code asks for it that belongs to no place: functions of the script,
 * initial values, and what runs before and after the program. The program tells it once, before the module begins: an
 * export for each memory that is asked for, `javy_prof.monitor.data APP_MEMID` (start, length), keeps it in variables.
 */
import { type Type, unit } from "../language-types.ts";
import { mapExpression, mapStatements } from "../map-expression.ts";
import { firstForeign } from "../targets/calls.ts";
import { dataExport } from "../targets/state.ts";
import type { Expr, Probe, Routine, Script, Statement, Variable } from "../tree.ts";
import { languageCallee } from "../visit.ts";
import { type DataFunction, dataFunctions, memoryText } from "./export-name.ts";

export const isDataFunction = (name: string): name is DataFunction =>
  (dataFunctions as readonly string[]).includes(name);
export const isProgramMemory = (expr: Expr) => expr.kind === "bound" && expr.name === "APP_MEMID";

/** What stands instead of parts of a script, whose objects stay what they are: others name them. */
export interface Told {
  /** Variables that hold what was told; they last when the state is set back. */
  readonly lasting: readonly Variable[];
  readonly initials: ReadonlyMap<Variable, Expr>;
  readonly bodies: ReadonlyMap<Routine, readonly Statement[]>;
}

type Kept = Readonly<Record<DataFunction, Variable>>;

export class ProgramData implements Told {
  readonly lasting: Variable[] = [];
  readonly initials = new Map<Variable, Expr>();
  readonly bodies = new Map<Routine, readonly Statement[]>();
  /** What the program calls, by the name of the export. */
  readonly exported = new Map<string, Routine>();
  /** What runs at no place, with variables where it asked the program. */
  readonly first: readonly Statement[];
  readonly probes: readonly Probe[];
  readonly #kept = new Map<string, Kept>();

  constructor({ routines, variables, first, probes }: Script) {
    for (const routine of routines) this.bodies.set(routine, this.#statements(routine.body));
    this.#initials(variables);
    this.first = this.#statements(first);
    this.probes = probes
      .filter(({ event }) => event.package === null)
      .map((probe) => {
        this.#initials(probe.variables);
        const predicate = probe.predicate && this.#expression(probe.predicate);
        return {
          ...{ ...probe, predicate },
          ...{ body: this.#statements(probe.body), first: this.#statements(probe.first) },
        };
      });
  }

  #initials(variables: readonly Variable[]): void {
    for (const variable of variables)
      if (variable.initial) this.initials.set(variable, this.#expression(variable.initial));
  }

  #statements(statements: readonly Statement[]): readonly Statement[] {
    return mapStatements(statements, same, this.#whole);
  }

  #expression(expr: Expr): Expr {
    return mapExpression(expr, same, this.#whole);
  }

  readonly #whole = (expr: Expr): Expr | undefined => {
    const name = languageCallee(expr);
    if (expr.kind !== "call" || name === undefined || !isDataFunction(name)) return undefined;
    const memory = memoryName(expr.args[0]!);
    if (memory === undefined) return undefined;
    const variable = this.#of(memory)[name];
    return { kind: "variable", variable, type: variable.type, span: expr.span };
  };

  #of(memory: string): Kept {
    const known = this.#kept.get(memory);
    if (known) return known;
    const kept: Kept = {
      active_data_start: number("start", "script"),
      active_data_len: number("len", "script"),
    };
    this.#kept.set(memory, kept);
    const variables = Object.values(kept);
    this.lasting.push(...variables);
    const parameters = variables.map(({ name }) => number(name, "parameter"));
    const body = variables.map(
      (variable, n): Statement => ({
        ...{ kind: "assign", place: { kind: "variable", variable }, span: nowhere },
        value: { kind: "variable", variable: parameters[n]!, type: "u32", span: nowhere },
      }),
    );
    const name = `${dataExport}${memory}`;
    this.exported.set(name, { name, parameters, result: unit, body, span: nowhere });
    return kept;
  }
}

const nowhere = { start: 0, end: 0 };
const same = (expr: Expr): Expr => expr;

function number(name: string, storage: Variable["storage"]): Variable {
  const type: Type = "u32";
  return { name, type, storage, report: false, initial: null, span: nowhere };
}

/** How the export says which memory of the program it is; undefined for other memories, whose data is no program's. */
function memoryName(memory: Expr): string | undefined {
  if (isProgramMemory(memory)) return memoryText(null);
  const number = memory.kind === "constant" ? Number(memory.value) : firstForeign;
  return number < firstForeign ? memoryText(number) : undefined;
}
