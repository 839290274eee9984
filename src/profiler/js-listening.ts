/** What hearing the JavaScript of a program takes, for the probes of a monitor: the plan, and the listener's job. */

import { unsupported } from "../base/diagnostics.ts";
import { entryFile } from "../javy/module.ts";
import type { JsProbe } from "../monitor/js/js-probes.ts";
import type { Plan } from "../probe/plan.ts";
import type { EngineModule } from "../program/engine-module.ts";
import type { Program } from "../program/program.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import { typeText } from "../wasm/type-text.ts";
import { funcTypeAt, I64 } from "../wasm/types.ts";
import { creatorsOf, nativeFrames } from "./instrument.ts";
import type { JsJob } from "./js-listener.ts";
import { interpreterParameters, jsPlan } from "./js-plan.ts";
import type { RunPlan } from "./run-plan.ts";

export interface JsListening {
  readonly plan: Plan;
  readonly job: JsJob;
  /** A probe asks for fuel. */
  readonly fuel: boolean;
}

export function listenTo(
  program: Program,
  probes: readonly JsProbe[],
  run: Pick<RunPlan, "engines" | "recompiled">,
): JsListening {
  const engine = program.engine!;
  const { module, names } = engine;
  const dispatch = engine.dispatch.value;
  const asksFor = (event: RegExp) => probes.some((probe) => event.test(probe.event));
  const fuel = probes.some(({ parameters }) => parameters.some(({ name }) => name === "fuel"));
  const natives = asksFor(/^js:builtin:/) ? nativeFrames(engine, "work") : null;
  const asksArguments = probes.some(
    ({ event, parameters }) =>
      event === "js:builtin:entry" && parameters.some(({ name }) => /^argc$|^arg\d_bytes$/.test(name)),
  );
  const { payload } = program;
  return {
    fuel,
    plan: jsPlan(module, dispatch, {
      ...{ fuel, natives, creators: creatorsOf(names, dispatch.function) },
      gateway: asksArguments ? gatewayOf(engine) : null,
      allocators: asksFor(/^js:alloc$/) ? allocatorsOf(engine) : [],
      exceptionTag: asksFor(/^js:throw$/) ? exceptionTagOf(engine, run.engines) : null,
    }),
    job: {
      ...{ probes, payload, engines: run.engines.map(({ id }) => id) },
      recompiled: run.recompiled,
      file: { compiled: entryFile, name: program.entryName(), map: program.map },
      natives: natives && { frames: natives.frames, shared: natives.shared },
    },
  };
}

/** The function through which all calls of builtins go. */
function gatewayOf({ gateways }: EngineModule): number {
  const found = gateways.value.builtins;
  if (!found)
    throw unsupported(
      "the arguments of builtins are not known: this engine calls them in no way that is known here",
      "leave argc and argN_bytes of js:builtin:entry out",
    );
  return found.function;
}

/** What js:throw needs of the interpreter: that it returns one JSValue, and says what it goes on with. */
function exceptionTagOf({ module, dispatch }: EngineModule, engines: readonly EngineVersion[]): number {
  const { function: interpreter } = dispatch.value;
  const { results } = funcTypeAt(module, module.functions[interpreter]!)!;
  const tags = new Set(engines.map(({ memory }) => memory.value.tagException));
  const whole = interpreterParameters(module, dispatch.value).flags !== null;
  if (whole && tags.size === 1 && results.length === 1 && results[0] === I64) return [...tags][0]!;
  throw unsupported(
    "js:throw needs an engine whose interpreter takes and returns what is known here, and this one's does not",
    "js:opcode:throw:before sees throw statements",
  );
}

/** calloc (opaque, count, size), malloc (opaque, size) and realloc (opaque, pointer, size), as the types tell them. */
const sizes: Readonly<Record<string, readonly number[]>> = { "ii>i": [1], "iii>i": [2] };

function allocatorsOf(engine: EngineModule): { function: number; size: readonly number[] }[] {
  const { module } = engine;
  const found = engine.allocators.flatMap((index, n, all) => {
    if (index < module.importedFunctions) return [];
    const size = sizes[typeText(module, module.functions[index]!)];
    // of five the first one is calloc
    return size ? [{ function: index, size: n === 0 && all.length === 5 ? [1, 2] : size }] : [];
  });
  if (found.length > 0) return found;
  throw unsupported("js:alloc needs an engine whose allocator is known, and this one's is not");
}
