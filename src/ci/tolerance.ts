/**
 * How much dearer something may be than it was: percent, fuel, or both, of which the larger one counts. Worked out in
 * integers: 0.5 % of 199 is 0.
 */
import { millionthsOf, shareOf } from "./percent.ts";

export interface Tolerance {
  /** Parts of a million: 0.5 % is 5000. */
  readonly millionths: bigint;
  readonly fuel: number;
}

export const noTolerance: Tolerance = { millionths: 0n, fuel: 0 };

/** `0.5%`, `+500`, `0.5% +500`, or a number of fuel; undefined where it is none of these. */
export function toleranceOf(given: string | number): Tolerance | undefined {
  if (typeof given === "number")
    return Number.isSafeInteger(given) && given >= 0 ? { ...noTolerance, fuel: given } : undefined;
  const match = /^\s*([^%]*%)?\s*(?:\+?\s*(\d[\d_,]*))?\s*$/.exec(given);
  if (!match || given.trim() === "") return undefined;
  const [, percent, fuel] = match;
  const millionths = percent === undefined ? 0n : millionthsOf(percent);
  const value = fuel === undefined ? 0 : Number(fuel.replaceAll(/[_,]/g, ""));
  return millionths !== undefined && Number.isSafeInteger(value) ? { millionths, fuel: value } : undefined;
}

/** The fuel that may come on top of `base`. */
export function allowance({ millionths, fuel }: Tolerance, base: number): number {
  return Math.max(shareOf(base, millionths), fuel);
}
