/**
 * A table for the terminal: right-aligned columns that keep all their digits, then a text, and at the right where that
 * is. The text and its place share what is left of the width: where they do not fit, the place loses its folders first
 * and the text its end after that, and cuts show as an ellipsis. Colour is put on after the widths are known.
 */
import { cellWidth, cut, pad } from "../cells.ts";

export interface Column {
  readonly title: string;
  /** Cells between this column and the one before. */
  readonly gap: number;
}

export interface TableRow {
  /** One for each column; of a part, those of the first columns, and the text begins behind them. */
  readonly cells: readonly string[];
  readonly name: string;
  /** Where that is, "" where there is nothing to say. */
  readonly place: string;
  /** No row of its own but a part of the row above, or of none: shown dim. */
  readonly isPart?: boolean;
}

export interface TableStyle {
  /** Titles over the texts and their places. */
  readonly title: string;
  readonly placeTitle: string;
  readonly paintName: (text: string) => string;
  readonly dim: (text: string) => string;
  /** Columns of the terminal; narrower than the numbers need, lines get longer. */
  readonly width: number;
  /** Whether what does not fit is cut. */
  readonly cuts: boolean;
}

/** Cells between columns of text. */
const gap = 2;
/** Least cells that a text keeps beside its place. */
const leastName = 8;

/** The lines of a table, its titles first. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly TableRow[],
  style: TableStyle,
): string[] {
  const widths = columns.map((column, i) =>
    Math.max(cellWidth(column.title), ...rows.map((row) => cellWidth(row.cells[i] ?? ""))),
  );
  const numbers = (cells: readonly string[]): string =>
    cells.map((cell, i) => " ".repeat(columns[i]!.gap) + pad(cell, widths[i]!, "right")).join("");
  /** Cells that are left for the text. */
  const roomBehind = (cells: readonly string[]): number => {
    const fixed = cells.reduce((sum, _, i) => sum + columns[i]!.gap + widths[i]!, gap);
    return style.cuts ? Math.max(2 * leastName, style.width - fixed) : Number.POSITIVE_INFINITY;
  };
  const titles = columns.map(({ title }) => title);
  const room = roomBehind(titles);
  const texts = rows.map((row) => fitted(row, roomBehind(row.cells)));
  // a part has no place that it would stand beside
  const whole = texts.filter((_, i) => !rows[i]!.isPart);
  const widest = (of: (text: Fitted) => string, title: string): number =>
    Math.max(cellWidth(title), ...whole.map((text) => cellWidth(of(text))));
  const hasPlaces = texts.some(({ place }) => place !== "");
  const names = widest(({ name }) => name, style.title);
  const places = widest(({ place }) => place, style.placeTitle);
  // where the longest of both do not stand side by side, each row aligns its own place with the edge
  const edge = hasPlaces ? Math.min(names + gap + places, room) : 0;
  const text = (name: string, place: string, paint: (text: string) => string): string => {
    if (place === "") return paint(name);
    const between = Math.max(gap, edge - cellWidth(name) - cellWidth(place));
    return paint(name) + " ".repeat(between) + style.dim(place);
  };
  const line = (cells: readonly string[], text: string): string =>
    text === "" ? numbers(cells) : numbers(cells) + " ".repeat(gap) + text;
  return [
    line(
      titles,
      text(style.title, hasPlaces ? style.placeTitle : "", (title) => title),
    ),
    ...rows.map((row, i) => {
      const { name, place } = texts[i]!;
      return row.isPart
        ? style.dim(line(row.cells, name))
        : line(row.cells, text(name, place, style.paintName));
    }),
  ];
}

interface Fitted {
  readonly name: string;
  readonly place: string;
}

function fitted({ name, place }: TableRow, room: number): Fitted {
  if (place === "") return { name: cut(name, room, "end"), place };
  const left = room - gap - Math.min(cellWidth(name), room);
  const shown = cutFolders(place, Math.max(left, 0));
  const kept = cut(shown, Math.max(room - gap - leastName, 1), "start");
  return { name: cut(name, room - gap - cellWidth(kept), "end"), place: kept };
}

/**
 * `…/rules.ts:41` of `src/shop/rules.ts:41` where that has more than `width` cells: as few folders less as it takes, at
 * most all of them.
 */
export function cutFolders(path: string, width: number): string {
  let shown = path;
  for (let rest = path; cellWidth(shown) > width; shown = `…/${rest}`) {
    const slash = rest.indexOf("/");
    if (slash < 0) break;
    rest = rest.slice(slash + 1);
  }
  return shown;
}
