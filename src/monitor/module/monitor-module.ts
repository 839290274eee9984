/**
 * The module target: a script alone → a module whose exports say when they are to be called (export-name.ts); and that
 * module, by its exports → what a program must be rewritten to so that it calls them. The first step knows no program,
 * the second one no script.
 */
import type { Plan } from "../../probe/plan.ts";
import { decodeModule } from "../../wasm/decode.ts";
import type { Module } from "../../wasm/types.ts";
import type { JsScript } from "../js/js-probes.ts";
import type { ReportLayout } from "../report.ts";
import { hostModule } from "../targets/calls.ts";
import { planRewriting, type Rewriting, type RewritingOptions } from "../targets/rewriting.ts";
import { askForSupport, type UsedLibrary, usedLibraries } from "../targets/self-contained.ts";
import { StaticCalls } from "../targets/user-library.ts";
import { readExportName } from "./export-name.ts";
import type { LinkedLayout } from "./joined-report.ts";
import { LinkInstance } from "./link-instance.ts";
import { linkScript } from "./link-script.ts";
import { moduleScriptOf, type SiteVariable } from "./lowering.ts";

/** What the module of a script is made from. */
export const emptyModule = decodeModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

export interface MonitorModule {
  /** For `emptyModule`. */
  readonly plan: Plan;
  /** Variables of the script. */
  readonly layout: ReportLayout;
  readonly reported: ReadonlyMap<string, readonly SiteVariable[]>;
  /** Exports to call behind the program, in order. */
  readonly ending: readonly string[];
  /** Libraries that the script uses, in its order. */
  readonly libraries: readonly UsedLibrary[];
  readonly usesSupport: boolean;
  /** It copies to or from memories of the program. */
  readonly asksMemories: boolean;
  readonly statics: StaticCalls;
}

/** `given`: the libraries by name. @throws Diagnostic where the script takes what only code in the program can do. */
export function planMonitorModule(
  { script, exported }: JsScript,
  given: ReadonlyMap<string, Uint8Array>,
  { model, resets = false }: Pick<RewritingOptions, "model" | "resets">,
): MonitorModule {
  const statics = new StaticCalls(given);
  const lowered = moduleScriptOf(script);
  const { plan, layout, ending } = planRewriting(lowered.script, emptyModule, {
    ...{ model, resets, staticCall: statics.call, beside: lowered.sites, told: lowered.told },
    exported: new Map([...exported, ...lowered.exported]),
  });
  const libraries = usedLibraries(script, given);
  return {
    ...{ plan, layout, ending, statics, reported: lowered.reported, libraries },
    usesSupport: layout.support || askForSupport(libraries),
    asksMemories: plan.hooks.some(({ module }) => module === hostModule),
  };
}

/** The names that say when to call what (export-name.ts), in the order of the file. */
export function probeExports({ plan }: MonitorModule): string[] {
  return (plan.added?.exports ?? []).map(({ name }) => name).filter((name) => readExportName(name));
}

/** `bytes`: the monitor module as it is instantiated with its libraries as imports; `program`: what is to call it. */
export function linkToProgram(
  monitor: MonitorModule,
  bytes: Uint8Array,
  program: Module,
  options: Omit<RewritingOptions, "staticCall">,
): { readonly rewriting: Rewriting; readonly layout: LinkedLayout } {
  const { layout, reported, statics, libraries } = monitor;
  const link = linkScript(decodeModule(bytes), (state) => (reported.get(state)?.length ?? 0) > 0);
  const names = libraries.map(({ name }) => name);
  const rewriting = planRewriting(link, program, {
    ...options,
    staticCall: new LinkInstance(bytes, statics, names).call,
    knownStrings: layout.strings,
    showsMemories: monitor.asksMemories,
  });
  return { rewriting, layout: { module: layout, program: rewriting.layout, reported } };
}
