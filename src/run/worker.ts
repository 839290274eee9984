/** The thread in which guests run: it takes one job at a time and answers it. */
import { parentPort } from "node:worker_threads";
import { Diagnostic } from "../base/diagnostics.ts";
import type { CompileJob } from "../javy/compile.ts";
import { compileGuest } from "./compile-guest.ts";
import { runGuest, runUserHost } from "./guest.ts";
import type { FailedOutcome, RunJob } from "./job.ts";

parentPort?.on("message", async (job: CompileJob | RunJob) => {
  try {
    if (job.kind === "compile") parentPort?.postMessage(compileGuest(job));
    else parentPort?.postMessage(job.host.userHost ? await runUserHost(job) : runGuest(job));
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    parentPort?.postMessage({ kind: "diagnostic", error: error.fields } satisfies FailedOutcome);
  }
});
