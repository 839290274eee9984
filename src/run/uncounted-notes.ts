/**
 * Says of a run whose modules contain what a model cannot count exactly why its fuel may be another than wasmtime's:
 * one warning a reason and module. The reasons are found in the code (fuel/uncounted.ts), whether or not it was executed.
 */
import { type CostModel, costKey, modelNamed, type UncountedCode } from "../fuel/models.ts";
import { type Uncounted, uncounted } from "../fuel/uncounted.ts";
import type { Plugin } from "../program/plugin.ts";
import type { Program } from "../program/program.ts";
import type { Warning } from "../result/result.ts";

const why: Readonly<Record<UncountedCode, string>> = {
  "call-ref": "it forgets what a function consumes that is called by call_ref",
  "caught-exception": "it forgets what a function consumed that an exception is caught from",
  "array-unsaved": "the elements of a new or filled array cost what it happens to have pending",
  "array-bytes": "the elements of an array cost 1 each, or 1 a byte, depending on their values",
  "failed-table-grow": "a table.grow that fails loses what it has pending",
  "huge-table-grow": "a 64-bit table.grow that fails costs all that was asked for",
  "constant-grow": "growing by a small constant costs it even where it fails",
  "imported-length": "the length of an array in an initialiser is an imported global",
  "legacy-exceptions": "it does not have the legacy exception instructions",
};

/** The warnings of a run of a program. */
export function uncountedWarnings({ plugin, module }: Program, model: CostModel): Warning[] {
  const reasons = [...(plugin ? ofPlugin(plugin, model) : []), ...uncounted(module, model)];
  return reasons.map((reason) => ({
    code: "fuel-uncounted",
    message: `${model.name} may count otherwise: ${why[reason.code]} (${place(reason)})`,
  }));
}

function ofPlugin({ prepared, engine }: Plugin, model: CostModel): readonly Uncounted[] {
  if (prepared && costKey(modelNamed(prepared.model)) === costKey(model)) return prepared.uncounted;
  return uncounted(engine.module, model);
}

function place({ count, first }: Uncounted): string {
  const places = count === 1 ? "" : `${count} places, the first `;
  return first === null
    ? `${places}in an initialiser`
    : `${places}in function ${first.func} at offset 0x${first.offset.toString(16)}`;
}
