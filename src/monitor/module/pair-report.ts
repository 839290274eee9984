/**
 * What a program beside its monitor module needs to write the report itself: the reporter in it reads the module's
 * memory, which it imports, prints through the module's support library, and asks for values by number. Values of the
 * module are below 0x80000000; above, a number names a place's state and where in it the value stands.
 */
import { unsupported } from "../../base/diagnostics.ts";
import type { Hook, Indices } from "../../probe/action.ts";
import type { AddedMemory } from "../../probe/additions.ts";
import type { Plan } from "../../probe/plan.ts";
import { decodeModule } from "../../wasm/decode.ts";
import { emit } from "../../wasm/emit.ts";
import { funcTypeAt, I32, I64, type Module } from "../../wasm/types.ts";
import { flatten } from "../language-types.ts";
import type { RowLayout } from "../report.ts";
import { reporterBytes } from "../support/library.ts";
import { firstForeign, supportModule } from "../targets/calls.ts";
import { partBytes } from "../targets/environment.ts";
import { memoriesOf } from "../targets/memories.ts";
import { addedExport, forwarding, type Reporting } from "../targets/self-report.ts";
import { supportExports, valueExport } from "../targets/state.ts";
import { joinedRows, type LinkedLayout } from "./joined-report.ts";

/** In the number of a value of a place: the bits that say which part of its state it is. */
const partBits = 10;

/** The report's rows, as readJoinedReport has them, with the numbers of their values. @throws Diagnostic where there are too many. */
export function pairRows(layout: LinkedLayout): readonly RowLayout[] {
  return joinedRows(layout, (address, { type, offset }) => {
    const part = offset / partBytes;
    if (part + flatten(type).length > 1 << partBits || address >= 1 << (31 - partBits))
      throw unsupported("the script reports more of a place than the program can write itself");
    return 2 ** 31 + address * (1 << partBits) + part;
  });
}

/** The functions of the support library that the reporter calls. */
export function reporterHooks(): Hook[] {
  const reporter = decodeModule(reporterBytes());
  return reporter.imports.flatMap(({ module, name, description }) => {
    if (module !== "support" || description.kind !== "func") return [];
    const { params, results } = funcTypeAt(reporter, description.type)!;
    return [{ module: supportModule, name, params, results }];
  });
}

/**
 * `plan`: of the program, with `reporterHooks` from hook `first` on and what `endings` name, to be called first, behind
 * them; then what gives a value of the module, where it has any. `from`: the module beside the program.
 */
export function pairReporting(
  plan: Plan,
  module: Module,
  from: string,
  {
    first,
    endings,
    hasValues,
  }: { readonly first: number; readonly endings: number; readonly hasValues: boolean },
): Reporting {
  const added = plan.added ?? {};
  const functions = [...(added.functions ?? [])];
  const memories: AddedMemory[] = [...(added.memories ?? [])];
  const memory =
    memories.push({
      limits: { min: 1n, max: null, shared: false, is64: false },
      import: { module: from, name: supportExports.memory.name },
    }) - 1;
  const support = new Map<string, number>();
  const forward = (hook: number): number => functions.push(forwarding(plan.hooks[hook]!, hook)) - 1;
  const hooks = reporterHooks();
  hooks.forEach(({ name }, n) => {
    support.set(name, forward(first + n));
  });
  const behind = first + hooks.length;
  const ending = Array.from({ length: endings }, (_, n) => forward(behind + n));
  const address = addedExport(plan, valueExport);
  const value =
    functions.push({
      ...{ params: [I32], results: [I64] },
      write: (w, indices) => {
        emit(w, "local.get", 0);
        emit(w, "i32.const", 0);
        emit(w, "i32.ge_s");
        emit(w, "if", { result: I64 });
        if (hasValues) {
          emit(w, "local.get", 0);
          emit(w, "call", indices.hook(behind + endings));
        } else emit(w, "i64.const", 0n);
        emit(w, "else");
        if (address === undefined) emit(w, "i64.const", 0n);
        else {
          emit(w, "local.get", 0);
          emit(w, "i32.const", 0x7fffffff);
          emit(w, "i32.and");
          emit(w, "i32.const", partBits);
          emit(w, "i32.shr_u");
          emit(w, "call", indices.function(address));
          emit(w, "i32.wrap_i64");
          emit(w, "local.get", 0);
          emit(w, "i32.const", (1 << partBits) - 1);
          emit(w, "i32.and");
          emit(w, "i32.const", partBytes);
          emit(w, "i32.mul");
          emit(w, "i32.add");
          emit(w, "i64.load", { align: 3, memory: indices.memory(memory), offset: 0n });
        }
        emit(w, "end");
      },
    }) - 1;
  return {
    plan: { ...plan, added: { ...added, functions, memories } },
    support: {
      exported: (kind, name) =>
        kind === "memory" ? memory : kind === "func" ? support.get(name) : undefined,
    },
    memories: [
      ...memoriesOf(module),
      { number: firstForeign, is64: false, index: (indices: Indices) => indices.memory(memory) },
    ],
    ...{ value, endings: ending },
  };
}
