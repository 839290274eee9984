/**
 * The profiler's own instrumentation, as a plan of probes like any other:
 *   interpreter entry   → enter(func_obj)
 *   load of the opcode  → dispatch(pc, fuel), before it
 *   interpreter exit    → leave(fuel)
 *   where code is made  → generation(), at the entry of the engine functions that do
 *   where errors go out → thrown(), at the entry of the engine function that reports an uncaught exception
 * and, with native frames, enterNative(index, fuel) and leaveNative(fuel) at every other function.
 */
import type { Dispatch } from "../quickjs/dispatch.ts";
import { funcTypeAt, I32, I64, type Module } from "../wasm/types.ts";
import type { FunctionProbes, Hook, Meter, Plan, Probe } from "./plan.ts";

export const hookModule = "javy_prof";

/** Hooks in the order of the plan; the names are what the collector and the host provide. */
export const profilerHooks = [
  { module: hookModule, name: "enter", params: [I64] },
  { module: hookModule, name: "dispatch", params: [I32, I64] },
  { module: hookModule, name: "leave", params: [I64] },
  { module: hookModule, name: "generation", params: [] },
  { module: hookModule, name: "thrown", params: [] },
  { module: hookModule, name: "enterNative", params: [I32, I64] },
  { module: hookModule, name: "leaveNative", params: [I64] },
] as const satisfies readonly Hook[];

const hook = (name: (typeof profilerHooks)[number]["name"]) =>
  profilerHooks.findIndex((one) => one.name === name);
const fuel = { kind: "fuel" } as const;

/** Where the engine's functions are that the profiler listens to; absolute function indices. */
export interface EngineSites {
  readonly dispatch: Dispatch;
  /** Functions at whose entry code is about to be made. */
  readonly creators: readonly number[];
  /** Functions at whose entry an uncaught exception is about to be reported. */
  readonly reporters: readonly number[];
}

/** The plan for a module with QuickJS in it. `native`: frames for the engine's own functions too. */
export function profilerPlan(module: Module, sites: EngineSites, meter: Meter, native: boolean): Plan {
  const { dispatch, creators, reporters } = sites;
  const functions = new Map<number, FunctionProbes>();
  const funcObj = funcTypeAt(module, module.functions[dispatch.function]!)!.params.indexOf(I64);
  const probes: FunctionProbes = {
    entry: [{ hook: hook("enter"), arguments: [{ kind: "local", index: funcObj }] }],
    exit: [{ hook: hook("leave"), arguments: [fuel] }],
    sites: new Map(
      dispatch.loads.map((offset) => [
        offset,
        [{ when: "before", hook: hook("dispatch"), arguments: [{ kind: "effectiveAddress" }, fuel] }],
      ]),
    ),
  };
  functions.set(dispatch.function, probes);

  const atEntry = (index: number, probe: Probe) => {
    const had = functions.get(index) ?? (native ? nativeProbes(index) : {});
    functions.set(index, { ...had, entry: [...(had.entry ?? []), probe] });
  };
  for (const index of creators) atEntry(index, { hook: hook("generation"), arguments: [] });
  for (const index of reporters) atEntry(index, { hook: hook("thrown"), arguments: [] });

  return {
    hooks: profilerHooks,
    functions,
    meter,
    deferStart: true,
    ...(native ? { everywhere: nativeProbes } : {}),
  };
}

/** The plan for a module that is only metered: the app of a dynamic pair. */
export function meterPlan(meter: Meter): Plan {
  return { hooks: [], functions: new Map(), meter };
}

/** The plan for frames of WebAssembly functions only, whatever the module is. */
export function wasmPlan(meter: Meter): Plan {
  return { hooks: profilerHooks, functions: new Map(), meter, deferStart: true, everywhere: nativeProbes };
}

function nativeProbes(index: number): FunctionProbes {
  return {
    entry: [{ hook: hook("enterNative"), arguments: [{ kind: "const", type: I32, value: index }, fuel] }],
    exit: [{ hook: hook("leaveNative"), arguments: [fuel] }],
  };
}
