/** Probes that are functions: places for them in a module, and the module that they are written into. */
import { type Instruction, instructionsIn } from "../probe/callbacks/places.ts";
import { planCallbacks } from "../probe/callbacks/plan-callbacks.ts";
import type { Probe } from "../probe/callbacks/probe.ts";
import type { Plan } from "../probe/plan.ts";
import type { MonitorFile } from "../run/monitor-file.ts";
import { ProbeControl } from "../run/probe-control.ts";
import { decodeModule } from "../wasm/decode.ts";

/**
 * The instructions of a module that `wants` asks for (default: all), in the order of the code: each is a place where a
 * probe can stand. @throws Diagnostic where the module is damaged.
 */
export function instructionsOf(
  bytes: Uint8Array,
  wants: (instruction: Instruction) => boolean = () => true,
): Instruction[] {
  return instructionsIn(decodeModule(bytes), wants);
}

/** A file that `make` writes with the plan of probes, and what controls these. @throws Diagnostic (usage) as planCallbacks does. */
export function withProbes(
  bytes: Uint8Array,
  probes: readonly Probe[],
  make: (plans: readonly Plan[]) => MonitorFile,
): MonitorFile & { readonly probes: ProbeControl } {
  const planned = probes.length > 0 ? planCallbacks(decodeModule(bytes), probes) : null;
  const control = new ProbeControl(probes, planned?.wiring);
  const file = make(planned ? [planned.plan] : []);
  return {
    ...{ bytes: file.bytes, monitor: file.monitor, probes: control },
    // Some files are made to be run elsewhere: what they import here is made when it is asked for.
    get imports() {
      return { ...file.imports, ...control.imports };
    },
    attach: (instance) => file.attach(instance),
    report: (instance) => file.report(instance),
  };
}
