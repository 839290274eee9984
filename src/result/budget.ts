/**
 * How large a result becomes by default. A profile should open in any viewer and lie in any repository: its largest
 * table is kept below 20 MB of speedscope file, and what goes past that is dropped or merged as a whole, with a warning
 * that gives the figures. `--events all` lifts it.
 */

/** Bytes that a default speedscope file has at most, functions and lines aside. */
export const mostFileBytes = 20_000_000;

/** So many calls are kept in order: a call and its return take about 100 bytes. */
export const mostOrderedCalls = mostFileBytes / 100;

export interface Budget {
  /** Bytes of the calls in order, as a speedscope file has them. */
  readonly callBytes: number;
  /** Nodes of the call tree where the calls in order are not kept; where they are, there are no more nodes than calls. */
  readonly nodes: number;
  /** Rows of opcodes. */
  readonly pcs: number;
}

/** A node takes an opening and a closing of up to 60 bytes in the file. */
export const usualBudget: Budget = { callBytes: mostFileBytes, nodes: 150_000, pcs: 150_000 };

export const noBudget: Budget = {
  callBytes: Number.POSITIVE_INFINITY,
  nodes: Number.POSITIVE_INFINITY,
  pcs: Number.POSITIVE_INFINITY,
};

/**
 * Bytes that so many calls and returns take in a speedscope file, at most: `        {"type":"O","frame":12,"at":3456},` and
 * a line break, with as many digits as the greatest frame and the total have.
 */
export function callBytes(events: number, functions: number, total: number): number {
  return events * (41 + String(functions).length + String(total).length);
}
