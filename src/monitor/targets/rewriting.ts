/**
 * Checked script + module → plan: for every place that a probe matches, what is left of it there as code in place;
 * the script's functions, and what runs before and after the program, as functions added to the module; state as
 * globals. Also the layout of the report, and every place with what became of it.
 */
import { internalError, usageError } from "../../base/diagnostics.ts";
import type { Action, CodeInPlace } from "../../probe/action.ts";
import type { AddedExport, AddedFunction } from "../../probe/additions.ts";
import type { FunctionProbes, Meter, Plan, SiteProbe } from "../../probe/plan.ts";
import { findSites, type Site } from "../../probe/sites.ts";
import { localTypeOf } from "../../wasm/locals.ts";
import type { Module } from "../../wasm/types.ts";
import { codeStart } from "../../wasm/walk.ts";
import { foldExpression, foldStatements, type Known } from "../fold.ts";
import { flatten, isMap, type Value } from "../language-types.ts";
import { exportName } from "../module/export-name.ts";
import type { Told } from "../module/program-data.ts";
import type { ReportLayout, RowPlace } from "../report.ts";
import { eventName } from "../scope.ts";
import { withPlaces } from "../script.ts";
import type { Probe, Routine, Script, Statement, Variable } from "../tree.ts";
import { languageCallee, visitStatements } from "../visit.ts";
import { alternative } from "./alternative.ts";
import {
  Calls,
  dupAtNumber,
  hostModule,
  libraryModule,
  monitorModule,
  programMemory,
  supportMemory,
} from "./calls.ts";
import {
  addedFunction,
  duplicating,
  provisional,
  routineFunction,
  type Shared,
  type SiteMemory,
} from "./environment.ts";
import { type Folded, FoldedProbes } from "./folded-probes.ts";
import { dynamicNames, guarded, inPlace, keeping, type Residual, rehearse, Values } from "./in-place.ts";
import { type KnownPlace, knownAt, ModuleFacts } from "./known.ts";
import { locations } from "./locations.ts";
import { type Instruction, type Outline, outline } from "./outline.ts";
import { processExits } from "./process-exits.ts";
import { ProgramCalls, programTable, programTableExport } from "./program-calls.ts";
import { resolveFunction } from "./resolve.ts";
import { caller, resetFunctions, type Startup, startupFunctions, stringFunctions } from "./startup.ts";
import {
  beginExport,
  type Cells,
  initExport,
  monitorPrefix,
  mostGlobals,
  programMemoryExport,
  resetExport,
  State,
  startupExport,
  valueExport,
} from "./state.ts";
import { valueFunctions } from "./values.ts";

export interface RewritingOptions {
  /** What fuel costs, for scripts that read `fuel`. */
  readonly model: Meter["model"];
  /** Count fuel in any case, and look at the limit: so that a guest can be stopped. */
  readonly checks?: boolean;
  /** Runs `@static` calls. */
  readonly staticCall?: Known["call"];
  /** Notes every place that a probe matched. */
  readonly keepsPlaces?: boolean;
  /** Export a function that sets the state back, for a module that runs before the program does: a plugin. */
  readonly resets?: boolean;
  /**
   * What the script does first is exported (`startupExport`), to be called when the host has the instance: the host copies
   * between its memories. Otherwise it is done at instantiation. Default: always.
   */
  readonly defersStart?: "always" | "where it copies" | "never";
  /** Functions of the script that the host calls: what they are exported as. It makes strings for them that take some. */
  readonly exported?: ReadonlyMap<string, Routine>;
  /** Count fuel in any case. */
  readonly counts?: boolean;
  /**
   * The module is the script's own, beside the program: which of its functions have the state of a place. What runs before
   * the program is exported then, since the program must have made its strings before.
   */
  readonly beside?: ReadonlyMap<Routine, SiteMemory>;
  /** What it has of the program instead of asking for it. */
  readonly told?: Told;
  /** The program beside such a module: the strings that are there when its start makes more, by number. */
  readonly knownStrings?: readonly string[];
  /** Export the program's memories. */
  readonly showsMemories?: boolean;
}

/** A place that a probe matched, with what is left of it there; for people who ask what a script would do. */
export interface MatchedPlace {
  readonly probe: Probe;
  readonly place: RowPlace;
  readonly residual: Residual | null;
}

export interface Rewriting {
  readonly plan: Plan;
  readonly layout: ReportLayout;
  /** Exports to call behind the program, in order, by what they do. */
  readonly ending: readonly string[];
  readonly places: readonly MatchedPlace[];
  /** Rules that got no code, in the order of the script. */
  readonly idle: readonly IdleRule[];
}

/** A rule whose predicate is false wherever it matches, or that matches nowhere. */
export interface IdleRule {
  /** Its first event. */
  readonly event: string;
  /** How many places it matches; at all of them its predicate is false. */
  readonly places: number;
}

export function planRewriting(script: Script, module: Module, options: RewritingOptions): Rewriting {
  return withPlaces(script, () => new Rewriter(script, module, options).plan());
}

class Rewriter {
  readonly #script: Script;
  readonly #facts: ModuleFacts;
  readonly #options: RewritingOptions;
  readonly #shared: Shared;
  readonly #functions: AddedFunction[] = [];
  readonly #startup: Startup[] = [];
  readonly #places: MatchedPlace[] = [];
  readonly #folded = new FoldedProbes();
  /** Places by rule: all, and those with code. */
  readonly #counts = new Map<number, { places: number; kept: number }>();
  #usesFuel = false;

  constructor(script: Script, module: Module, options: RewritingOptions) {
    this.#script = script;
    this.#options = options;
    const { beside, knownStrings } = options;
    this.#facts = new ModuleFacts(module, beside && programMemory);
    const calls = new Calls(this.#facts, script.libraries, beside !== undefined);
    const state = new State(knownStrings);
    const programCalls = new ProgramCalls(() => state.globals.length);
    this.#shared = { state, scriptCells: new Map(), calls, programCalls };
  }

  plan(): Rewriting {
    const script = this.#script;
    const { told } = this.#options;
    const { state, calls, scriptCells, programCalls } = this.#shared;
    const nowhere = this.#known(null);
    script.routines.forEach((routine, n) => {
      calls.routines.set(routine, n);
    });
    if (asksFor(script, "target_funcref")) {
      const first = script.routines.length;
      calls.resolve = { first, others: first + 1 };
      this.#functions[first] = resolveFunction(this.#facts.table);
      this.#functions[first + 1] = resolveFunction(new Map());
    }
    for (const variable of script.variables) this.#addVariable(variable, null, scriptCells, nowhere);
    for (const variable of told?.lasting ?? []) state.lasting.add(scriptCells.get(variable)!);
    script.routines.forEach((routine, n) => {
      const body = foldStatements(told?.bodies.get(routine) ?? routine.body, nowhere);
      const site = this.#options.beside?.get(routine);
      this.#functions[n] = routineFunction(this.#shared, { ...routine, body }, site);
    });
    this.#start(foldStatements(script.first, nowhere), new Map());
    const functions = this.#probeFunctions();
    const exports: AddedExport[] = [];
    this.#atNoPlace("end", exports);
    const custom = this.#atNoPlace("report", exports) > 0;
    const ending = exports.filter(({ kind }) => kind === "func").map(({ name }) => name);
    if (passesStrings(this.#options.exported)) calls.support("str_push", provisional);
    const start = this.#addStartup(exports);
    for (const [name, routine] of this.#options.exported ?? [])
      exports.push({ name, kind: "func", of: { added: calls.routines.get(routine)! } });
    if (this.#options.resets)
      this.#addExported(
        resetExport,
        resetFunctions(this.#shared, this.#startup, this.#functions.length),
        exports,
      );
    this.#addExported(
      valueExport,
      valueFunctions(state.reported, state.globals, this.#functions.length),
      exports,
    );
    if (state.globals.length > mostGlobals)
      throw internalError(
        `the script has ${state.globals.length} values to keep, a module ${mostGlobals} at most`,
      );
    const { model, checks = false, counts = false, beside } = this.#options;
    const { defersStart = "always", showsMemories = false } = this.#options;
    const { memories } = this.#facts.module;
    const asksMemories = showsMemories || calls.hooks.some(({ module }) => module === hostModule);
    if (asksMemories)
      memories.forEach((_, n) => {
        exports.push({ name: `${monitorPrefix}memory.${n}`, kind: "memory", of: { original: n } });
      });
    if (showsMemories && memories.length > 0)
      exports.push({ name: programMemoryExport, kind: "memory", of: { original: this.#facts.memory } });
    const called = programCalls.added(this.#functions.length, libraryModule(monitorModule));
    this.#functions.push(...(called?.functions ?? []));
    const defers = !beside && (defersStart === "always" || (defersStart !== "never" && asksMemories));
    if (defers && start !== undefined)
      exports.push({ name: startupExport, kind: "func", of: { added: start } });
    if (calls.callsProgram) exports.push({ name: programTableExport, kind: "table", of: { added: 0 } });
    const rows = [...state.rows].sort((a, b) => (a.place?.probe ?? -1) - (b.place?.probe ?? -1));
    return {
      plan: {
        hooks: calls.hooks,
        functions,
        added: {
          ...{ functions: this.#functions, globals: [...state.globals, ...programCalls.globals], exports },
          ...(calls.callsProgram && { tables: [programTable] }),
          ...(called && { tables: called.tables, elements: called.elements }),
          ...(beside && calls.usesSupport && { memories: [supportMemory] }),
          ...(!defers && start !== undefined && { start }),
        },
        ...((this.#usesFuel || checks || counts) && {
          meter: { model, mode: "run", globals: { kind: "define" }, checks } as const,
        }),
        deferStart: defers,
      },
      layout: { rows, strings: state.strings, support: calls.usesSupport, custom },
      ending,
      places: this.#places,
      idle: this.#idle(),
    };
  }

  #idle(): IdleRule[] {
    const first = new Map<number, Probe>();
    for (const probe of this.#script.probes)
      if (!first.has(probe.span.start)) first.set(probe.span.start, probe);
    return [...first].flatMap(([rule, probe]) => {
      const { places, kept } = this.#counts.get(rule) ?? { places: 0, kept: 0 };
      return kept === 0 ? [{ event: eventName(probe), places }] : [];
    });
  }

  #known(place: KnownPlace | null): Known {
    const none = { event: noEvent, outline: null, instruction: null, site: null, pc: 0 };
    return knownAt(this.#facts, place ?? none, this.#options.staticCall);
  }

  /** Gives a variable its globals and, where that takes code, its initial value before the program runs. */
  #addVariable(variable: Variable, place: RowPlace | null, cells: Cells, known: Known): void {
    const given = this.#options.told?.initials.get(variable) ?? variable.initial;
    const initial = given && foldExpression(given, known);
    this.#shared.state.add(variable, initial?.kind === "constant" ? initial.value : undefined, place, cells);
    if (isMap(variable.type)) {
      const entries =
        initial?.kind === "constant" ? (initial.value as ReadonlyMap<string, Value>) : undefined;
      this.#startup.push({ cells, map: variable, entries });
    } else if (initial && initial.kind !== "constant")
      this.#startup.push({ cells, variable, value: initial });
  }

  #start(statements: readonly Statement[], cells: Cells): void {
    if (statements.length > 0) this.#startup.push({ cells, statements });
  }

  /** What runs before the program; the number of what the module starts with. */
  #addStartup(exports: AddedExport[]): number | undefined {
    const { beside, knownStrings } = this.#options;
    const { state, calls } = this.#shared;
    const add = (functions: readonly AddedFunction[]): number[] => {
      this.#functions.push(...functions);
      return functions.length > 0 ? [this.#functions.length - 1] : [];
    };
    const stage = (from: number, to?: number) =>
      add(startupFunctions(this.#shared, this.#startup.slice(from, to), this.#functions.length));
    const own = this.#startup.length;
    for (const probe of this.#script.probes) if (isEvent(probe, null, "begin")) this.#begin(probe);
    const [init, begin] = beside ? [stage(0, own), stage(own)] : [stage(0), []];
    const strings = knownStrings
      ? state.strings.slice(knownStrings.length)
      : calls.usesSupport
        ? state.strings
        : [];
    const all = add(stringFunctions(this.#shared, strings, this.#functions.length));
    if (beside) {
      for (const added of init) exports.push({ name: initExport, kind: "func", of: { added } });
      for (const added of begin) exports.push({ name: beginExport, kind: "func", of: { added } });
    } else all.push(...init);
    return all.length > 1 ? add([caller(all)])[0] : all[0];
  }

  /** Adds functions of which the last is exported; none where there are none. */
  #addExported(name: string, added: readonly AddedFunction[], exports: AddedExport[]): void {
    if (added.length === 0) return;
    this.#functions.push(...added);
    exports.push({ name, kind: "func", of: { added: this.#functions.length - 1 } });
  }

  /** What happens at no instruction: wasm:begin. */
  #begin(probe: Probe): void {
    const { residual, cells } = this.#match(probe, placeless(probe), nowhereInCode);
    if (residual) this.#start(guarded(residual), cells);
  }

  /** wasm:end and wasm:report: one exported function for all probes of the event. */
  #atNoPlace(event: string, exports: AddedExport[]): number {
    const probes = this.#script.probes.filter((probe) => isEvent(probe, null, event));
    const bodies = probes.flatMap((probe) => {
      const { residual, cells } = this.#match(probe, placeless(probe), nowhereInCode);
      return residual ? [{ probe, code: guarded(residual), cells }] : [];
    });
    const name = ({ number, span }: Probe) =>
      this.#options.beside
        ? exportName({ rule: `wasm:${event}`, at: span.start, number, predicate: null, args: [] })
        : `${monitorPrefix}${event}.${exports.length}`;
    for (const { probe, code, cells } of bodies) {
      exports.push({ name: name(probe), kind: "func", of: { added: this.#functions.length } });
      this.#functions.push(addedFunction(this.#shared, [], [], cells, (writer) => writer.body(code)));
    }
    return probes.length;
  }

  /** Folds a probe for a place and gives its variables there their globals. */
  #match(probe: Probe, known: KnownPlace, at: PlaceInCode): Folded & { cells: Cells } {
    const folding = this.#known(known);
    const folded = this.#folded.at(probe, folding);
    const { residual } = folded;
    const counts = this.#counts.get(probe.span.start) ?? { places: 0, kept: 0 };
    this.#counts.set(probe.span.start, counts);
    counts.places += 1;
    if (residual) counts.kept += 1;
    if (this.#options.keepsPlaces) {
      const place: RowPlace = { ...at, ...this.#folded.rowOf(probe) };
      this.#places.push({ probe, place, residual });
    }
    if (!residual || isPlain(probe)) return { ...folded, cells: noCells };
    const place: RowPlace = { ...at, ...this.#folded.rowOf(probe) };
    const cells: Cells = new Map();
    for (const variable of probe.variables) this.#addVariable(variable, place, cells, folding);
    this.#start(foldStatements(probe.first, folding), cells);
    return { ...folded, cells };
  }

  #probeFunctions(): Map<number, FunctionProbes> {
    const { module } = this.#facts;
    const byRow = new Map<number, Probe[]>();
    for (const probe of this.#script.probes) {
      const { row } = probe.event;
      if (row !== undefined) byRow.set(row, [...(byRow.get(row) ?? []), probe]);
    }
    const sites = new Map<number, Site>();
    if (byRow.size > 0)
      for (const site of findSites(module, ({ row }) => byRow.has(row))) sites.set(site.offset, site);
    const functions = new Map<number, FunctionProbes>();
    for (let index = module.importedFunctions; index < module.functions.length; index++) {
      const probes = new FunctionPlanner(index);
      const shape = outline(module, index);
      this.#edges(shape, probes);
      this.#runs(shape, probes);
      if (byRow.size > 0)
        for (const instruction of shape.instructions)
          for (const probe of byRow.get(instruction.row) ?? [])
            this.#atInstruction(probe, shape, instruction, sites.get(instruction.offset)!, probes);
      const found = probes.found();
      if (found) functions.set(index, found);
    }
    return functions;
  }

  /** func:entry and func:exit. */
  #edges(shape: Outline, probes: FunctionPlanner): void {
    for (const probe of this.#script.probes) {
      const entry = isEvent(probe, "func", "entry");
      if (!entry && !isEvent(probe, "func", "exit")) continue;
      const instruction = shape.instructions[0]!;
      const at = this.#rowPlace(shape, instruction);
      if (!this.#boundsFit(probe, shape.function, null)) continue;
      const known = { event: probe.event, outline: shape, instruction, site: null, pc: entry ? 0 : at.pc };
      const action = this.#action(this.#match(probe, known, at), null, true)?.action;
      if (!action) continue;
      if (entry) probes.entry.push(action);
      else {
        probes.exit.push(action);
        // The program ends in this call: control does not come to the function's end.
        for (const offset of processExits(this.#facts.module, shape))
          probes.site(offset, { ...action, when: "before" });
      }
    }
  }

  /** block:start and block:end. */
  #runs(shape: Outline, probes: FunctionPlanner): void {
    for (const probe of this.#script.probes) {
      const start = isEvent(probe, "block", "start");
      if (!start && !isEvent(probe, "block", "end")) continue;
      if (!this.#boundsFit(probe, shape.function, null)) continue;
      for (const { first, last, count } of shape.runs) {
        const instruction = start ? first : last;
        const at = this.#rowPlace(shape, instruction);
        const known = {
          event: probe.event,
          outline: shape,
          instruction,
          site: null,
          pc: at.pc,
          runLength: count,
        };
        const action = this.#action(this.#match(probe, known, at), null, true)?.action;
        if (action) probes.site(instruction.offset, { ...action, when: "before" });
      }
    }
  }

  #atInstruction(
    probe: Probe,
    shape: Outline,
    instruction: Instruction,
    site: Site,
    probes: FunctionPlanner,
  ): void {
    if (!this.#boundsFit(probe, shape.function, site)) return;
    const at = this.#rowPlace(shape, instruction);
    const folded = this.#match(
      probe,
      { event: probe.event, outline: shape, instruction, site, pc: at.pc },
      at,
    );
    if (!folded.residual) return;
    if (probe.mode === "alt") {
      if (folded.names.includes("fuel")) this.#usesFuel = true;
      const action = alternative(this.#shared, this.#facts, site, folded.residual, folded.cells);
      return probes.replace(
        site.offset,
        action,
        () => `${site.name} at pc ${at.pc} of function ${at.function}`,
      );
    }
    const made = this.#action(folded, site, probe.mode === "before");
    if (!made) return;
    if (made.values.kept.length > 0) probes.site(site.offset, keeping(made.values.kept));
    for (const location of locations(shape, instruction, probe.mode!)) {
      if (location.kind === "exit") probes.exit.push(made.action);
      else probes.site(location.offset, { ...made.action, when: location.when });
    }
  }

  /** What is left of a probe as an action; undefined where that is nothing. */
  #action(folded: Folded & { cells: Cells }, site: Site | null, own: boolean): Made | undefined {
    const { code, names, cells } = folded;
    if (code.length === 0) return undefined;
    const values = new Values(names, site, own, (table) => this.#shared.calls.resolver(table));
    if (names.includes("fuel")) this.#usesFuel = true;
    const action = inPlace(this.#shared, code, cells, values);
    visitStatements(code, (expr) => {
      if (expr.kind === "call" && languageCallee(expr) === dupAtNumber)
        duplicating(this.#shared, expr, site!);
    });
    if (!folded.rehearsed.done) rehearse(action);
    folded.rehearsed.done = true;
    return { action, values };
  }

  #rowPlace({ function: index }: Outline, { offset }: Instruction): PlaceInCode {
    return {
      ...{ function: index, functionName: this.#facts.names.get(index) ?? "" },
      pc: offset - codeStart(this.#facts.module, index),
    };
  }

  /** Whether what the rule's bounds state is so at a place. */
  #boundsFit(probe: Probe, index: number, site: Site | null): boolean {
    for (const [name, type] of probe.bounds) {
      const [, kind, digits] = /^(arg|res|local|imm)(\d+)$/.exec(name) ?? [];
      if (!kind) continue;
      const n = Number(digits);
      if (kind === "imm") {
        if (site?.immediates[n] === undefined) return false;
        continue;
      }
      const operands = probe.mode === "alt" ? site?.replaced.takes : site?.operands;
      const list = kind === "arg" ? operands : site?.results;
      const has = kind === "local" ? localTypeOf(this.#facts.module, index)(n) : list?.[n];
      if (has === undefined || has !== flatten(type)[0]) return false;
    }
    return true;
  }
}

/** The probes of one function while they are found. */
class FunctionPlanner {
  readonly entry: Action[] = [];
  readonly exit: Action[] = [];
  readonly #sites = new Map<number, SiteProbe[]>();
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }

  site(offset: number, action: SiteProbe): void {
    const list = this.#sites.get(offset);
    if (list) list.push(action);
    else this.#sites.set(offset, [action]);
  }

  /** `at`: the instruction, for people. */
  replace(offset: number, action: Action, at: () => string): void {
    if (this.#sites.get(offset)?.some(({ when }) => when === "instead"))
      throw usageError(
        `two probes of mode alt stand instead of the same instruction: ${at()}`,
        "give them predicates of which one is false there before the program runs",
      );
    this.site(offset, { ...action, when: "instead" });
  }

  found(): FunctionProbes | undefined {
    if (this.entry.length + this.exit.length + this.#sites.size === 0) return undefined;
    return { entry: this.entry, exit: this.exit, sites: this.#sites };
  }
}

/** The part of a row's place that is not the probe's. */
type PlaceInCode = Pick<RowPlace, "function" | "functionName" | "pc">;

interface Made {
  readonly action: CodeInPlace;
  readonly values: Values;
}

const nowhereInCode: PlaceInCode = { function: -1, functionName: "", pc: 0 };
const noCells: Cells = new Map();

/** Whether a probe has nothing of its own at each place. */
function isPlain(probe: Probe): boolean {
  return probe.variables.length + probe.first.length === 0;
}

const noEvent: Probe["event"] = {
  ...{ provider: "wasm", package: null, name: "none", modes: [], variables: [], functions: [], help: "" },
};

function placeless(probe: Probe): KnownPlace {
  return { event: probe.event, outline: null, instruction: null, site: null, pc: 0 };
}

function isEvent({ event }: Probe, packageName: string | null, name: string): boolean {
  return event.package === packageName && event.name === name;
}

/** Whether one of the functions has a string among its parameters, or gives one. */
function passesStrings(functions: ReadonlyMap<string, Routine> = new Map()): boolean {
  return [...functions.values()].some(
    ({ parameters, result }) => result === "str" || parameters.some(({ type }) => type === "str"),
  );
}

/** Whether a probe asks for a dynamic variable of its event. */
function asksFor({ probes }: Script, name: string): boolean {
  return probes.some((probe) => dynamicNames(guarded(probe)).includes(name));
}
