/** What the pictures of `scale` show, for the terminal's and for the SVG: the runs that ended well, the fit, and the limit. */
import type { ScaleDocument } from "../../ci/scale-document.ts";

export interface ScalePicture {
  /** n and fuel: the sizes, the most that fit and one more. */
  readonly points: readonly (readonly [n: number, fuel: number])[];
  readonly curve: ((n: number) => number) | null;
  /** Null where it is not known, or so far away that it would leave nothing to see. */
  readonly limit: number | null;
  /** What the picture reaches to. */
  readonly n: number;
  readonly fuel: number;
}

export function pictureOf({ sizes, fit, largest }: ScaleDocument): ScalePicture {
  const found = [largest?.fits, largest?.next].filter((one) => one != null);
  const runs = [...sizes, ...found].filter(({ failure }) => failure === null);
  const most = Math.max(1, ...runs.map(({ fuel }) => fuel));
  const allowed = runs.findLast(({ limit }) => limit !== null)?.limit ?? null;
  const limit = allowed !== null && allowed <= 4 * most ? allowed : null;
  return {
    points: runs.map(({ n, fuel }) => [n, fuel] as const),
    curve: fit && ((n) => fit.coefficients.reduceRight((sum, one) => sum * n + one, 0)),
    limit,
    n: Math.max(1, ...runs.map(({ n }) => n)),
    fuel: Math.max(most, limit ?? 0),
  };
}
