/**
 * Makes the embedded engine ready when the package is built: rewritten for the default model and frames, with what was
 * found in it (program/prepared-engine.ts reads it). Pure; the build writes the two files, and a test compares them.
 */
import { defaultModelName } from "../fuel/measured.ts";
import { modelNamed } from "../fuel/models.ts";
import { uncounted } from "../fuel/uncounted.ts";
import { readEmbeddedPlugin } from "../javy/embedded.ts";
import { readPlugin } from "../program/plugin.ts";
import type { PreparedFacts } from "../program/prepared-engine.ts";
import { instrumentEngine, nativeFrames } from "./instrument.ts";
import { defaultFrames } from "./request.ts";

export function prepareEngine(): { readonly facts: PreparedFacts; readonly module: Uint8Array } {
  const embedded = readEmbeddedPlugin();
  const plugin = readPlugin(embedded.bytes, embedded.sha256, "embedded");
  const { engine, sha256, namespace, abi, exports, size } = plugin;
  const model = modelNamed(defaultModelName);
  const native = nativeFrames(engine, defaultFrames);
  const module = instrumentEngine(engine, defaultFrames, { model, mode: "run", checks: true, native });
  const facts: PreparedFacts = {
    ...{ sha256, bytes: size, namespace, abi, exports },
    dispatch: engine.dispatch.value,
    engines: engine.engines(null).value.map(({ id }) => id),
    builtins: engine.builtinNames.value,
    scripts: engine.scripts.value,
    model: defaultModelName,
    frames: defaultFrames,
    instrumentedBytes: module.length,
    uncounted: uncounted(engine.module, model),
  };
  return { facts, module };
}
