/** What a caller of the library asks of a run, and the checked request that becomes of it. */
import { basename } from "node:path";
import { encodeText } from "../base/bytes.ts";
import { checkRequest, type Request, type RequestOptions } from "../profiler/request.ts";
import type { Program } from "../program/program.ts";
import type { Live } from "../run/session.ts";

export interface ProfileOptions extends Omit<RequestOptions, "input">, Live {
  /** The guest's stdin: bytes, a text, or "inherit" for the process's own, read at the guest's first read. Default: empty. */
  readonly input?: Uint8Array | string | "inherit";
  /** A profile that is not what was asked for (an engine that nobody knows, sums that do not hold) is thrown away with
   * an error, or given back with its `problem`. Default: "throw". */
  readonly onProblem?: "throw" | "return";
  /**
   * Whether the calling thread may be kept busy, for about 500 ms at most. A short program then runs on it, which spares
   * booting a thread: 100 ms of CPU, for the first run. For a process that has nothing else to do. Default: false.
   */
  readonly mayBlock?: boolean;
}

/** @throws Diagnostic (usage) for options that cannot be. */
export function requested(program: Program, options: ProfileOptions): { request: Request; live: Live } {
  const {
    input = new Uint8Array(),
    onProblem: _,
    signal,
    progress,
    clearProgress,
    mayBlock: __,
    ...asked
  } = options;
  const bytes = typeof input === "string" && input !== "inherit" ? encodeText(input) : input;
  const request = checkRequest({ ...asked, input: bytes as Uint8Array | "inherit" }, basename(program.name));
  const live: Live = {
    ...(signal ? { signal } : {}),
    ...(progress ? { progress } : {}),
    ...(clearProgress === undefined ? {} : { clearProgress }),
  };
  return { request, live };
}
