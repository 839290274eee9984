/** The tables of a diff as data: what changed by function, line, opcode and builtin, for the terminal and for Markdown. */
import { grouped } from "../../base/numbers.ts";
import { bySize, type Change, type Diff, delta } from "../../ci/diff.ts";
import type { DiffBreakdown } from "../choices.ts";
import { share, signed } from "./change-words.ts";
import { fateText, placeText } from "./verdict-words.ts";

export interface DiffRow extends Change {
  readonly name: string;
  /** `src/rules.ts:41`; "" where there is nothing to say. */
  readonly place: string;
  /** How often, before and after: calls, or executions of an opcode; null where that is not known. */
  readonly counts: readonly [number, number] | null;
}

export interface DiffTable {
  readonly by: DiffBreakdown;
  /** What the counts are of; null where there are none. */
  readonly counted: string | null;
  readonly rows: readonly DiffRow[];
  /** Rows that were left out. */
  readonly more: number;
}

/** Rows whose cost changed, the largest change first; tables without any are left out. */
export function diffTables(diff: Diff, by: readonly DiffBreakdown[], top: number): DiffTable[] {
  return by.flatMap((one) => {
    const rows = rowsOf(diff, one).filter((row) => delta(row) !== 0);
    if (rows.length === 0) return [];
    const counted = one === "line" ? null : one === "opcode" ? "count" : "calls";
    return [{ by: one, counted, rows: rows.slice(0, top), more: Math.max(0, rows.length - top) }];
  });
}

function rowsOf({ functions, opcodes, natives }: Diff, by: DiffBreakdown): DiffRow[] {
  if (by === "opcode" || by === "builtin")
    return ((by === "opcode" ? opcodes : natives) ?? []).map(
      ({ name, base, head, baseCount, headCount }) => ({
        ...{ name, place: "", base, head, counts: [baseCount, headCount] },
      }),
    );
  if (by === "line")
    return functions
      .flatMap((fn) =>
        fn.lines.map(({ file, line, base, head }) => ({
          ...{ name: fateText(fn), place: placeText(file, line), base, head, counts: null },
        })),
      )
      .sort(bySize);
  return functions.map((fn) => {
    const { base, head, baseCalls, headCalls } = fn;
    const counts = fn.kind === "phase" ? null : ([baseCalls, headCalls] as const);
    return { name: fateText(fn), place: placeText(fn.file, fn.line), base, head, counts };
  });
}

/** The cells of a row: change, share, before, after, and the counts where they are not the same. */
export function diffCells(row: DiffRow): readonly [string, string, string, string, string] {
  const { base, head, counts } = row;
  const [before, after] = counts ?? [0, 0];
  const calls =
    counts === null ? "" : before === after ? grouped(after) : `${grouped(before)} → ${grouped(after)}`;
  return [signed(head - base), share(row), grouped(base), grouped(head), calls];
}
