/**
 * The code of one event: all probes at one place of a function, in their order. Guards are read before the first probe
 * fires, where a later one could be attached or detached by it.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, type ValType } from "../../wasm/types.ts";
import type { Action, CodeInPlace, Place, ProbeArgument } from "../action.ts";
import { writeCrossing } from "./crossing.ts";
import { type ShadowStack, writeLink } from "./shadow-stack.ts";

/** What one probe does; numbers are the plan's. */
export type Firing = { readonly guard: number | null } & (
  | { readonly count: number }
  | { readonly hook: number; readonly given: readonly Given[] }
);

/** What a function of the host is given: a value of the place, a value that a local of the plan's keeps, or a constant. */
export type Given = { readonly type: ValType } & (
  | { readonly value: ProbeArgument }
  | { readonly kept: string }
  | { readonly constant: number }
);

/** Where its callbacks' calls of the guest come from, with a shadow stack. */
export interface Origin {
  readonly shadow: ShadowStack;
  readonly number: number;
}

export function eventCode(firings: readonly Firing[], origin: Origin | null): Action {
  const values = valuesOf(firings);
  const numbers = new Map(values.map((value, n) => [value, n]));
  const firstCall = firings.findIndex((one) => "hook" in one);
  const lastGuard = firings.findLastIndex(({ guard }) => guard !== null);
  const early = firstCall >= 0 && lastGuard > firstCall;

  const pushGiven = (w: ByteWriter, place: Place, given: Given) => {
    if ("constant" in given) return emit(w, "i32.const", given.constant);
    writeCrossing(w, given.type, () => {
      if ("value" in given) place.push(numbers.get(given.value)!);
      else emit(w, "local.get", place.frameLocal(given.kept, given.type));
    });
  };
  const fire = (w: ByteWriter, place: Place, firing: Firing) => {
    if ("count" in firing) return writeCount(w, place.indices.global(firing.count));
    if (origin) writeLink(w, place, origin.shadow, origin.number);
    for (const given of firing.given) pushGiven(w, place, given);
    emit(w, "call", place.indices.hook(firing.hook));
  };
  const write: CodeInPlace["write"] = (w, place) => {
    const settled = early
      ? firings.map(({ guard }) => (guard === null ? null : settle(w, place, guard)))
      : [];
    for (const [n, firing] of firings.entries()) {
      if (firing.guard === null) {
        fire(w, place, firing);
        continue;
      }
      if (early) emit(w, "local.get", settled[n]!);
      else emit(w, "global.get", place.indices.global(firing.guard));
      emit(w, "if", null);
      fire(w, place, firing);
      emit(w, "end");
    }
  };
  return { values, write, reenters: firstCall >= 0 };
}

/** Whether a guard is open when the event begins, in a local. */
function settle(w: ByteWriter, place: Place, guard: number): number {
  const local = place.scratch(I32);
  emit(w, "global.get", place.indices.global(guard));
  emit(w, "local.set", local);
  return local;
}

function writeCount(w: ByteWriter, global: number): void {
  emit(w, "global.get", global);
  emit(w, "i64.const", 1);
  emit(w, "i64.add");
  emit(w, "global.set", global);
}

/** The values of the place that firings are given. */
const valuesOf = (firings: readonly Firing[]): ProbeArgument[] =>
  firings.flatMap((firing) =>
    "hook" in firing ? firing.given.flatMap((given) => ("value" in given ? [given.value] : [])) : [],
  );
