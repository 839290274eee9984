/**
 * Gets a module ready to run: its engine found, instrumented after one plan and metered into one counter. What is
 * prepared is plain bytes.
 */
import { Diagnostic } from "../base/diagnostics.ts";
import type { CostModel } from "../fuel/models.ts";
import { type Meter, meterNames } from "../probe/plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { type Dispatch, findDispatch } from "../quickjs/dispatch.ts";
import { identifyEngines } from "../quickjs/engines/identify.ts";
import { type EngineVersion, versions } from "../quickjs/engines/versions.ts";
import { nameNatives } from "../quickjs/natives/natives.ts";
import { opcodeWork } from "../quickjs/natives/opcode-work.ts";
import type { Module } from "../wasm/types.ts";
import { allFrames, type NativeFrames, namedFrames } from "./native-frames.ts";
import { meterPlan, profilerPlan, wasmPlan } from "./profiler-plan.ts";

/** A module that holds QuickJS, and where in it. */
export interface Located {
  readonly module: Module;
  readonly names: ReadonlyMap<number, string>;
  readonly dispatch: Dispatch;
}

/** Finds the interpreter. @throws Diagnostic (exit 4) where there is none. */
export function locate(
  { module, names }: Pick<Located, "module" | "names">,
  dispatchFunction: number | undefined,
): Located {
  return { module, names, dispatch: findDispatch(module, dispatchFunction) };
}

/** The engines that a module may hold, likeliest first. @throws Diagnostic (exit 4) where none is known. */
export function enginesOf(
  { module, dispatch }: Located,
  payload: Uint8Array | null,
): readonly EngineVersion[] {
  return identifyEngines(module, dispatch, payload?.[0] ?? null);
}

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

/** The engines that a module may hold, as far as it tells; all, where it tells of none that is known. */
function likelyEngines(module: Module, dispatch: Dispatch): readonly EngineVersion[] {
  try {
    return identifyEngines(module, dispatch, null);
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return versions;
  }
}

/**
 * Which native functions of a module get frames: all of them, or those that have a name for `--by builtin`. All of them,
 * and no QuickJS's, where nothing was located.
 */
export function nativeFrames(found: Located, kind: "all" | "named"): NativeFrames;
export function nativeFrames(found: Pick<Located, "module" | "names">, kind: "all"): NativeFrames;
export function nativeFrames(
  found: Pick<Located, "module" | "names"> & Partial<Located>,
  kind: "all" | "named",
): NativeFrames {
  const { module, names, dispatch } = found;
  if (!dispatch) return allFrames(module, names, new Map());
  const engines = likelyEngines(module, dispatch);
  const natives = nameNatives(module, dispatch, engines);
  return kind === "all"
    ? allFrames(module, names, natives)
    : namedFrames(natives, [...new Set(engines.flatMap(opcodeWork))]);
}

function meterOf({ model, mode, checks }: InstrumentOptions, globals: Meter["globals"]): Meter {
  return { model, mode, checks, globals };
}

/** The instrumented module that holds the engine: a plugin, or a static module. */
export function instrumentEngine(
  { module, names, dispatch }: Located,
  options: InstrumentOptions,
): Uint8Array {
  const meter = meterOf(options, { kind: "define" });
  if (options.totalsOnly) return rewrite(module, { ...meterPlan(meter), deferStart: true });
  const sites = {
    dispatch,
    creators: creatorsOf(names, dispatch.function),
    reporters: indicesOf(names, (name) => reporters.test(name)),
  };
  return rewrite(module, profilerPlan(module, sites, meter, options.native));
}

/** A module with frames for each of its own functions, whatever it holds. */
export function instrumentWasm(module: Module, native: NativeFrames, options: InstrumentOptions): Uint8Array {
  return rewrite(module, wasmPlan(module, native, meterOf(options, { kind: "define" })));
}

function indicesOf(names: ReadonlyMap<number, string>, matches: (name: string) => boolean): number[] {
  return [...names].filter(([, name]) => matches(name)).map(([index]) => index);
}

/** Where they cannot all be named, code may be made unseen: then every entry of the interpreter counts as new code. */
function creatorsOf(names: ReadonlyMap<number, string>, interpreter: number): number[] {
  const found = indicesOf(names, (name) => creators.includes(name));
  return found.length === creators.length ? found : [interpreter];
}

/** The app of a dynamic pair, metered into the plugin's counter. */
export function instrumentApp(app: Module, options: InstrumentOptions): Uint8Array {
  return rewrite(app, meterPlan(meterOf(options, { kind: "import", module: meterNames.module })));
}
