/** How a run ended and what qualifies it, as data for its result. */
import { fuelLimit } from "../base/fuel.ts";
import { type CostModel, isAssumed, newestMeasured, oldestMeasured } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import type { Exit } from "../result/result.ts";
import type { Warning } from "../result/warnings.ts";
import type { RunEnd } from "./job.ts";

/** Whether the engine's own count is ours: not where a run was stopped, or a trap lost part of the count. */
export function isComparable(end: RunEnd): boolean {
  return (
    end.kind === "ok" || end.kind === "exit" || end.kind === "throw" || (end.kind === "trap" && end.exact)
  );
}

/** How and why; `thrown`: what the guest printed of an exception. */
export function exitOf(
  end: RunEnd,
  thrown: string | undefined,
  { maxFuel, timeoutMs }: { readonly maxFuel: number | null; readonly timeoutMs: number | null },
): Omit<Exit, "stack"> {
  const stopped = (kind: "fuel" | "timeout", limit: number | null) => ({
    ...{ kind, code: 0, message: null },
    ...(limit === null ? {} : { limit }),
  });
  switch (end.kind) {
    case "throw":
      return { kind: "throw", code: 0, message: thrown ?? null };
    case "trap": {
      const message = thrown === undefined ? end.message : `${end.message}\n${thrown}`;
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
