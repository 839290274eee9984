/**
 * The result document, schema 1: what `--json` prints and `<base>.fuel.json` holds, and what diff, report,
 * export and annotate read. Types, and the sets of words that some of them are. Lines and columns are 1-based;
 * indices are 0-based; fuel is an integer below 2^53. The sums that every result keeps are checked in
 * result/invariants.ts.
 */
import type { NativeShare } from "./natives.ts";
import type { Warning, WrittenWarning } from "./warnings.ts";

export interface ResultDocument {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: "javy-prof"; readonly version: string };
  readonly toolchain: Toolchain;
  readonly module: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly run: RunInfo;
  readonly fuel: FuelInfo;
  /** What a platform allows, and how the run did by it; null where it was judged by nothing, or where there are `runs`. */
  readonly limits: LimitsInfo | null;
  /**
   * Of a result of several runs, each of them, in the order of their inputs; all other figures are then their sums (`maxDepth`
   * and `maxMemoryBytes` the greatest), and each run has its own limits, output and warnings. Absent for one run.
   */
  readonly runs?: readonly WrittenPart[];
  readonly phases: Phases;
  /** Source files, `/`-separated, relative; `files[i]` is what `file: i` refers to. */
  readonly files: readonly string[];
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  readonly opcodes: readonly OpcodeRow[];
  readonly pcs: readonly PcRow[];
  readonly tree: readonly TreeNode[];
  /**
   * The ordered calls and returns, fuel as the clock: always given by the profiler unless there were too many
   * to keep (absent then, with a warning); in the JSON document with --events only. Strict LIFO; calls that a
   * trap or a stop left open are closed at the total. Fuel between outermost calls is the phases': the first
   * of it is startup, then jobs, then exit.
   */
  readonly events?: readonly EventRow[];
  readonly warnings: readonly WrittenWarning[];
}

/**
 * A result at hand: warnings and why the run ended are data after a run, and words where it was read from a document,
 * which is a Result as it is. format/files/result-json.ts makes the document.
 */
export interface Result extends Omit<ResultDocument, "run" | "runs" | "warnings" | "events"> {
  readonly run: Run;
  readonly runs?: readonly Part[];
  readonly warnings: readonly (Warning | WrittenWarning)[];
  /** As in the document. */
  readonly events?: Calls;
}

export interface FuelInfo {
  readonly total: number;
  /** False where the engine's own count cannot equal ours: a hardware trap, a stack overflow, a stop. */
  readonly comparable: boolean;
  /** JS opcodes executed under an activation (Σ pcs.hits). */
  readonly dispatches: number;
  /** Deepest stack of JS activations. */
  readonly maxDepth: number;
}

/** RunInfo with its data. */
export type Run = Omit<RunInfo, "exit"> & { readonly exit: Exit };

/** One of the runs of a result of several. */
export interface WrittenPart extends RunInfo {
  /** Its input, as it was named. */
  readonly name: string;
  readonly fuel: FuelInfo;
  readonly limits: LimitsInfo | null;
  readonly warnings: readonly WrittenWarning[];
}

/** The same as data. */
export type Part = Omit<WrittenPart, "exit" | "warnings"> & Pick<Result, "warnings"> & Pick<Run, "exit">;

/** Whose engine it ran on: ours, a plugin that was given, the one in the module. */
export const engineOrigins = ["embedded", "plugin", "static"] as const;
export type EngineOrigin = (typeof engineOrigins)[number];

export interface Toolchain {
  readonly engine: EngineOrigin;
  readonly plugin: { readonly namespace: string; readonly sha256: string } | null;
  /** Other modules that the program imports from; left out where there are none. */
  readonly linked?: readonly { readonly namespace: string; readonly sha256: string }[];
  /** Null where no QuickJS was looked for (--frames wasm). */
  readonly quickjs: string | null;
  readonly bytecodeVersion: number | null;
  readonly fuelModel: string;
}

export const exitKinds = ["ok", "throw", "trap", "exit", "fuel", "timeout", "interrupted"] as const;
export type ExitKind = (typeof exitKinds)[number];

export interface RunInfo {
  readonly export: string;
  /** Of several inputs the sum of their bytes, and the hash of their hashes, a line each. */
  readonly input: { readonly bytes: number; readonly sha256: string };
  /** Of several runs the first that did not end well, else the first. */
  readonly exit: WrittenExit;
  /** The guest's own output as text (lossy UTF-8), at most the first megabyte; of several runs empty here. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that the guest wrote, all of them. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly maxMemoryBytes: number;
  /** The run on the platform whose log this one repeats; absent where it repeats none. */
  readonly replayed?: Replayed;
}

/** What a platform's log says of a run; null for what it does not say. */
export interface Replayed {
  readonly fuel: number | null;
  readonly inputBytes: number | null;
}

/** How and why the run ended. */
export interface WrittenExit {
  readonly kind: ExitKind;
  /** The guest's exit status where it called proc_exit, else 0. */
  readonly code: number;
  /** Why; null where there is nothing to say. */
  readonly message: string | null;
  /** JS frames, innermost first, of the place where the guest threw, trapped or was stopped. */
  readonly stack: readonly StackFrame[];
}

/** The same as data: `message` is what the guest or its engine said. */
export interface Exit extends WrittenExit {
  /** Fuel or milliseconds past which the guest was stopped. */
  readonly limit?: number;
  /** The stream that took no more of the guest's output; `code` is the system's, EPIPE where its reader had gone. */
  readonly lost?: { readonly stream: "stdout" | "stderr"; readonly code: string };
  /** JS frames on a stack that was exhausted. */
  readonly depth?: number;
}

export interface StackFrame {
  readonly function: string;
  /** Index into files, or null. */
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Of a line of more than 200 UTF-16 units what stands around the column, as in LineRow; otherwise its row has the text. */
  readonly text?: string;
}

export const limitedAmounts = [
  "fuel",
  "inputBytes",
  "outputBytes",
  "logBytes",
  "moduleBytes",
  "memoryBytes",
] as const;
export type LimitedAmount = (typeof limitedAmounts)[number];

/** The most that a platform allows of each amount, times the scale already where it scales; null where it limits none. */
export interface LimitsInfo extends Readonly<Record<Exclude<LimitedAmount, "fuel">, number | null>> {
  readonly fuel: number;
  /** Whose limits they are. */
  readonly preset: string;
  /** The fuel model that the platform counts by; what the run was counted by is toolchain.fuelModel. */
  readonly model: string;
  /** By what the platform raises its limits for this input; 1 and more, not always an integer. */
  readonly scale: number;
  /**
   * What the run came to: input as the function gets it and output as it wrote it, logs as far as they are kept, the
   * module as it was given or compiled, the most memory that it had.
   */
  readonly used: Readonly<Record<LimitedAmount, number>>;
  /** What was more than the platform allows; not logs, which it only cuts. Empty where the run fits. */
  readonly exceeded: readonly LimitedAmount[];
  /**
   * Frames, innermost first, in which the first unit of fuel past the limit was spent; empty where that was outside of
   * all functions, null where the limit was not passed.
   */
  readonly passed: readonly StackFrame[] | null;
  /** Index into tree of the node that was charged then; left out where that was outside of the tree, or there is none. */
  readonly passedIn?: number;
}

/** Fuel by phase; the four add up to the total. */
export interface Phases {
  readonly startup: number;
  readonly js: number;
  readonly jobs: number;
  readonly exit: number;
}

/**
 * `js`: a JavaScript function. `builtin`: a function of the engine's library; `engine`: its other work (--frames engine). `wasm`: a function
 * of a module in which no engine was looked for (--frames wasm). `phase`: fuel outside any activation.
 */
export const functionKinds = ["js", "builtin", "engine", "wasm", "phase"] as const;
export type FunctionKind = (typeof functionKinds)[number];

export interface FunctionRow {
  /** Equals the row's index in `functions`. */
  readonly id: number;
  /** As an engineer would say it: `mapper`, `Shape.area`, `get Shape.side`, `new Shape`, `(anonymous)`. */
  readonly name: string;
  readonly kind: FunctionKind;
  /** Position of the function; file and line are both null or both given. */
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Invocations. Creating a generator is one; resuming it is counted in `resumes`. */
  readonly calls: number;
  readonly resumes: number;
  /**
   * Fuel of the function itself. Of JavaScript: with the native functions that it called (`natives`), without the
   * JavaScript, whatever frames the profile has. So fuel.total = Σ self - Σ natives.self.
   */
  readonly self: number;
  /** Fuel of the function and all it called; in a recursion only the outermost activation counts. */
  readonly total: number;
  /** Own fuel, as in `self`, of one completed call; null where none completed. */
  readonly min: number | null;
  readonly median: number | null;
  /**
   * True where the median comes from logarithmic buckets (too many distinct values to keep them all), or from medians of
   * several runs that differ: their middle one, by calls.
   */
  readonly medianApprox: boolean;
  readonly max: number | null;
  /**
   * Of JavaScript: the native functions (builtins, and the engine's own where these have frames) that it called, or that
   * those called in turn, the dearest first. Each is also a row, with what it cost wherever it was called. Left out
   * where there are none.
   */
  readonly natives?: readonly NativeShare[];
}

/** Fuel of the opcodes of one line, native work they caused included. Opcodes without a line have no row here: see PcRow. */
export interface LineRow {
  readonly file: number;
  readonly line: number;
  readonly self: number;
  /** How often an opcode of this line was dispatched. */
  readonly hits: number;
  /**
   * What stands there, without its indentation; of a line of more than 200 UTF-16 units 200 around its dearest opcode, `…`
   * for what is left out before them. Null where the source is not known; absent in documents of javy-prof 0.1.
   */
  readonly text?: string | null;
}

export interface OpcodeRow {
  readonly name: string;
  readonly code: number;
  readonly count: number;
  readonly fuel: number;
}

export interface PcRow {
  readonly function: number;
  /** Byte offset of the opcode in the function's bytecode, 0-based. */
  readonly offset: number;
  /**
   * Position of the opcode, file and line both null where its function's line is null (no debug information) and only
   * there: so phases.js = Σ lines.self + Σ fuel of the pcs without a line. The file can differ from the
   * function's: the root of a bundle runs lines of many files. The column is null where the engine keeps none.
   */
  readonly file: number | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly fuel: number;
  readonly hits: number;
}

/** In depth-first order; `parent` is an index into the same array, -1 for a root. */
export interface TreeNode {
  readonly parent: number;
  readonly function: number;
  /** Line of the call in the parent, null where it has none. */
  readonly callLine: number | null;
  /** The file of that line, where it is not the parent's: the root of a bundle runs code of many files. */
  readonly callFile?: number;
  readonly calls: number;
  readonly self: number;
}

export const eventKinds = ["enter", "leave"] as const;
export type EventKind = (typeof eventKinds)[number];
/** A list of rows; after a run one that makes them as they are asked for. */
export type Calls = Iterable<EventRow> & { readonly length: number };

/** One call or return: `node` is entered (`enter`) or left (`leave`) when the fuel clock stands at `at`. */
export interface EventRow {
  readonly kind: EventKind;
  /** Index into tree. */
  readonly node: number;
  readonly at: number;
}
