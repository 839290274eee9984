/**
 * How much dearer something may be than it was: percent, fuel, or both, of which the larger one counts. Worked out in
 * integers: 0.5 % of 199 is 0.
 */

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
  const match = /^\s*(?:(\d+)(?:\.(\d{1,4}))?\s*%)?\s*(?:\+?\s*(\d[\d_,]*))?\s*$/.exec(given);
  if (!match || given.trim() === "") return undefined;
  const [, whole, part = "", fuel] = match;
  const value = fuel === undefined ? 0 : Number(fuel.replaceAll(/[_,]/g, ""));
  if (!Number.isSafeInteger(value)) return undefined;
  return { millionths: whole === undefined ? 0n : BigInt(whole + part.padEnd(4, "0")), fuel: value };
}

/** The fuel that may come on top of `base`. */
export function allowance({ millionths, fuel }: Tolerance, base: number): number {
  const share = Number((BigInt(base) * millionths) / 1_000_000n);
  return Math.max(share, fuel);
}
