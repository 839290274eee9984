/**
 * A program's modules, ready to be instantiated: as they are, or instrumented in one of the ways of counting. Each way is
 * rewritten and compiled once for a program, and kept with it, so that a second run costs its running alone.
 */
import { costKey } from "../fuel/models.ts";
import { rewrite } from "../probe/rewrite.ts";
import { type InstrumentOptions, instrumentApp, instrumentProgram } from "../profiler/instrument.ts";
import type { Frames } from "../profiler/request.ts";
import { countsBy, type PreparedFacts, preparedCode } from "../program/prepared-engine.ts";
import type { Program } from "../program/program.ts";
import type { Module } from "../wasm/types.ts";
import { compiled, compiledInstrumented } from "./instances.ts";

export interface PreparedModules {
  /** Of a dynamic program; null for one that is whole. */
  readonly plugin: WebAssembly.Module | null;
  readonly app: WebAssembly.Module;
  /** Those that it imports from. */
  readonly linked: readonly WebAssembly.Module[];
  /** Size of the module that holds the engine. */
  readonly engineBytes: number;
}

const kept = new WeakMap<Program, Map<string, PreparedModules>>();

/** The program as it is, but that a start function waits until its memory is known: it may call WASI, too. */
export function plainModules(program: Program): PreparedModules {
  return once(program, "plain", () => {
    const plugin = program.plugin && waiting(program.plugin.module);
    const app = waiting(program.module);
    const linked = program.linked.map(({ module }) => compiled(waiting(module)));
    return {
      ...{ plugin: plugin && compiled(plugin), app: compiled(app), linked },
      engineBytes: (plugin ?? app).length,
    };
  });
}

function waiting(module: Module): Uint8Array {
  return module.start === null
    ? module.bytes
    : rewrite(module, { hooks: [], functions: new Map(), deferStart: true });
}

/** The program, counting. */
export function countingModules(
  program: Program,
  frames: Frames,
  options: InstrumentOptions,
): PreparedModules {
  const { mode, checks, totalsOnly = false } = options;
  return once(program, `${frames} ${mode} ${checks} ${totalsOnly} ${costKey(options.model)}`, () => {
    const ready = program.plugin?.prepared;
    if (ready && isReady(ready, frames, options)) {
      const app = compiledInstrumented(program.name, instrumentApp(program.module, options));
      return { plugin: preparedCode.value, app, linked: [], engineBytes: ready.instrumentedBytes };
    }
    const { plugin, app, linked } = instrumentProgram(program, frames, options);
    return {
      plugin: plugin && compiledInstrumented(program.name, plugin),
      app: compiledInstrumented(program.name, app),
      linked: linked.map((one, i) => compiledInstrumented(program.linked[i]!.name, one)),
      engineBytes: (plugin ?? app).length,
    };
  });
}

function once(program: Program, way: string, make: () => PreparedModules): PreparedModules {
  const ways = kept.get(program) ?? new Map<string, PreparedModules>();
  kept.set(program, ways);
  const modules = ways.get(way) ?? make();
  ways.set(way, modules);
  return modules;
}

/** Whether the embedded engine was made ready for just this. */
function isReady(
  ready: PreparedFacts,
  frames: Frames,
  { model, mode, checks, totalsOnly }: InstrumentOptions,
) {
  const asBuilt = ready.frames === frames && mode === "run" && checks && !totalsOnly;
  return asBuilt && countsBy(ready, model);
}
