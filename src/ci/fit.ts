/**
 * Least squares of integers, exactly: fuel = a + b·n, or a + b·n + c·n². The normal equations are solved over BigInt
 * (Cramer's rule), so a polynomial is a list of integers over one denominator, and nothing is rounded before it is shown.
 *
 * Which of the two holds is told by what they say of sizes that they have not seen: each size is left out in turn. The
 * square pays where it at least halves that error; a term more always lessens the error of what was seen.
 */

export interface Sample {
  readonly n: number;
  readonly fuel: number;
}

/** fuel = Σ numerators[i] · n^i / denominator; the denominator is positive. */
export interface Polynomial {
  readonly numerators: readonly bigint[];
  readonly denominator: bigint;
}

/** How far a polynomial is from the samples: the largest deviation, and what part of the sample's fuel that is at most. */
export interface FitError {
  /** Of the fuel at `n`, rounded to the next integer away from 0. */
  readonly fuel: number;
  readonly n: number;
  /** The largest part of a sample's own fuel, of 1. */
  readonly relative: number;
}

export interface Fit {
  readonly polynomial: Polynomial;
  readonly error: FitError;
  /** Of each sample by the fit of all others; null where they are too few for that. */
  readonly unseen: FitError | null;
  /** The same for the polynomial that was not taken, a line or a square; null where there were too few for a square. */
  readonly other: FitError | null;
}

/** Samples that a square needs, so that one left out leaves one more than it has coefficients. */
const leastForSquare = 5;

/** The line or the square through samples of distinct sizes; null where there are fewer than two. */
export function fitOf(samples: readonly Sample[]): Fit | null {
  const [line, square] = [1, 2].map((degree) => candidate(samples, degree));
  if (!line) return null;
  const isSquare = square && line.rms !== null && square.rms !== null && 2 * square.rms < line.rms;
  const [taken, other] = isSquare ? [square, line] : [line, square];
  const { polynomial, error, unseen } = taken;
  return { polynomial, error, unseen, other: other?.unseen ?? null };
}

interface Candidate extends Omit<Fit, "other"> {
  /** Root of the mean square of the errors of `unseen`. */
  readonly rms: number | null;
}

function candidate(samples: readonly Sample[], degree: number): Candidate | null {
  if (samples.length < (degree === 1 ? 2 : leastForSquare)) return null;
  const polynomial = leastSquares(samples, degree);
  const deviations = samples.map((sample) => deviation(polynomial, sample));
  if (samples.length < degree + 2)
    return { polynomial, error: errorOf(samples, deviations), unseen: null, rms: null };
  const left = samples.map((sample, i) =>
    deviation(
      leastSquares(
        samples.filter((_, j) => j !== i),
        degree,
      ),
      sample,
    ),
  );
  const rms = Math.sqrt(left.reduce((sum, one) => sum + one * one, 0) / left.length);
  return { polynomial, error: errorOf(samples, deviations), unseen: errorOf(samples, left), rms };
}

/** Sizes are distinct, and more than `degree`. */
export function leastSquares(samples: readonly Sample[], degree: number): Polynomial {
  const powers = Array.from({ length: degree + 1 }, (_, i) => BigInt(i));
  const rows = samples.map(({ n, fuel }) => ({ n: BigInt(n), fuel: BigInt(fuel) }));
  const sum = (of: (row: { readonly n: bigint; readonly fuel: bigint }) => bigint) =>
    rows.reduce((all, row) => all + of(row), 0n);
  const matrix = powers.map((i) => powers.map((j) => sum(({ n }) => n ** (i + j))));
  const wanted = powers.map((i) => sum(({ n, fuel }) => fuel * n ** i));
  // positive: the matrix is a Gram matrix of independent columns
  const denominator = determinant(matrix);
  const numerators = powers.map((_, column) =>
    determinant(matrix.map((row, i) => row.map((cell, j) => (j === column ? wanted[i]! : cell)))),
  );
  return { numerators, denominator };
}

/** By the first row. */
function determinant(matrix: readonly (readonly bigint[])[]): bigint {
  const [first = [], ...others] = matrix;
  if (others.length === 0) return first[0]!;
  return first.reduce((sum, cell, column) => {
    const minor = determinant(others.map((row) => row.filter((_, j) => j !== column)));
    return column % 2 === 0 ? sum + cell * minor : sum - cell * minor;
  }, 0n);
}

/** The value at `n`, times the denominator. */
const scaledValue = ({ numerators }: Polynomial, n: number): bigint =>
  numerators.reduceRight((sum, one) => sum * BigInt(n) + one, 0n);

/** The fuel at `n`, rounded to the nearest integer. */
export function valueAt(polynomial: Polynomial, n: number): number {
  return Number(roundedQuotient(scaledValue(polynomial, n), polynomial.denominator));
}

/** To the nearest integer, halves up; `by` is positive. */
export function roundedQuotient(of: bigint, by: bigint): bigint {
  const [twice, half] = [2n * of + by, 2n * by];
  const quotient = twice / half;
  return twice < 0n && quotient * half !== twice ? quotient - 1n : quotient;
}

/** How much more the fuel is than the polynomial says. */
function deviation(polynomial: Polynomial, { n, fuel }: Sample): number {
  const { denominator } = polynomial;
  const difference = BigInt(fuel) * denominator - scaledValue(polynomial, n);
  // the whole part exactly, and the rest to a double's precision
  const whole = difference / denominator;
  return Number(whole) + Number(difference - whole * denominator) / Number(denominator);
}

function errorOf(samples: readonly Sample[], deviations: readonly number[]): FitError {
  const sizes = deviations.map(Math.abs);
  const at = sizes.indexOf(Math.max(...sizes));
  const relative = Math.max(...sizes.map((size, i) => size / Math.max(1, samples[i]!.fuel)));
  return { fuel: Math.ceil(sizes[at]!), n: samples[at]!.n, relative };
}

/** The largest n of `from` to `to` up to which a polynomial that grows stays within `most`; `from` - 1: none does. */
export function largestWithin(polynomial: Polynomial, most: number, from: number, to: number): number {
  const bound = BigInt(most) * polynomial.denominator;
  let [low, high] = [from - 1, to + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (scaledValue(polynomial, middle) <= bound) low = middle;
    else high = middle;
  }
  return low;
}
