/**
 * `toUseFuel` for the tests of vitest and jest: `expect.extend({ toUseFuel })`. It judges what `profile` gave, or a result
 * that was written; it runs nothing itself. A bound that cannot be judged (no such function, percent of nothing, a guest that
 * failed) fails the test either way, behind `.not` too.
 *
 *   await expect(profile(program, { input })).toUseFuel({ atMost: "2M", function: "matchRules" });
 */
import { readFileSync } from "node:fs";
import { Diagnostic, headline, unreadable, usageError } from "./base/diagnostics.ts";
import { countOf } from "./base/numbers.ts";
import { parseBy } from "./ci/config.ts";
import { boundSchema, judgeBound, type OtherRun, type Whole } from "./ci/fuel-bound.ts";
import { measure } from "./ci/measured.ts";
import { parseSnapshot } from "./ci/snapshot.ts";
import { boundText, type SourceLine } from "./format/ci/bound-text.ts";
import { inertText } from "./format/inert.ts";
import { failureOf } from "./format/warning-words.ts";
import { brokenSums } from "./result/invariants.ts";
import type { Result } from "./result/result.ts";

/** A result, or what `profile` gives. */
export type Profiled = Result | { readonly result: Result };

/** A run to compare with: one that was profiled, or a scenario of a snapshot (default: .fuel-snapshot of the working directory). */
export type Compared = Profiled | { readonly scenario: string; readonly snapshot?: string };

export interface FuelBound {
  /** The most that it may cost: fuel (2000000, "2M", "500k"), or percent ("80%") of `percentOf`. */
  readonly atMost: number | string;
  /** The functions that it is about, by name or file:name, `*` for any text; each has to keep to it. Default: the whole run. */
  readonly function?: string;
  /** A function with all that it called, without that, or its dearest single call without that. Default: "total". */
  readonly cost?: "total" | "self" | "perCall";
  /** What a percentage is of: fuel, or what the same cost in another run. Default: the platform's limit. */
  readonly percentOf?: number | string | Compared;
  /** The run against which the message says what grew. Default: the run of `percentOf`. */
  readonly against?: Compared;
}

/** What vitest and jest take from a matcher. */
export interface FuelVerdict {
  readonly pass: boolean;
  message(): string;
}

/** What `toUseFuel` gives an assertion: to be awaited where a promise was received. */
export type Outcome<T, R = void> = T extends PromiseLike<unknown> ? Promise<R> : R;

// for whoever has vitest, jest, or both: neither is asked for
// biome-ignore lint/suspicious/noTsIgnore: it is an error only where there is no vitest
/** @ts-ignore there may be no vitest */
declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> {
    toUseFuel(bound: FuelBound): Outcome<T>;
  }
}
declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: as @types/jest declares it
    interface Matchers<R, T = {}> {
      toUseFuel(bound: FuelBound): Outcome<T>;
    }
  }
}
// biome-ignore lint/suspicious/noTsIgnore: it is an error only where there is no jest
/** @ts-ignore there may be no jest */
declare module "expect" {
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    toUseFuel(bound: FuelBound): Outcome<T>;
  }
}

/** @throws Error where the bound cannot be judged; of a promise, the promise is rejected. */
export function toUseFuel<T extends Profiled | PromiseLike<Profiled>>(
  received: T,
  bound: FuelBound,
): Outcome<T, FuelVerdict>;
export function toUseFuel(
  received: Profiled | PromiseLike<Profiled>,
  bound: FuelBound,
): FuelVerdict | Promise<FuelVerdict> {
  // a test that awaits nothing is not made to
  return isPromise(received)
    ? Promise.resolve(received).then((profiled) => inWords(() => verdictOf(profiled, bound)))
    : inWords(() => verdictOf(received, bound));
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null)?.then === "function";
}

function verdictOf(received: Profiled, given: FuelBound): FuelVerdict {
  const { percentOf, against, ...bound } = parseBy(boundSchema, given, "toUseFuel");
  const whole = percentOf === undefined ? null : wholeOf(percentOf);
  const other = against === undefined ? null : otherRun(against, "against");
  const result = resultOf(received, "what is expected to use fuel");
  const compared = other ?? (typeof whole === "number" ? null : whole);
  const verdict = judgeBound(measure(result), bound, whole, compared);
  return { pass: verdict.passed, message: () => boundText(verdict, sourceOf(result)) };
}

/** The lines of the source that a result has. */
function sourceOf({ lines, files }: Result): SourceLine {
  return (file, line) => {
    const row = lines.find((one) => one.line === line && files[one.file] === file);
    return row?.text == null ? undefined : inertText(row.text);
  };
}

function wholeOf(given: unknown): Whole {
  if (typeof given === "object") return otherRun(given, "percentOf");
  const fuel = countOf(String(given));
  if (fuel === undefined)
    throw usageError(`percentOf takes fuel ("11M") or a run to compare with, not ${JSON.stringify(given)}`);
  return fuel;
}

function otherRun(given: unknown, option: string): OtherRun {
  const { scenario, snapshot: file = ".fuel-snapshot" } = (given ?? {}) as Record<string, unknown>;
  if (typeof scenario !== "string" || typeof file !== "string")
    return { name: "the other run", measured: measure(resultOf(given, option)) };
  const snapshot = parseSnapshot(readText(file), file);
  const measured = snapshot.get(scenario);
  if (measured) return { name: `${scenario} of ${file}`, measured };
  throw usageError(
    `${file} has no scenario ${JSON.stringify(scenario)}`,
    `there are: ${[...snapshot.keys()].join(", ")}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unreadable(file, "the snapshot", error);
  }
}

function resultOf(given: unknown, what: string): Result {
  const holder = given as { readonly result?: Result; readonly problem?: unknown } | null;
  if (holder?.problem instanceof Error) throw holder.problem;
  const result = holder?.result ?? (given as Result | null);
  if (result?.schemaVersion !== 1 || !result.fuel || !result.functions || !result.run)
    throw usageError(`${what} has to be what profile() gives, or its result`);
  const broken = brokenSums(result);
  if (broken.length > 0) throw usageError(`${what} does not add up`, ...broken.slice(0, 5));
  const failure = failureOf(result);
  if (failure !== null) throw usageError(`the guest of ${what} failed: ${failure}`);
  return result;
}

/** Test runners show an error's message: the details become lines of it. */
function inWords<T>(judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    throw new Error([headline(error), ...error.details].join("\n"), { cause: error });
  }
}
