/**
 * Makes a self-contained file write its report itself: when the command's function ends, and in front of calls of
 * proc_exit, what the script does at the end is done and the rows are written to a file descriptor through WASI. After
 * a trap nothing runs any more, so then there is no report; the exports still have it.
 */
import { unsupported, usageError } from "../../base/diagnostics.ts";
import type { Action, Hook } from "../../probe/action.ts";
import type { AddedFunction } from "../../probe/additions.ts";
import { type Lists, type Merged, merge } from "../../probe/merge.ts";
import type { FunctionProbes, Plan } from "../../probe/plan.ts";
import { decodeModule } from "../../wasm/decode.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, I64, type Module } from "../../wasm/types.ts";
import { reporterBytes } from "../support/library.ts";
import { firstForeign } from "./calls.ts";
import { copyFunction, type NumberedMemory } from "./memories.ts";
import { outline } from "./outline.ts";
import { processExitImports, processExits } from "./process-exits.ts";
import type { SelfContained } from "./self-contained.ts";
import { valueExport } from "./state.ts";

const wasi = "wasi_snapshot_preview1";
const fdWrite: Hook = { module: wasi, name: "fd_write", params: [I32, I32, I32, I32], results: [I32] };

/** The plan of a file, with what writing needs of it. */
export interface Reporting {
  readonly plan: Plan;
  /** What the support library has. */
  readonly support: Pick<Merged, "exported">;
  /** All that generated code can name. */
  readonly memories: readonly NumberedMemory[];
  /** Number of the added function that gives the bits of a value; undefined where there is none. */
  readonly value: number | undefined;
  /** Numbers of those to be called first, in order. */
  readonly endings: readonly number[];
}

/** The same of a self-contained file. `ending`: exports to call first. */
export function reportingOf(
  { plan, support, memories }: SelfContained,
  ending: readonly string[],
): Reporting {
  const [value, endings] = [addedExport(plan, valueExport), ending.map((name) => addedExport(plan, name)!)];
  return { plan, support: support!, memories, value, endings };
}

/** Number of the added function that is exported so. */
export function addedExport({ added }: Plan, name: string): number | undefined {
  const of = added?.exports?.find((one) => one.name === name)?.of;
  return of && "added" in of ? of.added : undefined;
}

export interface SelfReport {
  /** File descriptor of WASI. */
  readonly descriptor: number;
  /** As report-rows.ts makes them. */
  readonly rows: Uint8Array;
  /** Name of the exported function with whose end the program ends. */
  readonly command: string;
}

/** @throws Diagnostic where the program has no such function, or WASI cannot write for it. */
export function selfReporting(
  { plan, support, memories, value, endings }: Reporting,
  module: Module,
  report: SelfReport,
): Plan {
  const memory = programMemory(module);
  const command = module.exports.find(({ kind, name }) => kind === "func" && name === report.command);
  if (!command || command.index < module.importedFunctions)
    throw usageError(
      `the program has no function ${JSON.stringify(report.command)} with whose end it could report`,
    );
  const { functions = [], globals = [], data = [], ...others } = plan.added ?? {};
  const lists: Lists = {
    ...{ functions: [...functions], globals: [...globals], data: [...data] },
    ...{
      memories: [...(others.memories ?? [])],
      tables: [...(others.tables ?? [])],
      elements: [...(others.elements ?? [])],
    },
  };
  const add = (one: AddedFunction) => lists.functions.push(one) - 1;
  const program: Readonly<Record<string, number>> = {
    // A script without values has no such function.
    value: value ?? add({ params: [I32], results: [I64], write: (w) => emit(w, "i64.const", 0n) }),
    copy: add(copyFunction(memories)),
    fd_write: add(forwarding(fdWrite, plan.hooks.length)),
  };
  const reporter = merge("the reporter", decodeModule(reporterBytes()), lists, (from) =>
    from.module === "program" ? program[from.name] : support.exported(from.description.kind, from.name),
  );
  const [rows, allocate, print] = [
    lists.data.push({ bytes: report.rows }) - 1,
    support.exported("func", "mem_alloc")!,
    reporter.exported("func", "report")!,
  ];
  const done = add({
    ...{ params: [], results: [], locals: [I32] },
    write: (w, indices) => {
      for (const ending of endings) emit(w, "call", indices.function(ending));
      emit(w, "i32.const", report.rows.length);
      emit(w, "call", indices.function(allocate));
      emit(w, "local.tee", 0);
      emit(w, "i32.const", 0);
      emit(w, "i32.const", report.rows.length);
      emit(w, "memory.init", indices.data(rows), indices.memory(support.exported("memory", "memory")!));
      emit(w, "local.get", 0);
      for (const value of [report.rows.length, memory, firstForeign, report.descriptor])
        emit(w, "i32.const", value);
      emit(w, "call", indices.function(print));
    },
  });
  return {
    ...plan,
    hooks: [...plan.hooks, fdWrite],
    functions: withCalls(plan.functions, module, command.index, { function: done, arguments: [] }),
    added: { ...plan.added, ...lists },
  };
}

/** A function of the module that does what a hook does, for merged modules to call; `number`: the hook's place in the plan. */
export function forwarding({ params, results = [] }: Hook, number: number): AddedFunction {
  return {
    ...{ params, results },
    write: (w, indices) => {
      for (let n = 0; n < params.length; n++) emit(w, "local.get", n);
      emit(w, "call", indices.hook(number));
    },
  };
}

/** The memory that WASI reads: the exported one, with a corner to write from. */
function programMemory(module: Module): number {
  const found = module.exports.find(({ kind, name }) => kind === "memory" && name === "memory");
  const usesWasi = module.imports.some((one) => one.module === wasi);
  const limits = found && module.memories[found.index];
  if (!usesWasi || !limits || limits.is64 || limits.min === 0n)
    throw unsupported(
      "the program cannot write a report itself: it has no WASI, or no memory that WASI reads",
      "leave --report out: the file's exports have the report",
    );
  return found.index;
}

function withCalls(
  functions: Plan["functions"],
  module: Module,
  command: number,
  action: Action,
): Map<number, FunctionProbes> {
  const all = new Map(functions);
  const exit = all.get(command);
  all.set(command, { ...exit, exit: [...(exit?.exit ?? []), action] });
  if (processExitImports(module).length === 0) return all;
  for (let index = module.importedFunctions; index < module.functions.length; index++) {
    const offsets = processExits(module, outline(module, index));
    if (offsets.length === 0) continue;
    const probes = all.get(index);
    const sites = new Map(probes?.sites);
    for (const offset of offsets)
      sites.set(offset, [...(sites.get(offset) ?? []), { ...action, when: "before" }]);
    all.set(index, { ...probes, sites });
  }
  return all;
}
