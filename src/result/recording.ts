/**
 * What a run leaves behind: the collector's counters, read out of its memory into plain arrays, before anything
 * is named or added up. Types only. Counters are i64 (bigint arrays); attribute.ts makes them integers of a result.
 */
import type { BytecodeUnit } from "../quickjs/bytecode/function.ts";
import type { CarriedDebug } from "../quickjs/carried-debug.ts";

export interface Recording {
  /** The engine's count at the end of the run. */
  readonly total: bigint;
  readonly phases: { readonly startup: bigint; readonly jobs: bigint; readonly exit: bigint };
  /** Compiled code that was seen: the payload first, then what was made at run time. */
  readonly units: readonly BytecodeUnit[];
  /** By function id, 0-based. */
  readonly functions: readonly RecordedFunction[];
  readonly codes: RecordedCodes;
  /**
   * Functions of very long code, with how many opcodes that has: what is recorded at an offset of them is what all
   * opcodes of one number on one line cost, and the offset that of the first.
   */
  readonly sharing: ReadonlyMap<number, number>;
  /** By node id, 0-based; node 0 is the root: fuel outside every frame. Parents precede children. */
  readonly nodes: RecordedNodes;
  /** Null where there were more than the limit, or more paths than nodes. */
  readonly events: RecordedEvents | null;
  /** JS activations open where the run stopped, or that an uncaught exception unwound; innermost first. Empty after a normal end. */
  readonly stack: readonly { readonly function: number; readonly offset: number }[];
  /**
   * The frames that were open when the limit was passed, innermost first, native ones without an offset; null where it
   * was not passed.
   */
  readonly passed: readonly { readonly function: number; readonly offset: number | null }[] | null;
  /** The node that was charged then; left out where the limit was not passed. */
  readonly passedIn?: number;
  /** The program's root was still suspended at the end: a top-level await that never settled. */
  readonly rootPending: boolean;
  readonly maxDepth: number;
}

/**
 * A recording as it leaves the guest's thread: of the program's own unit, which whoever takes the recording can read from
 * the module, only what was carried over to it.
 */
export interface SentRecording extends Omit<Recording, "units"> {
  readonly units: readonly (BytecodeUnit | CarriedDebug)[];
}

export interface RecordedFunction {
  readonly origin:
    | {
        readonly kind: "js";
        readonly unit: number;
        readonly index: number;
        /** What it is called, where it is the engine's own. */
        readonly script?: string;
        /** Where its program was given to eval, or to a constructor of functions. */
        readonly evaluated?: { readonly function: number; readonly offset: number };
      }
    | {
        readonly kind: "native";
        readonly index: number;
        readonly name: string;
        readonly work: "builtin" | "engine";
      }
    /** Of the JavaScript functions that were not told apart any more: the first of them has the figures of all. */
    | { readonly kind: "rest" };
  /** Fuel of it and all it called; in a recursion that of the outermost frame alone. */
  readonly total: bigint;
  /** Own fuel of one completed call; null where none completed. */
  readonly perCall: {
    readonly min: bigint;
    readonly median: bigint;
    readonly approximate: boolean;
    readonly max: bigint;
  } | null;
}

/**
 * Code offsets that were dispatched or charged, with what they cost: those of function i are at first[i] to
 * first[i + 1] - 1, ascending. Functions behind the last of `first` have none.
 */
export interface RecordedCodes {
  readonly first: Int32Array;
  readonly offset: Int32Array;
  readonly fuel: BigInt64Array;
  readonly hits: BigInt64Array;
}

export interface RecordedNodes {
  /** Node id of the parent, -1 for the root. */
  readonly parent: Int32Array;
  /** Function id, -1 for the root; also for the parent of what was called on paths past the limit of nodes. */
  readonly function: Int32Array;
  /** The function and code offset that made the call, -1 where none did. */
  readonly callFunction: Int32Array;
  readonly callOffset: Int32Array;
  readonly self: BigInt64Array;
  readonly calls: BigInt64Array;
  readonly resumes: BigInt64Array;
}

/** In order: `node` is the id of the node entered, or -1 for leaving the innermost one. */
export interface RecordedEvents {
  readonly node: Int32Array;
  readonly fuel: BigInt64Array;
}
