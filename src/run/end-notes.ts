/** How a run ended and what qualifies it, as data for its result. */
import { fuelLimit } from "../base/fuel.ts";
import { newestMeasured, oldestMeasured } from "../fuel/measured.ts";
import { type CostModel, isAssumed } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import type { Program } from "../program/program.ts";
import type { Exit } from "../result/result.ts";
import type { Warning } from "../result/warnings.ts";
import type { RunEnd, RunOutcome } from "./job.ts";

/** Whether the engine's own count is ours: not where a run was stopped, or a trap lost part of the count. */
export function isComparable(end: RunEnd): boolean {
  return (
    end.kind === "ok" || end.kind === "exit" || end.kind === "throw" || (end.kind === "trap" && end.exact)
  );
}

/** How and why; `thrown`: what the guest printed of an exception. */
export function exitOf(
  end: RunEnd,
  thrown: string | null,
  { maxFuel, timeoutMs }: { readonly maxFuel: number | null; readonly timeoutMs: number | null },
): Omit<Exit, "stack"> {
  const stopped = (kind: "fuel" | "timeout", limit: number | null) => ({
    ...{ kind, code: 0, message: null },
    ...(limit === null ? {} : { limit }),
  });
  switch (end.kind) {
    case "throw":
      return { kind: "throw", code: 0, message: thrown };
    case "trap": {
      const message = thrown === null ? end.message : `${end.message}\n${thrown}`;
      return { kind: "trap", code: 0, message };
    }
    case "fuel":
      return stopped("fuel", fuelLimit(maxFuel));
    case "timeout":
      return stopped("timeout", timeoutMs);
    case "exit":
      return { kind: "exit", code: end.code, message: null };
    case "interrupted":
      return { kind: "interrupted", code: 0, message: null, ...(end.lost ? { lost: end.lost } : {}) };
    default:
      return { kind: end.kind, code: 0, message: null };
  }
}

/** What qualifies the figures of a run. */
export function settingsWarnings({ name }: CostModel, host: HostSettings): Warning[] {
  const warnings: Warning[] = [];
  if (isAssumed(name)) {
    const like = Number(name.split("-")[1]) < oldestMeasured ? oldestMeasured : newestMeasured;
    warnings.push({ code: "model-assumed", model: name, like });
  }
  if (host.realClock) warnings.push({ code: "real-clock" });
  return warnings;
}

/** What function-runner's guests get random numbers from; its clock is host/clock.ts's. */
const platformSeed = 42n;

/**
 * Time and random numbers that a run asked for, where no platform says what they are. What engines ask for at their
 * start changes nothing of the fuel but through Math.random (measured with wasmtime 50 and the engines of
 * fixtures/engines, the clock at eight instants): it counts where the program may call that.
 */
export function askedWarnings(program: Program, host: HostSettings, { asked }: RunOutcome): Warning[] {
  if (host.platform && !host.realClock && host.seed === platformSeed) return [];
  const found: Warning[] = [];
  if (asked.program.length > 0) found.push({ code: "time-or-random", asked: asked.program, by: "program" });
  if (asked.startup.length > 0 && namesRandom(program))
    found.push({ code: "time-or-random", asked: asked.startup, by: "engine" });
  return found;
}

/** Whether a program has the name: in its bytecode's table of atoms, or the text of its source in the module. */
function namesRandom({ payload, bytes }: Program): boolean {
  return payload ? Buffer.from(payload).includes("random") : Buffer.from(bytes).includes("Math.random");
}
