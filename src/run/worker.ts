/** The thread in which guests run: it takes one job at a time and answers it. */
import { parentPort } from "node:worker_threads";
import { Diagnostic } from "../base/diagnostics.ts";
import { compileGuest, runGuest } from "./guest.ts";
import type { CompileJob, FailedOutcome, RunJob } from "./job.ts";

parentPort?.on("message", (job: CompileJob | RunJob) => {
  try {
    parentPort?.postMessage(job.kind === "compile" ? compileGuest(job) : runGuest(job));
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    const { exit, message, details } = error;
    parentPort?.postMessage({ kind: "diagnostic", exit, message, details } satisfies FailedOutcome);
  }
});
