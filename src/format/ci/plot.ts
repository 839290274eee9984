/** Points, a curve and a bound in character cells, for a terminal. Pure geometry: the words around it are the caller's. */

export interface PlotData {
  /** x and y, not negative. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly curve: ((x: number) => number) | null;
  /** A height that is marked from side to side. */
  readonly bound: number | null;
}

export interface PlotStyle {
  readonly columns: number;
  readonly rows: number;
  readonly unicode: boolean;
}

/** The rows of the picture, the highest first; and what its upper right corner stands for. */
export function plot(
  { points, curve, bound }: PlotData,
  { columns, rows, unicode }: PlotStyle,
): { readonly lines: readonly string[]; readonly x: number; readonly y: number } {
  const [dot, trace, edge] = unicode ? ["●", "·", "─"] : ["o", ".", "-"];
  const x = Math.max(1, ...points.map(([at]) => at));
  const y = Math.max(1, ...points.map(([, value]) => value), bound ?? 0);
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  const put = (column: number, value: number, mark: string) => {
    const row = rows - 1 - Math.round((value / y) * (rows - 1));
    if (row >= 0 && row < rows) cells[row]![column] = mark;
  };
  for (let column = 0; column < columns; column++) {
    if (bound !== null) put(column, bound, edge!);
    if (curve) put(column, curve((column / (columns - 1)) * x), trace!);
  }
  for (const [at, value] of points) put(Math.round((at / x) * (columns - 1)), value, dot!);
  return { lines: cells.map((row) => row.join("").trimEnd()), x, y };
}
