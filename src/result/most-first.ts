/** The order in which rows are chosen where not all are kept: the greatest figure first, and among equals the first. */
export function mostFirst(
  indices: Iterable<number>,
  ...figures: readonly ((index: number) => number)[]
): Int32Array {
  return Int32Array.from(indices).sort((a, b) => {
    for (const figure of figures) {
      const difference = figure(b) - figure(a);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}
