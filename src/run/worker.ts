/** The thread in which guests run: it takes one job at a time and answers it. */
import { parentPort } from "node:worker_threads";
import { Diagnostic } from "../base/diagnostics.ts";
import type { CompileJob } from "../javy/compile.ts";
import type { SentRecording } from "../result/recording.ts";
import { compileGuest } from "./compile-guest.ts";
import { runGuest, runUserHost } from "./guest.ts";
import type { FailedOutcome, RunJob } from "./job.ts";
import { MonitoredRun } from "./monitored-run.ts";

const around = { Monitored: MonitoredRun };

parentPort?.on("message", async (job: CompileJob | RunJob) => {
  try {
    if (job.kind === "compile") parentPort?.postMessage(compileGuest(job));
    else {
      const outcome = job.host.userHost ? await runUserHost(job, around) : runGuest(job, around);
      parentPort?.postMessage(outcome, outcome.recording ? columnsOf(outcome.recording) : []);
    }
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    parentPort?.postMessage({ kind: "diagnostic", error: error.fields } satisfies FailedOutcome);
  }
});

/** The buffers of a recording's columns: handed over, not copied. */
function columnsOf({ nodes, codes, events }: SentRecording): ArrayBuffer[] {
  const columns: (Int32Array | BigInt64Array)[] = [nodes, codes, events ?? {}].flatMap(Object.values);
  return columns.map(({ buffer }) => buffer as ArrayBuffer);
}
