/** Running a program: under a profile, or without one, for comparisons. */
import { type Diagnostic, internalError } from "../base/diagnostics.ts";
import { version } from "../base/version.ts";
import { wholeText } from "../format/files/formats.ts";
import { documentOf } from "../format/files/result-json.ts";
import { writeSpeedscope } from "../format/files/speedscope.ts";
import type { Program } from "../program/program.ts";
import { brokenSums } from "../result/invariants.ts";
import type { Result, ResultDocument } from "../result/result.ts";
import { executeProgram, profileProgram, type SessionFacts } from "../run/session.ts";
import { withThread } from "../run/threads.ts";
import { type ProfileOptions, requested } from "./requested.ts";

export interface Profile {
  readonly result: Result;
  /** Why this is not what was asked for; null where all is well. */
  readonly problem: Diagnostic | null;
  /** What was located, made and used on the way. */
  readonly facts: SessionFacts;
  /** The result as it is written, with the words for its warnings and for why the run ended. */
  document(): ResultDocument;
  /** The profile as a speedscope file. */
  speedscope(): string;
}

/**
 * Profiles a program, in a thread of this process, and gives its result. It can be called again for the same program.
 * @throws Diagnostic: usage for options that cannot be, unsupported where the program cannot be run; that the guest failed is
 * no error but the result's `run.exit`.
 */
export async function profile(program: Program, options: ProfileOptions = {}): Promise<Profile> {
  const { onProblem = "throw", mayBlock } = options;
  const { request, live } = requested(program, options);
  const { result, refused, facts } = await withThread(
    (thread) => profileProgram(thread, program, request, live, version),
    mayBlock,
  );
  const broken = brokenSums(result);
  const problem =
    broken.length > 0 ? internalError("the profile does not add up", ...broken.slice(0, 5)) : refused;
  if (problem && onProblem === "throw") throw problem;
  const speedscope = () => wholeText(writeSpeedscope(result));
  return { result, problem, facts, document: () => documentOf(result), speedscope };
}

export interface Execution {
  /** How the guest ended. */
  readonly exit: Result["run"]["exit"]["kind"];
  /** Null where it was not counted. */
  readonly fuel: bigint | null;
  /** The guest's output, at most the first megabyte of each stream. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly maxMemoryBytes: number;
  /** Time inside the guest. */
  readonly milliseconds: number;
}

/**
 * Runs a program without a profile: as it is, or (`count`) with its total fuel. For comparisons: what does a profile
 * cost, is the output the same. With `maxFuel`, `timeoutMs` or `signal` its fuel is counted, too, since a program that
 * is as it was cannot be stopped in a loop; it ends as under `profile` then. @throws Diagnostic as `profile` does.
 */
export async function execute(
  program: Program,
  { count = false, ...options }: ProfileOptions & { readonly count?: boolean } = {},
): Promise<Execution> {
  const { request, live } = requested(program, options);
  const { end, fuel, stdout, stderr, maxMemoryBytes, milliseconds } = await withThread((thread) =>
    executeProgram(thread, program, request, live, count),
  );
  return {
    ...{ exit: end.kind, maxMemoryBytes, milliseconds },
    ...{ fuel: count ? fuel : null, stdout: stdout.head, stderr: stderr.head },
  };
}
