/**
 * A table for the terminal: right-aligned columns that keep all their digits, then a name and its place,
 * which share what is left of the width. They are aligned where all fit; otherwise each row spends its room
 * on its own name first, and cuts show as an ellipsis. Colour is put on after the widths are known.
 */
import { cellWidth, cut, pad } from "../cells.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** Cells between this column and the one before. */
  readonly gap: number;
  /** Left out where the names would get less than LEAST_NAMES cells. */
  readonly optional?: boolean;
}

export interface TableRow {
  /** One for each column. */
  readonly cells: readonly string[];
  readonly name: string;
  /** Where that is, "" where there is nothing to say. */
  readonly place: string;
}

export interface TableStyle {
  /** Title over the names. */
  readonly title: string;
  readonly paintName: (text: string) => string;
  readonly paintPlace: (text: string) => string;
  /** Columns of the terminal; narrower than the numbers need, lines get longer. */
  readonly width: number;
}

/** Cells between columns of text. */
const GAP = 2;
/** Least cells of a place that is cut: enough for its line. */
const LEAST_PLACE = 5;
/** Least cells of names with their places before an optional column gives way. */
const LEAST_NAMES = 20;

/** The lines of a table, its titles first. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly TableRow[],
  style: TableStyle,
): string[] {
  const widths = columns.map((column, i) =>
    Math.max(cellWidth(column.title), ...rows.map((row) => cellWidth(row.cells[i]!))),
  );
  const fixed = columns.reduce((sum, column, i) => sum + column.gap + widths[i]!, 0);
  const optional = columns.findIndex((column) => column.optional);
  if (optional >= 0 && style.width - fixed - GAP < LEAST_NAMES) {
    const without = <T>(cells: readonly T[]) => cells.filter((_, i) => i !== optional);
    const kept = rows.map((row) => ({ ...row, cells: without(row.cells) }));
    return renderTable(without(columns), kept, style);
  }
  const room = Math.max(14, style.width - fixed - GAP);
  const longestName = Math.max(0, ...rows.map((row) => cellWidth(row.name)));
  const longestPlace = Math.max(0, ...rows.map((row) => cellWidth(row.place)));
  const aligned = longestName + GAP + longestPlace <= room;

  const numbers = (cells: readonly string[]): string =>
    columns.map((column, i) => " ".repeat(column.gap) + pad(cells[i]!, widths[i]!, column.align)).join("") +
    " ".repeat(GAP);
  const tail = ({ name, place }: TableRow): string => {
    if (place === "") return style.paintName(cut(name, room, "end"));
    const rest = Math.max(room - cellWidth(name) - GAP, Math.min(cellWidth(place), LEAST_PLACE));
    // A cut path starts at a folder.
    const shownPlace = cut(place, rest, "start").replace(/^…[^/]*(?=\/)/, "…");
    const shownName = cut(name, Math.max(1, room - cellWidth(shownPlace) - GAP), "end");
    const gap = aligned ? longestName + GAP - cellWidth(name) : GAP;
    return style.paintName(shownName) + " ".repeat(gap) + style.paintPlace(shownPlace);
  };
  const titles = columns.map((column) => column.title);
  return [numbers(titles) + style.title, ...rows.map((row) => numbers(row.cells) + tail(row))];
}
