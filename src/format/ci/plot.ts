/** A picture in character cells, for a terminal. Pure geometry: the words around it are the caller's. */
import type { ScalePicture } from "./scale-picture.ts";

export interface PlotStyle {
  readonly columns: number;
  readonly rows: number;
  readonly unicode: boolean;
}

/** The rows, the highest first: points over the curve, the curve over the limit. */
export function plot(
  { points, curve, limit, n, fuel }: ScalePicture,
  { columns, rows, unicode }: PlotStyle,
): string[] {
  const [dot, trace, edge] = unicode ? ["●", "·", "─"] : ["o", ".", "-"];
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  const put = (column: number, value: number, mark: string) => {
    const row = rows - 1 - Math.round((value / fuel) * (rows - 1));
    if (row >= 0 && row < rows) cells[row]![column] = mark;
  };
  for (let column = 0; column < columns; column++) {
    if (limit !== null) put(column, limit, edge!);
    if (curve) put(column, curve((column / (columns - 1)) * n), trace!);
  }
  for (const [at, value] of points) put(Math.round((at / n) * (columns - 1)), value, dot!);
  return cells.map((row) => row.join("").trimEnd());
}
