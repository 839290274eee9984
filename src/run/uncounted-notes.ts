/**
 * Why the fuel of a run may be another than wasmtime's: its modules contain what a model cannot count exactly, found in
 * the code (fuel/uncounted.ts) whether or not it was executed. One warning a reason and module.
 */
import type { CostModel } from "../fuel/models.ts";
import { type Uncounted, uncounted } from "../fuel/uncounted.ts";
import type { Plugin } from "../program/plugin.ts";
import { countsBy } from "../program/prepared-engine.ts";
import type { Program } from "../program/program.ts";
import type { Warning } from "../result/warnings.ts";

/** The warnings of a run of a program. */
export function uncountedWarnings({ plugin, module, linked }: Program, model: CostModel): Warning[] {
  const reasons = [
    ...(plugin ? ofPlugin(plugin, model) : []),
    ...[module, ...linked.map((one) => one.module)].flatMap((one) => uncounted(one, model)),
  ];
  return reasons.map((reason) => ({ code: "fuel-uncounted", model: model.name, reason }));
}

function ofPlugin({ prepared, engine }: Plugin, model: CostModel): readonly Uncounted[] {
  if (prepared && countsBy(prepared, model)) return prepared.uncounted;
  return uncounted(engine.module, model);
}
