/** Limits that a user wrote; what reads them is loaded when somebody asks. */
import { defaultModelName } from "../fuel/measured.ts";
import { modelNamed } from "../fuel/models.ts";
import type { Limits } from "../result/limits.ts";

/** A platform's limits from a user's JSON, as `--limits` takes it. `file`: what errors call it. @throws Diagnostic (usage). */
export async function parseLimitsFile(json: string, file: string): Promise<Limits> {
  const { readLimits } = await import("../ci/limits-file.ts");
  const limits = readLimits(json, file, defaultModelName);
  return { ...limits, model: modelNamed(limits.model).name };
}
