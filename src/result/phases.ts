/**
 * The phases of a run outside of JavaScript. A phase is known by its id; in a result each has a function of the kind
 * "phase", and this is the one place that knows what that is called.
 */
import type { FunctionRow, Phases } from "./result.ts";

export type OuterPhase = Exclude<keyof Phases, "js">;

/** In the order in which a run goes through them. */
export const outerPhases = ["startup", "jobs", "exit"] as const satisfies readonly OuterPhase[];

/** The name of the phase's function. */
export function phaseName(phase: OuterPhase): string {
  return `(${phase})`;
}

/** The phase that a function stands for; null: it is none of a phase's. */
export function phaseOf({ kind, name }: Pick<FunctionRow, "kind" | "name">): OuterPhase | null {
  if (kind !== "phase") return null;
  return outerPhases.find((phase) => phaseName(phase) === name) ?? null;
}
