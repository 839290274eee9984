/**
 * The main thread's end of the worker. Its stack is large: wasmtime's default lets about 626 JS frames recurse, and
 * V8's frames for the same code are several times as large. The worker is booted for the first job that cannot be done
 * on the calling thread (trial.ts).
 */
import type { Worker } from "node:worker_threads";
import { Diagnostic, internalError, unsupported } from "../base/diagnostics.ts";
import { packageFile } from "../base/package-files.ts";
import type { CompileJob, CompileOutcome, Compiler } from "../javy/compile.ts";
import type { FailedOutcome, RunJob, RunOutcome } from "./job.ts";

/** Megabytes of stack; measured: deep enough for the guest to exhaust its own stack first (about 3,600 JS frames). */
const stackSizeMb = 32;

/** A compiler is not metered, so time has to do: QuickJS reads megabytes of source in a second. */
const compileLimitMs = 60_000;

export class GuestThread implements Compiler {
  #worker: Worker | undefined;
  #working = false;
  #failed = false;
  #mayBlock = false;

  /** @throws Diagnostic (unsupported) where the compiler does not come to an end. */
  async compile(job: CompileJob): Promise<CompileOutcome> {
    const tried = (await this.#trial())?.tryCompile(job);
    if (tried) return tried;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(unsupported(`the plugin's compiler did not end within ${compileLimitMs / 1000} s`)),
        compileLimitMs,
      );
    });
    try {
      return await Promise.race([this.#ask<CompileOutcome>(job), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async run(job: RunJob): Promise<RunOutcome> {
    const tried = (await this.#trial())?.tryRun(job) ?? { job };
    return "outcome" in tried ? tried.outcome : this.#ask(tried.job);
  }

  /** What tries jobs on the calling thread; null once one has proved too long for that. */
  async #trial(): Promise<typeof import("./trial.ts") | null> {
    return this.#mayBlock && this.#worker === undefined ? import("./trial.ts") : null;
  }

  /** Whether another job can be given to it: it is there, not at work, and nothing of the last job can linger in it. */
  get reusable(): boolean {
    return !this.#working && !this.#failed;
  }

  /** Whether the process is to live as long as the thread. */
  attend(attended: boolean): void {
    if (attended) this.#worker?.ref();
    else this.#worker?.unref();
  }

  /** Whether the calling thread may be kept busy for short jobs. */
  letBlock(mayBlock: boolean): void {
    this.#mayBlock = mayBlock;
  }

  async close(): Promise<void> {
    this.#failed = true;
    await this.#worker?.terminate();
  }

  async #boot(): Promise<Worker> {
    // a command whose program is short needs none
    const { Worker } = await import("node:worker_threads");
    return new Worker(packageFile("dist/bin/worker.js"), {
      resourceLimits: { stackSizeMb, maxOldGenerationSizeMb: 4096 },
      stdout: false,
      stderr: false,
      // the flags of the program that uses this as a library are not the thread's: --input-type is refused there
      execArgv: [],
    });
  }

  async #ask<T>(job: CompileJob | RunJob): Promise<T> {
    this.#working = true;
    const worker = (this.#worker ??= await this.#boot());
    // a host of the user's stays loaded as it was
    if (job.kind === "run" && job.host.userHost) this.#failed = true;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#working = false;
        worker.removeAllListeners("message");
        worker.removeAllListeners("error");
        worker.removeAllListeners("exit");
        act();
      };
      const fail = (error: Error) => {
        this.#failed = true;
        settle(() => reject(error));
      };
      worker.once("message", (answer: T | FailedOutcome) =>
        settle(() => (isFailed(answer) ? reject(new Diagnostic(answer.error)) : resolve(answer))),
      );
      worker.once("error", (error) => fail(error));
      worker.once("exit", (code) => fail(internalError(`the guest's thread ended with ${code}`)));
      worker.postMessage(job);
    });
  }
}

function isFailed(answer: unknown): answer is FailedOutcome {
  return (answer as { kind?: unknown }).kind === "diagnostic";
}
