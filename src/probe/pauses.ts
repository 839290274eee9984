/**
 * A plan whose module calls its host now and then, so that a guest can be stopped that is not metered: a global counts
 * down at function entries and at each turn of a loop, and the host is called at zero. It may throw, or return.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { emit } from "../wasm/emit.ts";
import { I32, type Module } from "../wasm/types.ts";
import { codeOf, marked } from "../wasm/walk.ts";
import type { CodeInPlace, Hook, Place } from "./action.ts";
import type { FunctionProbes, Plan, SiteProbe } from "./plan.ts";

export const pauseHook: Hook = { module: "javy_prof_pause", name: "pause", params: [] };

/** Turns and entries between two calls: a millisecond or so. */
const between = 100_000;

const loop = marked(["loop"]);

const pause: CodeInPlace = { values: [], write: countDown };

function countDown(w: ByteWriter, { indices }: Place): void {
  const left = indices.global(0);
  emit(w, "global.get", left);
  emit(w, "i32.const", 1);
  emit(w, "i32.sub");
  emit(w, "global.set", left);
  emit(w, "global.get", left);
  emit(w, "i32.eqz");
  emit(w, "if", null);
  emit(w, "i32.const", between);
  emit(w, "global.set", left);
  emit(w, "call", indices.hook(0));
  emit(w, "end");
}

export function planPauses(module: Module): Plan {
  return {
    hooks: [pauseHook],
    functions: new Map(),
    everywhere: (index): FunctionProbes => ({ entry: [pause], sites: loops(module, index) }),
    added: { globals: [{ type: I32, mutable: true, initial: between }] },
  };
}

function loops(module: Module, index: number): Map<number, readonly SiteProbe[]> {
  const sites = new Map<number, readonly SiteProbe[]>();
  for (const code = codeOf(module, index); code.advanceTo(loop); )
    sites.set(code.at, [{ ...pause, when: "after" }]);
  return sites;
}
