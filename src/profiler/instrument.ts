/** The modules of a program made ready to run: instrumented after one plan and metered into one counter. Plain bytes. */
import type { CostModel } from "../fuel/models.ts";
import { type Meter, meterNames, type Plan } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import type { EngineModule } from "../program/engine-module.ts";
import type { Program } from "../program/program.ts";
import { opcodeWork } from "../quickjs/natives/opcode-work.ts";
import type { Module } from "../wasm/types.ts";
import type { BuiltinCalls } from "./builtin-calls.ts";
import { allFrames, type LinkedFunctions, type NativeFrames, namedFrames } from "./native-frames.ts";
import { meterPlan, profilerPlan, wasmPlan } from "./profiler-plan.ts";
import type { Frames } from "./request.ts";

/** Engine functions, by name, that make code; there are no others. */
const creators = ["JS_ReadFunctionTag", "js_create_function"];
/** The one that reports an uncaught exception. */
const reporters = /(^|::)from_js_error$/;

export interface InstrumentOptions {
  readonly model: CostModel;
  readonly mode: Meter["mode"];
  readonly checks: boolean;
  /** Frames for functions of the engine. */
  readonly native: NativeFrames | null;
  /** Only the total. */
  readonly totalsOnly?: boolean;
}

/** What runs: of a dynamic program its plugin and its app, of one that is whole the app, and what is linked to it. */
export interface InstrumentedModules {
  readonly plugin: Uint8Array | null;
  readonly linked: readonly Uint8Array[];
  readonly app: Uint8Array;
}

/**
 * Instruments a program. `frames`: what the call tree is made of; of WebAssembly, nothing of QuickJS is looked for.
 * @throws Diagnostic (unsupported) where the interpreter is to be found and is not.
 */
export function instrumentProgram(
  program: Program,
  frames: Frames,
  options: InstrumentOptions,
): InstrumentedModules {
  const { plugin, module } = program;
  // what is instantiated first defines the counter
  const linked = program.linked.map((one, i) =>
    rewrite(one.module, linkedPlan(one.module, i, frames, options, i === 0 ? defined : shared)),
  );
  const engine = instrumentEngine(program.engine!, frames, options, linked.length === 0 ? defined : shared);
  return plugin
    ? { plugin: engine, app: instrumentApp(module, options), linked }
    : { plugin: null, app: engine, linked };
}

const defined: Meter["globals"] = { kind: "define" };
const shared: Meter["globals"] = { kind: "import", module: meterNames.module };

/** The plan for a linked module: with frames where functions of WebAssembly have some, else metered only. */
function linkedPlan(
  module: Module,
  at: number,
  frames: Frames,
  options: InstrumentOptions,
  globals: Meter["globals"],
): Plan {
  const { native, totalsOnly } = options;
  const meter = meterOf(options, globals);
  const functions = native?.linked[at];
  return functions && !totalsOnly && (frames === "wasm" || frames === "engine")
    ? wasmPlan(module, { ...native, functions }, meter)
    : { ...meterPlan(meter), deferStart: true };
}

/**
 * Which native functions of a module get frames: none, where only calls are told; those that have a name for builtins and
 * engine work; all of them; and all, with nothing looked for of QuickJS.
 */
export function nativeFrames(
  engine: EngineModule,
  frames: Frames,
  linked: readonly LinkedFunctions[] = [],
): NativeFrames | null {
  // the embedded engine is decoded only where somebody asks for its module
  switch (frames) {
    case "js":
    case "builtin":
      return null;
    case "work":
      return namedFrames(engine.natives.value, [...new Set(engine.likelyEngines().flatMap(opcodeWork))]);
    case "engine":
      return allFrames(engine.module, engine.names, engine.natives.value, linked);
    case "wasm":
      return allFrames(engine.module, engine.names, new Map(), linked);
  }
}

function meterOf({ model, mode, checks }: InstrumentOptions, globals: Meter["globals"]): Meter {
  return { model, mode, checks, globals };
}

/** The plan for the module that holds the engine: a plugin, or a program that is whole. */
export function enginePlan(
  engine: EngineModule,
  frames: Frames,
  options: InstrumentOptions,
  globals: Meter["globals"],
): Plan {
  const { module, names } = engine;
  const meter = meterOf(options, globals);
  if (frames === "wasm") return wasmPlan(module, options.native!, meter);
  if (options.totalsOnly) return { ...meterPlan(meter), deferStart: true };
  const dispatch = engine.dispatch.value;
  const sites = {
    dispatch,
    creators: creatorsOf(names, dispatch.function),
    reporters: indicesOf(names, (name) => reporters.test(name)),
    jobs: engine.gateways.value.jobs,
  };
  const builtins = frames === "builtin" ? builtinCalls(engine) : null;
  return profilerPlan(module, sites, meter, { native: options.native, builtins });
}

function builtinCalls(engine: EngineModule): BuiltinCalls | null {
  const gateway = engine.gateways.value.builtins;
  return gateway && { gateway, embedded: engine.embeddedBuiltins };
}

/** The instrumented module of an engine by itself. */
export function instrumentEngine(
  engine: EngineModule,
  frames: Frames,
  options: InstrumentOptions,
  globals: Meter["globals"] = defined,
): Uint8Array {
  return rewrite(engine.module, enginePlan(engine, frames, options, globals));
}

function indicesOf(names: ReadonlyMap<number, string>, matches: (name: string) => boolean): number[] {
  return [...names].filter(([, name]) => matches(name)).map(([index]) => index);
}

/**
 * Functions at whose entry code is about to be made. Where they cannot all be named, code may be made unseen: then every
 * entry of the interpreter counts as new code.
 */
export function creatorsOf(names: ReadonlyMap<number, string>, interpreter: number): number[] {
  const found = indicesOf(names, (name) => creators.includes(name));
  return found.length === creators.length ? found : [interpreter];
}

/** The app of a dynamic pair, metered into the plugin's counter. */
export function instrumentApp(app: Module, options: InstrumentOptions): Uint8Array {
  return rewrite(app, meterPlan(meterOf(options, shared)));
}
