/** What a result says of how a run ended and of what qualifies it, in words. */
import { type CostModel, isAssumed, newestMeasured, oldestMeasured } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import type { Warning } from "../result/result.ts";
import type { RunEnd } from "./job.ts";

/** Whether the engine's own count is ours: not where a run was stopped, or a trap lost part of the count. */
export function isComparable(end: RunEnd): boolean {
  return (
    end.kind === "ok" || end.kind === "exit" || end.kind === "throw" || (end.kind === "trap" && end.exact)
  );
}

/** Why the run ended, null where there is nothing to say; `thrown`: what the guest printed of an exception. */
export function messageOf(
  end: RunEnd,
  thrown: string | undefined,
  { maxFuel, timeoutMs }: { readonly maxFuel: number | null; readonly timeoutMs: number | null },
): string | null {
  switch (end.kind) {
    case "throw":
      return thrown ?? null;
    case "trap":
      return thrown === undefined ? end.message : `${end.message}\n${thrown}`;
    case "fuel":
      return maxFuel === null ? null : `more than ${maxFuel.toLocaleString("en-US")} fuel`;
    case "timeout":
      return timeoutMs === null ? null : `more than ${timeoutMs / 1000} s`;
    default:
      return null;
  }
}

/** What qualifies the figures of a run. */
export function settingsWarnings(model: CostModel, host: HostSettings): Warning[] {
  const warnings: Warning[] = [];
  if (isAssumed(model.name)) {
    warnings.push({
      code: "model-assumed",
      message: `${model.name} has not been measured; it is counted like wasmtime-${Number(model.name.split("-")[1]) < oldestMeasured ? oldestMeasured : newestMeasured}`,
    });
  }
  if (host.realClock)
    warnings.push({
      code: "real-clock",
      message: "the guest saw the real time: its fuel can differ from run to run",
    });
  return warnings;
}
