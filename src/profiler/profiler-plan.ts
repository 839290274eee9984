/**
 * The profiler's own instrumentation, as a plan of probes like any other:
 *   interpreter entry   → enter(func_obj)
 *   load of the opcode  → dispatch(pc, fuel), before it
 *   interpreter exit    → leave(fuel)
 *   where code is made  → generation(), at the entry of the engine functions that do
 *   where errors go out → thrown(), at the entry of the engine function that reports an uncaught exception
 *   a job of the queue  → enterJob(fuel) and leaveJob(fuel), around its call
 *   a call of a builtin → enterBuiltin(pointer, magic, fuel) and leaveBuiltin(fuel), where the engine calls its C
 *                         functions (builtin-calls.ts); at the embedder's own natives with a number for the pointer
 * and, with native frames (native-frames.ts), at the functions that have one: enterNative(frame, fuel), or
 * enterShared(number, magic, fuel) where the magic tells which, and leaveNative(fuel); around what the interpreter
 * calls without a name: enterWork(fuel) and leaveNative(fuel).
 */

import type { Hook } from "../probe/action.ts";
import { type FunctionProbes, type Meter, meterNames, type Plan, type SiteProbe } from "../probe/plan.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import type { JobSite } from "../quickjs/natives/gateways.ts";
import { callSites } from "../wasm/facts/call-sites.ts";
import { funcTypeAt, I32, I64, type Module } from "../wasm/types.ts";
import { type BuiltinCalls, builtinProbes } from "./builtin-calls.ts";
import { addEntry, enterAction } from "./engine-probes.ts";
import type { NativeFrames } from "./native-frames.ts";

/** Hooks in the order of the plan; the names are what the collector and the host provide. */
export const profilerHooks = [
  { module: meterNames.module, name: "enter", params: [I64] },
  { module: meterNames.module, name: "dispatch", params: [I32, I64] },
  { module: meterNames.module, name: "leave", params: [I64] },
  { module: meterNames.module, name: "generation", params: [] },
  { module: meterNames.module, name: "thrown", params: [] },
  { module: meterNames.module, name: "enterNative", params: [I32, I64] },
  { module: meterNames.module, name: "enterShared", params: [I32, I32, I64] },
  { module: meterNames.module, name: "enterWork", params: [I64] },
  { module: meterNames.module, name: "leaveNative", params: [I64] },
  { module: meterNames.module, name: "enterBuiltin", params: [I32, I32, I64] },
  { module: meterNames.module, name: "leaveBuiltin", params: [I64] },
  { module: meterNames.module, name: "enterJob", params: [I64] },
  { module: meterNames.module, name: "leaveJob", params: [I64] },
] as const satisfies readonly Hook[];

export type HookName = (typeof profilerHooks)[number]["name"];

const hook = (name: HookName) => profilerHooks.findIndex((one) => one.name === name);
const fuel = { kind: "fuel" } as const;

/** Where the engine's functions are that the profiler listens to; absolute function indices. */
export interface EngineSites {
  readonly dispatch: Dispatch;
  /** Functions at whose entry code is about to be made. */
  readonly creators: readonly number[];
  /** Functions at whose entry an uncaught exception is about to be reported. */
  readonly reporters: readonly number[];
  /** Where it calls the jobs of its queue. */
  readonly jobs: readonly JobSite[];
}

/** Which frames there are besides those of JavaScript. */
export interface OtherFrames {
  /** For functions of the engine. */
  readonly native: NativeFrames | null;
  /** For calls of builtins. */
  readonly builtins: BuiltinCalls | null;
}

/** The plan for a module with QuickJS in it. */
export function profilerPlan(
  module: Module,
  sites: EngineSites,
  meter: Meter,
  { native, builtins }: OtherFrames,
): Plan {
  const { dispatch, creators, reporters, jobs } = sites;
  const functions = native ? frameProbes(module, native) : new Map<number, FunctionProbes>();
  if (builtins) for (const [index, probes] of builtinProbes(builtins, hook)) functions.set(index, probes);
  for (const site of jobs) addSites(functions, site.function, jobProbes(site));

  const funcObj = funcTypeAt(module, module.functions[dispatch.function]!)!.params.indexOf(I64);
  const interpreter = new Map<number, SiteProbe[]>(native ? workProbes(module, dispatch, native) : []);
  for (const offset of dispatch.loads)
    interpreter.set(offset, [
      { when: "before", hook: hook("dispatch"), arguments: [{ kind: "effectiveAddress" }, fuel] },
    ]);
  functions.set(dispatch.function, {
    entry: [{ hook: hook("enter"), arguments: [{ kind: "local", index: funcObj }] }],
    exit: [{ hook: hook("leave"), arguments: [fuel] }],
  });
  addSites(functions, dispatch.function, interpreter);

  for (const index of creators) addEntry(functions, index, { hook: hook("generation"), arguments: [] });
  for (const index of reporters) addEntry(functions, index, { hook: hook("thrown"), arguments: [] });

  return { hooks: profilerHooks, functions, meter, deferStart: true };
}

function addSites(
  functions: Map<number, FunctionProbes>,
  index: number,
  sites: ReadonlyMap<number, readonly SiteProbe[]>,
): void {
  const had = functions.get(index) ?? {};
  functions.set(index, { ...had, sites: new Map([...(had.sites ?? []), ...sites]) });
}

function jobProbes({ offset }: JobSite): ReadonlyMap<number, readonly SiteProbe[]> {
  const enter = { when: "before", hook: hook("enterJob"), arguments: [fuel] } as const;
  return new Map([[offset, [enter, { when: "after", hook: hook("leaveJob"), arguments: [fuel] }]]]);
}

const leaveNative = { hook: hook("leaveNative"), arguments: [fuel] };

function nativeProbes(native: NativeFrames, index: number): FunctionProbes {
  const entered = native.functions.get(index)!;
  const hooks = { frame: hook("enterNative"), shared: hook("enterShared") };
  return { entry: [enterAction(entered, hooks, [fuel])], exit: [leaveNative] };
}

/** Around the interpreter's calls, but for those of itself and of functions that have frames of their own. */
function* workProbes(
  module: Module,
  dispatch: Dispatch,
  native: NativeFrames,
): Iterable<[number, SiteProbe[]]> {
  if (native.work.size === 0) return;
  for (const { offset, callee } of callSites(module, dispatch.function)) {
    if (callee === dispatch.function || (callee !== null && native.functions.has(callee))) continue;
    const enter = { when: "before", hook: hook("enterWork"), arguments: [fuel] } as const;
    yield [offset, [enter, { when: "after", ...leaveNative }]];
  }
}

/** The plan for a module that is only metered: the app of a dynamic pair. */
export function meterPlan(meter: Meter): Plan {
  return { hooks: [], functions: new Map(), meter };
}

/** The plan for frames of WebAssembly functions only, whatever the module is. */
export function wasmPlan(module: Module, native: NativeFrames, meter: Meter): Plan {
  return { hooks: profilerHooks, functions: frameProbes(module, native), meter, deferStart: true };
}

function frameProbes(module: Module, native: NativeFrames): Map<number, FunctionProbes> {
  const defined = [...native.functions.keys()].filter((index) => index >= module.importedFunctions);
  return new Map(defined.map((index) => [index, nativeProbes(native, index)]));
}
