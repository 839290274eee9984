/**
 * Profiles a program with the inputs of `run`: one as it is; several, as many at once as there are processors, each with its
 * own limits, as one merged result. A guest of several has its output in the result: there is no one stdout that it owns.
 */
import { createHash } from "node:crypto";
import { decodeText, encodeText } from "../base/bytes.ts";
import {
  Diagnostic,
  isShopifyFunction,
  MergedRuns,
  type Profile,
  type ProfileOptions,
  type Program,
  parseFixture,
  profile,
  type Result,
} from "../index.ts";
import { atOnce } from "./at-once.ts";
import { scaledLimits } from "./fuel-flags.ts";
import type { CommandIo } from "./io.ts";
import type { RunFlags } from "./run-flags.ts";
import type { RunInput, RunInputs } from "./run-inputs.ts";
import { errorOf, readScenarioInput } from "./scenario-input.ts";

/** What is reported of a run, or of several. */
export type Profiled = Pick<Profile, "result" | "problem" | "facts">;

/** Options but for what an input brings along. `io.interrupted` ends it: what was counted is kept. */
export async function profileInputs(
  program: Program,
  { inputs, several }: RunInputs,
  options: ProfileOptions,
  flags: RunFlags,
  io: CommandIo,
): Promise<Profiled> {
  const one = async (input: RunInput, more: ProfileOptions): Promise<Profiled> => {
    const given = await guestInput(input, io.cwd);
    const fixture = input.kind === "file" ? fixtureOf(program, given.bytes as Uint8Array, input.path) : null;
    const { bytes, export: own, replayed } = fixture ? { ...given, ...fixture } : given;
    const scaled = await scaledLimits(flags, bytes, io.cwd);
    const { result, ...profiled } = await profile(program, {
      ...{ ...options, ...more, ...scaled, input: bytes },
      ...(options.export === undefined && own !== null ? { export: own } : {}),
      ...{ signal: io.interrupted, onProblem: "return", mayBlock: !several },
    });
    return { ...profiled, result: replayed ? { ...result, run: { ...result.run, replayed } } : result };
  };
  if (!several) return one(inputs[0]!, {});

  const merged = new MergedRuns();
  let first: Profiled | undefined;
  let problem: Diagnostic | null = null;
  const captured: ProfileOptions = { output: "capture", progress: () => {} };
  await atOnce(
    inputs,
    async (input) => {
      try {
        return await one(input, captured);
      } catch (error) {
        throw errorOf(nameOf(input), error);
      }
    },
    ({ result, ...profiled }, input) => {
      first ??= { result, ...profiled };
      problem ??= profiled.problem && errorOf(nameOf(input), profiled.problem);
      merged.add(nameOf(input), withoutCalls(result));
    },
    io.interrupted,
  );
  if (!first)
    throw new Diagnostic({ kind: "interrupted", message: "interrupted: nothing was run or written" });
  return { facts: first.facts, problem, result: merged.finish(sha256) };
}

/** What the guest reads, and what the file says of it. */
async function guestInput(input: RunInput, cwd: string) {
  if (input.kind === "stdin")
    return { bytes: input.bytes ?? ("inherit" as const), export: null, replayed: null };
  return readScenarioInput(input, cwd);
}

/**
 * What a Shopify function reads where the file is one of its test fixtures (tests/fixtures/*.json), which have it in a
 * `payload` beside the export that it is for; null where the file is the input itself.
 */
function fixtureOf(program: Program, bytes: Uint8Array, path: string) {
  if (!isShopifyFunction(program)) return null;
  const text = decodeText(bytes);
  if (!/"payload"\s*:\s*\{/.test(text)) return null;
  try {
    const { input, export: own } = parseFixture(text, path);
    return own === null ? null : { bytes: encodeText(input), export: own };
  } catch (error) {
    if (error instanceof Diagnostic) return null;
    throw error;
  }
}

function nameOf(input: RunInput): string {
  return "path" in input ? input.path : "stdin";
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function withoutCalls({ events: _, ...result }: Result): Result {
  return result;
}
