/**
 * How large a result becomes by default. A profile should open in any viewer and lie in any repository: each of its files
 * is kept below 20 MB, and what goes past that is dropped or merged as a whole, with a warning that gives the figures.
 * `--events all` lifts it. Bytes are those of rows as JSON, estimated from above; the calls in order or the tree get what
 * functions, lines and opcodes leave.
 */

/** Bytes that a file of a profile has at most. */
export const mostFileBytes = 20_000_000;

/** So many calls are kept in order: a call and its return take about 100 bytes. */
export const mostOrderedCalls = mostFileBytes / 100;

export interface Budget {
  /** Bytes of a file. */
  readonly fileBytes: number;
  /** Bytes of the functions among them, and of the lines. */
  readonly functionBytes: number;
  readonly lineBytes: number;
  /** Rows of opcodes. */
  readonly pcs: number;
  /** Nodes of the call tree where the calls in order are not kept; where they are, there are no more nodes than calls. */
  readonly nodes: number;
}

export const usualBudget: Budget = {
  fileBytes: mostFileBytes,
  functionBytes: 4_000_000,
  lineBytes: 3_000_000,
  pcs: 100_000,
  nodes: 150_000,
};

const infinite = Number.POSITIVE_INFINITY;

export const noBudget: Budget = {
  fileBytes: infinite,
  functionBytes: infinite,
  lineBytes: infinite,
  pcs: infinite,
  nodes: infinite,
};

/** Bytes of a function's row; `file` is the name of its file. */
export function functionBytes(name: string, file: string): number {
  return 180 + name.length + file.length;
}

/** Bytes of a line: a frame that names its file twice, and a sample; in the document what stands on it. */
export function lineBytes(file: string, text: string): number {
  return 100 + 2 * file.length + text.length;
}

/** Frames of the samples by line that a speedscope file has at most, and of one of them. */
export const mostSampleFrames = 400_000;
export const mostSampleDepth = 64;

/** Bytes of the samples by line, of which there are no more than rows of opcodes. */
export function sampleBytes(pcs: number): number {
  return 7 * Math.min(mostSampleFrames, pcs * (mostSampleDepth + 2));
}

/** Bytes of a row of the result: of an opcode, or a node of the tree. */
const rowBytes = 95;
/** A node is opened and closed in a speedscope file. */
const nodeBytes = 120;

/** Nodes of the tree that there is room for beside so many bytes of functions and of lines, and rows of opcodes. */
export function nodesWithin(budget: Budget, functions: number, lines: number, pcs: number): number {
  const left = Math.min(
    (budget.fileBytes - functions - lines - sampleBytes(pcs)) / nodeBytes,
    (budget.fileBytes - functions - lines / 2 - pcs * rowBytes) / rowBytes,
  );
  return Math.max(1, Math.min(budget.nodes, Math.floor(left)));
}

/**
 * Bytes that so many calls and returns take in a speedscope file, at most: `        {"type":"O","frame":12,"at":3456},` and
 * a line break, with as many digits as the greatest frame and the total have.
 */
export function callBytes(events: number, functions: number, total: number): number {
  return events * (41 + String(functions).length + String(total).length);
}
