/** A guest's thread that is this one: runs are synchronous, and the hash of the guest's memory is taken at their end. */
import { compileGuest } from "../../src/run/compile-guest.ts";
import { runGuest } from "../../src/run/guest.ts";
import type { RunJob, RunOutcome } from "../../src/run/job.ts";
import { MonitoredRun } from "../../src/run/monitored-run.ts";
import type { GuestThread } from "../../src/run/thread.ts";

export class SameThread implements Pick<GuestThread, "compile" | "run"> {
  /** What the last run left. */
  outcome: RunOutcome | undefined;

  async compile(job: Parameters<GuestThread["compile"]>[0]) {
    return compileGuest(job);
  }

  async run(job: RunJob): Promise<RunOutcome> {
    this.outcome = runGuest({ ...job, hashMemory: true }, { Monitored: MonitoredRun });
    return this.outcome;
  }

  get thread(): GuestThread {
    return this as unknown as GuestThread;
  }
}
