/**
 * What a program needs to be run as it was asked for, decided before anything is rewritten: the export to call, the
 * engines that it may run on, the frames, the platform with its limits, and where lines come from.
 */
import { type Diagnostic, named, usageError } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { defaultModelName } from "../fuel/measured.ts";
import { type CostModel, modelNamed } from "../fuel/models.ts";
import { shopifyLimits } from "../host/shopify/limits.ts";
import { refuseIncomplete, type ShopifyGeneration, shopifyGeneration } from "../host/shopify/shopify.ts";
import type { Compiler, Recompiled } from "../javy/compile.ts";
import { entryPoints } from "../javy/module.ts";
import { commandExport, isSetUp } from "../javy/startup-exports.ts";
import { findLines, type Lines } from "../program/line-source.ts";
import { findPositions } from "../program/positions.ts";
import type { Program } from "../program/program.ts";
import { type EngineVersion, unknownEngine } from "../quickjs/engines/versions.ts";
import type { CalledBuiltins } from "../quickjs/natives/called-builtins.ts";
import type { Limits } from "../result/limits.ts";
import type { Module } from "../wasm/types.ts";
import { nativeFrames } from "./instrument.ts";
import type { NativeFrames } from "./native-frames.ts";
import type { Bounds, Frames, Request } from "./request.ts";

export interface RunPlan {
  /** Empty where a host of the user's drives a module that is whole. */
  readonly export: string;
  /** Those of the request, or the engine's where nobody knows the engine. */
  readonly frames: Frames;
  readonly native: NativeFrames | null;
  /** What builtins are called, where calls of them are frames. */
  readonly builtins: CalledBuiltins | null;
  /** JavaScript that the engine begins with, by address; none where the program itself may be in it. */
  readonly scripts: readonly (readonly [address: number, name: string])[];
  /** Builtins were to be frames, and their calls cannot be told. */
  readonly withoutBuiltins: boolean;
  /** Likeliest first; none where nobody asks for JavaScript. */
  readonly engines: readonly EngineVersion[];
  /** Why the JavaScript cannot be told apart by name: said after the run. */
  readonly refused: Diagnostic | null;
  readonly platform: ShopifyGeneration | null;
  /** What the run is judged by. */
  readonly limits: Limits | null;
  readonly model: CostModel;
  /** Those of the request; where it has none, limits are no bound, but many times the fuel that they allow is. */
  readonly bounds: Bounds;
  readonly lines: Lines;
  /** What lines are carried over from. */
  readonly recompiled: Recompiled;
}

/** A run that is over a limit goes on, to say by how much; but not for ever: to this many times the limit. */
const judgedFor = 10;

/**
 * Plans a run. `compiler`: what compiles sources for lines; null where nobody reads lines, since that takes longer than
 * many a run. @throws Diagnostic (usage or unsupported) where the program cannot be run like that.
 */
export async function planRun(
  program: Program,
  request: Request,
  compiler: Compiler | null,
): Promise<RunPlan> {
  const { name, payload } = program;
  const hosted = Boolean(request.host.userHost);
  named(name, () => {
    const refusal = program.refusal(hosted);
    if (refusal) throw refusal;
  });
  const engine = program.engine!;
  const wantsEngine = request.frames !== "wasm";
  const dispatch = () => engine.dispatch.value;
  // what is wrong with a plugin is not the program's
  if (wantsEngine && program.plugin) dispatch();
  else if (wantsEngine) named(name, dispatch);
  const known = wantsEngine ? new Kept(() => named(name, () => engine.engines(payload).value)) : null;
  const refused = known?.problem ?? null;
  const engines = known ? (known.found ?? [unknownEngine]) : [];
  const { platform, limits } = platformOf(program, request.limits);

  // of an engine that nobody knows, its own functions tell what it does
  const asked = refused ? "engine" : request.frames;
  const builtins = asked === "builtin" ? engine.builtinNames.value : null;
  const withoutBuiltins = asked === "builtin" && builtins === null;
  const frames = withoutBuiltins ? "js" : asked;
  const lines: Lines =
    wantsEngine && !refused ? await findLines(compiler, program, engines) : { kind: "own" };
  const positions = refused || !compiler ? null : await findPositions(compiler, program, engines);
  return {
    export:
      hosted && !program.plugin
        ? ""
        : named(name, () => chooseExport(program.module, request.export, platform !== null)),
    frames,
    native: nativeFrames(engine, frames, program.linked),
    ...{ builtins, withoutBuiltins },
    scripts: wantsEngine && !refused && payload ? engine.scripts.value : [],
    engines,
    refused,
    platform: hosted ? null : platform,
    limits,
    model: request.model ?? modelNamed(limits?.model ?? defaultModelName),
    bounds: { ...request.bounds, maxFuel: request.bounds.maxFuel ?? (limits && limits.fuel * judgedFor) },
    lines,
    recompiled: { compiled: lines.kind === "compiled" ? lines.compiled : null, positions },
  };
}

/** The platform that a program is for, and its limits. */
function platformOf(
  { module, plugin, linked }: Program,
  asked: Request["limits"],
): Pick<RunPlan, "platform" | "limits"> {
  const namespaces = module.imports.map((entry) => entry.module);
  const found = (plugin || linked.length > 0) && shopifyGeneration(namespaces, plugin?.exports);
  const platform = found && (found.certain || typeof asked === "number") ? found : null;
  if (platform) {
    const provider = linked.find(({ namespace }) => namespace === platform.namespace);
    refuseIncomplete(platform, (plugin ?? provider)!.module);
  }
  if (asked === "none" || (asked === "auto" && !platform)) return { platform, limits: null };
  if (typeof asked === "object") return { platform, limits: asked };
  return { platform, limits: shopifyLimits(asked === "auto" ? 1 : asked) };
}

/** Whether a program runs on Shopify's platform, as far as that is certain. */
export function isShopifyFunction(program: Program): boolean {
  return platformOf(program, "auto").platform !== null;
}

/**
 * The export to call; `_start` of a platform's function with other exports does nothing but evaluate it. @throws Diagnostic
 * (usage) where it does not exist, or cannot be guessed.
 */
function chooseExport(module: Module, wanted: string | null, isFunction: boolean): string {
  const callable = entryPoints(module).filter((name) => !isSetUp(name));
  const list = callable.join(", ") || "no function that takes no arguments";
  if (wanted !== null) {
    if (entryPoints(module).includes(wanted)) return wanted;
    const exported = module.exports.find(({ name }) => name === wanted);
    const problem =
      exported === undefined
        ? `the module has no export "${wanted}"`
        : exported.kind === "func"
          ? `the export "${wanted}" takes arguments`
          : `the export "${wanted}" is a ${exported.kind}, not a function`;
    throw usageError(problem, `it exports ${list}`, "choose one with --export");
  }
  const others = callable.filter((name) => name !== commandExport);
  const takesOthers = isFunction && others.length > 0;
  if (callable.includes(commandExport) && !takesOthers) return commandExport;
  if (others.length === 1) return others[0]!;
  const problem = takesOthers ? "the function has several exports" : `the module has no ${commandExport}`;
  throw usageError(problem, `it exports ${list}`, "choose one with --export");
}
