/** What hearing the JavaScript of a program takes, for the probes of a monitor: the plan, and the listener's job. */
import { entryFile } from "../javy/module.ts";
import type { JsProbe } from "../monitor/js/js-probes.ts";
import type { Plan } from "../probe/plan.ts";
import type { Program } from "../program/program.ts";
import { creatorsOf, nativeFrames } from "./instrument.ts";
import type { JsJob } from "./js-listener.ts";
import { jsPlan } from "./js-plan.ts";
import type { RunPlan } from "./run-plan.ts";

export interface JsListening {
  readonly plan: Plan;
  readonly job: JsJob;
  /** A probe asks for fuel. */
  readonly fuel: boolean;
}

export function listenTo(program: Program, probes: readonly JsProbe[], run: RunPlan): JsListening {
  const engine = program.engine!;
  const { module, names } = engine;
  const dispatch = engine.dispatch.value;
  const asksFor = (event: RegExp) => probes.some((probe) => event.test(probe.event));
  const fuel = probes.some(({ parameters }) => parameters.some(({ name }) => name === "fuel"));
  const natives = asksFor(/^js:builtin:/) ? nativeFrames(engine, "work") : null;
  const { payload } = program;
  return {
    fuel,
    plan: jsPlan(module, dispatch, {
      ...{ fuel, natives, creators: creatorsOf(names, dispatch.function) },
    }),
    job: {
      ...{ probes, payload, engines: run.engines.map(({ id }) => id) },
      recompiled: run.recompiled,
      file: { compiled: entryFile, name: program.entryName(), map: program.map },
      natives: natives && { frames: natives.frames, shared: natives.shared },
    },
  };
}
