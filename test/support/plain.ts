/** Compiles a program and runs it in this thread, as it is: what the profiler's runs are held against. */
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { linkDynamic } from "../../src/javy/link.ts";
import { compileJob } from "../../src/program/compile-source.ts";
import { readPlugin } from "../../src/program/plugin.ts";
import { compileGuest } from "../../src/run/compile-guest.ts";
import { runGuest } from "../../src/run/guest.ts";
import { Control, type RunOutcome } from "../../src/run/job.ts";

const embedded = readEmbeddedPlugin();
export const plugin = readPlugin(embedded.bytes, embedded.sha256, "embedded");

/** The bytecode of a program; throws with the compiler's message. */
export function compileProgram(source: string): Uint8Array {
  const compiled = compileGuest(compileJob(plugin, source));
  if (compiled.kind === "failed") throw new Error(compiled.message);
  return compiled.bytecode;
}

export function runPlain(
  source: string,
  stdin = new Uint8Array(),
): { readonly outcome: RunOutcome; readonly bytecode: Uint8Array; readonly app: Uint8Array } {
  const bytecode = compileProgram(source);
  const app = linkDynamic(plugin, bytecode, source);
  const outcome = runGuest({
    kind: "run",
    plugin: { module: plugin.bytes, namespace: plugin.namespace },
    app,
    export: "_start",
    control: new SharedArrayBuffer(Control.words * 4),
    hashMemory: true,
    host: { stdin, passThrough: false, args: [], realClock: false, seed: 42n },
  });
  return { outcome, bytecode, app };
}
