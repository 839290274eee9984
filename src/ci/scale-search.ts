/**
 * The largest size that fits, found by running it and the next: the fit says where to begin, and where it is off, steps that
 * double and then bisection find the place. Pure but for the function that runs a size, which is handed in.
 */
import { type Fit, largestWithin } from "./fit.ts";
import type { LargestSize, SizeRun } from "./scale-document.ts";

/** Runs the program with an input of that size. */
export type RunSize = (n: number) => Promise<SizeRun>;

export const hasFailed = ({ exceeded, failure }: SizeRun): boolean => failure !== null || exceeded.length > 0;

/** 1, 2, 4, … up to the first that does not fit, or the largest that is to be tried. */
export async function doublingSizes(run: RunSize, most: number): Promise<SizeRun[]> {
  const runs: SizeRun[] = [];
  for (let n = 1; n <= most; n *= 2) {
    runs.push(await run(n));
    if (hasFailed(runs.at(-1)!)) break;
  }
  return runs;
}

/** `sizes`: what was run already, by n; none of them is run again. `most`: the largest n that is tried. */
export async function largestSize(
  sizes: readonly SizeRun[],
  fit: Fit | null,
  run: RunSize,
  most: number,
): Promise<LargestSize> {
  const limit = sizes.at(-1)?.limit ?? null;
  const expected = fit && limit !== null ? largestWithin(fit.polynomial, limit, 0, most) : null;
  const known = new Map(sizes.map((one) => [one.n, one]));
  const failing = sizes.filter(hasFailed).map(({ n }) => n);
  // everything up to `low` counts as fitting, everything from `high` on as not
  let high = Math.min(most + 1, ...failing);
  let low = Math.max(-1, ...sizes.filter((one) => !hasFailed(one) && one.n < high).map(({ n }) => n));
  let aim = expected ?? Math.floor((low + high) / 2);
  let step = 1;
  let before: boolean | null = null;
  while (high - low > 1) {
    const n = Math.min(Math.max(aim, low + 1), high - 1);
    const found = await run(n);
    known.set(n, found);
    const fits = !hasFailed(found);
    if (fits) low = n;
    else high = n;
    // the place was passed: it is between
    if (before !== null && before !== fits) step = Number.POSITIVE_INFINITY;
    aim = step === Number.POSITIVE_INFINITY ? Math.floor((low + high) / 2) : fits ? n + step : n - step;
    step *= 2;
    before = fits;
  }
  const again = [...known.values()].filter((one) => one.n > high && !hasFailed(one)).map(({ n }) => n);
  return {
    fits: known.get(low) ?? null,
    next: high > most ? null : known.get(high)!,
    ...{ expected, again: again.length === 0 ? null : Math.max(...again) },
    runs: known.size - sizes.length,
  };
}
