/**
 * The embedded engine as it was prepared when the package was built: instrumented for the fuel model and the frames that
 * are the default, with what is known of it. Everything here can be found anew from plugin/plugin.wasm, and is where
 * anything else is asked for; a test rebuilds it and compares the bytes.
 */
import { readFileSync } from "node:fs";
import { internalError } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { packageFile } from "../base/package-files.ts";
import { withFlag } from "../base/v8-flags.ts";
import { type CostModel, costKey, modelNamed } from "../fuel/models.ts";
import type { Uncounted } from "../fuel/uncounted.ts";
import type { PluginAbi } from "../javy/abi.ts";
import type { KnownEngine } from "./engine-module.ts";

/** Where the build puts the two files, from the package's folder. */
export const preparedFacts = "dist/engine/engine.json";
export const preparedModule = "dist/engine/engine.wasm";

export interface PreparedFacts extends KnownEngine {
  /** Of the plugin that it was made of. */
  readonly sha256: string;
  readonly bytes: number;
  readonly namespace: string;
  readonly abi: PluginAbi;
  readonly exports: readonly string[];
  /** What the instrumented module counts by, and the frames that its probes are for. */
  readonly model: string;
  readonly frames: string;
  /** Size of the instrumented module. */
  readonly instrumentedBytes: number;
  /** Why its fuel under that model may be another than wasmtime's. */
  readonly uncounted: readonly Uncounted[];
}

/** What is known of the embedded engine; its problem where the package has no such file. */
export const preparedEngine = new Kept<PreparedFacts>(() => {
  try {
    return JSON.parse(readFileSync(packageFile(preparedFacts), "utf8"));
  } catch (error) {
    throw internalError(`the engine was not prepared: ${String(error)}`);
  }
});

/**
 * The instrumented module, compiled. V8 may validate its functions when they are first called, of which most never are: the
 * build has validated all (5 to 10 ms of CPU).
 */
export const preparedCode = new Kept(() => {
  const code = readFileSync(packageFile(preparedModule)) as BufferSource;
  return withFlag("wasm-lazy-validation", () => new WebAssembly.Module(code));
});

/** Whether what was prepared counts by these costs, whatever they are called. */
export function countsBy({ model }: PreparedFacts, asked: CostModel): boolean {
  return costKey(modelNamed(model)) === costKey(asked);
}
