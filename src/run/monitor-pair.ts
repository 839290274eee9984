/**
 * A module and a script → two files: the script's module, which knows no program and has its libraries in it, and the
 * program rewritten to call it. Whoever runs them instantiates the script's module first and gives its exports to the
 * program as the import `javy_prof_monitor`; nothing else is needed.
 */
import type { JsScript } from "../monitor/js/js-probes.ts";
import { type LinkedLayout, readJoinedReport } from "../monitor/module/joined-report.ts";
import { emptyModule, linkToProgram, planMonitorModule } from "../monitor/module/monitor-module.ts";
import { pairReporting, pairRows, reporterHooks } from "../monitor/module/pair-report.ts";
import { copyAcross, programSide, sizeAcross } from "../monitor/module/program-memories.ts";
import { valueCount } from "../monitor/report.ts";
import { finishFile, writeReportSection } from "../monitor/report-section.ts";
import { reportRows } from "../monitor/support/report-rows.ts";
import { hostModule, supportModule } from "../monitor/targets/calls.ts";
import { ModuleFacts } from "../monitor/targets/known.ts";
import { programTable, programTableExport } from "../monitor/targets/program-calls.ts";
import { selfContained } from "../monitor/targets/self-contained.ts";
import { selfReporting } from "../monitor/targets/self-report.ts";
import { monitorPrefix, valueExport } from "../monitor/targets/state.ts";
import type { Hook } from "../probe/action.ts";
import type { Meter, Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { decodeModule } from "../wasm/decode.ts";
import { I32, I64, type Module, type ValType } from "../wasm/types.ts";
import { type MonitorFile, type Showing, wasmOnly, withSection } from "./monitor-file.ts";
import type { MonitorScript } from "./monitor-session.ts";

/** Module that the program imports: the script's. */
export const pairModule = "javy_prof_monitor";

/** @throws ScriptError, or Diagnostic where it cannot be done. */
export function instrumentPair(
  js: JsScript,
  script: MonitorScript,
  given: Uint8Array,
  model: Meter["model"],
  showing: Showing | null,
  others: readonly Plan[] = [],
): MonitorFile {
  const module = decodeModule(given);
  const made = planMonitorModule(wasmOnly(js), script.libraries, { model });
  const linked = linkToProgram(made, rewrite(emptyModule, made.plan), module, {
    ...{ model, defersStart: "never" },
  });
  const { rewriting, layout } = linked;
  const { ending } = made;
  const hasValues = valueCount(layout.module) > 0;
  const first = rewriting.plan.hooks.length;
  const linkedPlan = showing
    ? { ...rewriting.plan, hooks: [...rewriting.plan.hooks, ...reportHooks(ending, hasValues)] }
    : rewriting.plan;
  const asked = linkedPlan.hooks.filter(isOurs);
  const asksMemories = made.asksMemories || asked.some((hook) => hook.module === hostModule);
  const monitor = withSection(
    rewrite(
      emptyModule,
      monitorPlan({ ...made, asksMemories }, rewriting.layout.support || showing !== null, asked),
    ),
    writeReportSection(layout.module, ending, script.file, layout.reported),
  );
  const silent = programPlan(linkedPlan, module, asksMemories);
  const program = showing
    ? selfReporting(
        pairReporting(silent, module, pairModule, { first, endings: ending.length, hasValues }),
        module,
        { ...showing, rows: shownRows(layout, showing) },
      )
    : silent;
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

/** What the reporter in the program calls of the module: pairReporting says in which order. */
function reportHooks(ending: readonly string[], hasValues: boolean): Hook[] {
  const own = (name: string, params: readonly ValType[], results: readonly ValType[]): Hook => ({
    ...{ module: pairModule, name, params, results },
  });
  return [
    ...reporterHooks(),
    ...ending.map((name) => own(name, [], [])),
    ...(hasValues ? [own(valueExport, [I32], [I64])] : []),
  ];
}

function shownRows(layout: LinkedLayout, { heading, lead }: Showing): Uint8Array {
  const { custom } = layout.module;
  return reportRows(custom ? [] : pairRows(layout), custom ? "" : heading, lead);
}

const supportName = (name: string) => `${monitorPrefix}${name}`;

/** Whether a function of the program's is no export of the module's own, but of what is in it. */
const isOurs = ({ module }: Hook) => module === supportModule || module === hostModule;

/** `asked`: functions of the support library, and what copies between memories, that the program calls. */
function monitorPlan(
  { plan, libraries, usesSupport, asksMemories }: ReturnType<typeof planMonitorModule>,
  needsSupport: boolean,
  asked: readonly Hook[],
): Plan {
  const { tables = [], exports = [] } = plan.added ?? {};
  const withTable: Plan =
    asksMemories && tables.length === 0
      ? {
          ...plan,
          added: {
            ...{ ...plan.added, tables: [programTable] },
            exports: [...exports, { name: programTableExport, kind: "table", of: { added: 0 } }],
          },
        }
      : plan;
  const hosted = asked.filter(({ module }) => module === hostModule);
  const hooks = [...plan.hooks, ...hosted];
  const contained = selfContained(
    { ...withTable, hooks },
    emptyModule,
    libraries,
    usesSupport || needsSupport,
    {
      copy: (memories) => copyAcross(memories, 0),
      size: (memories) => sizeAcross(memories, 0),
    },
  );
  const once = [...new Map(asked.map((hook) => [`${hook.module} ${hook.name}`, hook])).values()];
  const shown = once.map(({ module, name }) => ({
    ...{ name: supportName(name), kind: "func" as const },
    of:
      module === supportModule
        ? { added: contained.support!.exported("func", name)! }
        : { hook: hooks.findLastIndex((hook) => hook.module === hostModule && hook.name === name) },
  }));
  const { added } = contained.plan;
  return { ...contained.plan, added: { ...added, exports: [...(added?.exports ?? []), ...shown] } };
}

function programPlan(plan: Plan, module: Module, asksMemories: boolean): Plan {
  const hooks = plan.hooks.map((hook) => ({
    ...{ ...hook, module: pairModule },
    name: isOurs(hook) ? supportName(hook.name) : hook.name,
  }));
  const { functions = [], elements = [], exports = [], ...others } = plan.added ?? {};
  const tables = (others.tables ?? []).map((table) =>
    table.import ? { ...table, import: { ...table.import, module: pairModule } } : table,
  );
  const side = asksMemories
    ? programSide(module, new ModuleFacts(module).memory, pairModule, functions.length, tables.length)
    : { functions: [], tables: [], elements: [] };
  const added = {
    ...{ ...others, functions: [...functions, ...side.functions] },
    ...{ tables: [...tables, ...side.tables], elements: [...elements, ...side.elements] },
  };
  return {
    ...{ ...plan, hooks, deferStart: false },
    added: { ...added, exports: exports.filter(({ kind }) => kind !== "memory") },
  };
}
