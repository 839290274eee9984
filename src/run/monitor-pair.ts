/**
 * A module and a script → two files: the script's module, which knows no program and has its libraries in it, and the
 * program rewritten to call it. Whoever runs them instantiates the script's module first and gives its exports to the
 * program as the import `javy_prof_monitor`; nothing else is needed.
 */
import { readJoinedReport } from "../monitor/module/joined-report.ts";
import { emptyModule, linkToProgram, planMonitorModule } from "../monitor/module/monitor-module.ts";
import {
  copyAcross,
  programSide,
  programTable,
  sizeAcross,
  tableExport,
} from "../monitor/module/program-memories.ts";
import { valueCount } from "../monitor/report.ts";
import { finishFile, writeReportSection } from "../monitor/report-section.ts";
import { supportModule } from "../monitor/targets/calls.ts";
import { ModuleFacts } from "../monitor/targets/known.ts";
import { selfContained } from "../monitor/targets/self-contained.ts";
import { monitorPrefix, valueExport } from "../monitor/targets/state.ts";
import type { Hook } from "../probe/action.ts";
import type { Meter, Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { decodeModule } from "../wasm/decode.ts";
import type { Module } from "../wasm/types.ts";
import { type MonitorFile, wasmOnly, withSection } from "./monitor-file.ts";
import type { MonitorScript } from "./monitor-session.ts";

/** Module that the program imports: the script's. */
export const pairModule = "javy_prof_monitor";

/** @throws ScriptError, or Diagnostic where it cannot be done. */
export function instrumentPair(
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  others: readonly Plan[] = [],
): MonitorFile {
  const module = decodeModule(given);
  const made = planMonitorModule(wasmOnly(script), script.libraries, { model });
  const linked = linkToProgram(made, rewrite(emptyModule, made.plan), module, { model });
  const { rewriting, layout } = linked;
  const { ending, asksMemories } = made;
  const asked = rewriting.plan.hooks.filter((hook) => hook.module === supportModule);
  const monitor = withSection(
    rewrite(emptyModule, monitorPlan(made, rewriting.layout.support, asked)),
    writeReportSection(layout.module, ending, script.file, layout.reported),
  );
  const program = programPlan(rewriting.plan, module, asksMemories);
  let instance: WebAssembly.Instance | undefined;
  const beside = () => {
    instance ??= new WebAssembly.Instance(new WebAssembly.Module(monitor as BufferSource));
    return instance.exports;
  };
  return {
    bytes: withSection(
      rewrite(module, program, ...others),
      writeReportSection(layout.program, [], script.file),
    ),
    monitor,
    // An engine without multi-memory may write the files and not run them.
    get imports() {
      return { [pairModule]: beside() as WebAssembly.ModuleImports };
    },
    attach: () => {},
    report: ({ exports }) => {
      const { value, support } = finishFile(beside(), layout.module, ending);
      const read = (count: number, one: (n: number) => bigint) =>
        Array.from({ length: count }, (_, n) => one(n));
      const address = exports[valueExport] as (n: number) => bigint;
      return readJoinedReport(
        ...([
          layout,
          read(valueCount(layout.module), value),
          read(valueCount(layout.program), address),
        ] as const),
        support,
      );
    },
  };
}

const supportName = (name: string) => `${monitorPrefix}${name}`;

/** `asked`: functions of the support library that the program calls. */
function monitorPlan(
  { plan, libraries, usesSupport, asksMemories }: ReturnType<typeof planMonitorModule>,
  needsSupport: boolean,
  asked: readonly Hook[],
): Plan {
  const withTable: Plan = asksMemories
    ? {
        ...plan,
        added: {
          ...{ ...plan.added, tables: [programTable] },
          exports: [...(plan.added?.exports ?? []), { name: tableExport, kind: "table", of: { added: 0 } }],
        },
      }
    : plan;
  const contained = selfContained(withTable, emptyModule, libraries, usesSupport || needsSupport, {
    copy: (memories) => copyAcross(memories, 0),
    size: (memories) => sizeAcross(memories, 0),
  });
  const shown = asked.map(({ name }) => ({
    ...{ name: supportName(name), kind: "func" as const },
    of: { added: contained.support!.exported("func", name)! },
  }));
  const { added } = contained.plan;
  return { ...contained.plan, added: { ...added, exports: [...(added?.exports ?? []), ...shown] } };
}

function programPlan(plan: Plan, module: Module, asksMemories: boolean): Plan {
  const hooks = plan.hooks.map((hook) => ({
    ...{ ...hook, module: pairModule },
    name: hook.module === supportModule ? supportName(hook.name) : hook.name,
  }));
  const { functions = [], exports = [], ...others } = plan.added ?? {};
  const side = programSide(module, new ModuleFacts(module).memory, pairModule, functions.length);
  const added = asksMemories
    ? { ...others, ...side, functions: [...functions, ...side.functions] }
    : { ...others, functions };
  return {
    ...{ ...plan, hooks, deferStart: false },
    added: { ...added, exports: exports.filter(({ kind }) => kind !== "memory") },
  };
}
