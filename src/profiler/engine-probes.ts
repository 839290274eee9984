/** Probes at the engine's functions, as both the profiler's plan and that of a monitor's JavaScript have them. */
import type { Action, ProbeArgument } from "../probe/action.ts";
import type { FunctionProbes } from "../probe/plan.ts";
import { I32 } from "../wasm/types.ts";
import type { Entered } from "./native-frames.ts";

export const i32 = (value: number) => ({ kind: "const", type: I32, value }) as const;

/**
 * The call of a hook at the entry of a function that has a frame, or several. `hooks`: the numbers of the one that is given
 * the frame, and of the one that is given the number of the several and the magic; `others`: what both get behind that.
 */
export function enterAction(
  entered: Entered,
  hooks: { readonly frame: number; readonly shared: number },
  others: readonly ProbeArgument[],
): Action {
  if ("frame" in entered) return { hook: hooks.frame, arguments: [i32(entered.frame), ...others] };
  const magic = { kind: "local", index: entered.parameter } as const;
  return { hook: hooks.shared, arguments: [i32(entered.shared), magic, ...others] };
}

/** Adds an action behind those at the entry of a function. */
export function addEntry(functions: Map<number, FunctionProbes>, index: number, action: Action): void {
  const had = functions.get(index) ?? {};
  functions.set(index, { ...had, entry: [...(had.entry ?? []), action] });
}
