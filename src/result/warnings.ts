/**
 * What qualifies a result, as data: THE table of codes, and what each carries. The words are made in
 * format/warning-words.ts; a result that is read from a file has them as they were written. Codes are stable.
 */
import type { Uncounted } from "../fuel/uncounted.ts";
import type { LostFunction } from "../quickjs/carry.ts";

interface Rank {
  /** `note`: nothing is missing from the result, or could be better. */
  readonly severity: "note" | "warning";
  /** The platform would not have run the function, or not taken its output: the run counts as failed. */
  readonly violates: boolean;
}

const note: Rank = { severity: "note", violates: false };
const warning: Rank = { severity: "warning", violates: false };
const violation: Rank = { severity: "warning", violates: true };

export const warningCodes = {
  "model-assumed": warning,
  "time-or-random": warning,
  "real-clock": warning,
  "fuel-uncounted": warning,
  "limit-module": violation,
  "limit-input": violation,
  "limit-output": violation,
  "limit-memory": violation,
  // logs are cut, not refused
  "limit-logs": warning,
  "platform-output": violation,
  "lines-carried": note,
  "lines-missing": warning,
  "map-unused": warning,
  "line-shared": note,
  "bytecode-damaged": warning,
  "builtins-missing": note,
  "deep-stack": warning,
  "await-never-settled": warning,
  "events-dropped": note,
  "paths-merged": note,
  "functions-merged": note,
  "lines-merged": note,
  "pcs-merged": note,
} as const satisfies Readonly<Record<string, Rank>>;

export type WarningCode = keyof typeof warningCodes;

/** Whether a warning of this code says that a limit was violated; not for codes that are not known. */
export function violates(code: string): boolean {
  return Object.hasOwn(warningCodes, code) && warningCodes[code as WarningCode].violates;
}

/** What each code carries. */
export interface WarningData {
  /** A fuel model that was not measured: the major version of wasmtime that it is counted like. */
  readonly "model-assumed": { readonly model: string; readonly like: number };
  readonly "real-clock": object;
  /**
   * Functions of WASI that were asked whose answers differ from host to host: by the program, or by the engine at its
   * start, which begins Math.random from them.
   */
  readonly "time-or-random": {
    readonly asked: readonly ("clock_time_get" | "random_get")[];
    readonly by: "program" | "engine";
  };
  /** What a module contains that the model does not count as wasmtime does. */
  readonly "fuel-uncounted": { readonly model: string; readonly reason: Uncounted };
  /** Bytes of the module, the input as the function gets it, the output as it wrote it, the most memory. */
  readonly "limit-module": Exceeded;
  readonly "limit-input": Exceeded;
  readonly "limit-output": Exceeded;
  readonly "limit-memory": Exceeded;
  /** Bytes of logs that are kept; how many there were is not known. */
  readonly "limit-logs": { readonly limit: number };
  readonly "platform-output": { readonly problem: string };
  /** How many functions of how many have their lines from a source, and who compiled it. */
  readonly "lines-carried": {
    readonly functions: number;
    readonly of: number;
    readonly source: string;
    readonly compiler: CompilerName;
  };
  readonly "lines-missing": { readonly why: NoLines };
  /** A source map that was found, as it was named, and why it is of no use. */
  readonly "map-unused": { readonly name: string; readonly why: string };
  /** Functions that ran and stand on one line, of a file without a source map: a bundler wrote it. */
  readonly "line-shared": { readonly file: string; readonly line: number; readonly functions: number };
  readonly "bytecode-damaged": { readonly damage: BytecodeDamage };
  readonly "builtins-missing": object;
  /** JavaScript frames. */
  readonly "deep-stack": { readonly frames: number };
  readonly "await-never-settled": object;
  /** How many calls there were, and how many are kept in order at most. */
  readonly "events-dropped": { readonly calls: number; readonly most: number };
  /**
   * Nodes of the call tree, before and after. `least`: subtrees of less fuel than that are part of a rest; null where
   * it was enough to leave out the lines of calls.
   */
  readonly "paths-merged": { readonly paths: number; readonly kept: number; readonly least: number | null };
  /** Functions, and those that have a row; null where not all of them were told apart. */
  readonly "functions-merged": { readonly functions: number | null; readonly kept: number };
  /** Lines, and those that have a row. */
  readonly "lines-merged": { readonly lines: number; readonly kept: number };
  /** Opcodes, and the rows that they are: one for each line of a function. */
  readonly "pcs-merged": { readonly pcs: number; readonly kept: number };
}

interface Exceeded {
  readonly bytes: number;
  readonly limit: number;
}

/** The namespace of a plugin; null: the embedded engine. */
export type CompilerName = string | null;

/** Why functions have no lines. */
export type NoLines =
  | { readonly kind: "no source" }
  /** `canGivePlugin`: a plugin that compiles it could still be given. */
  | {
      readonly kind: "not compiled";
      readonly source: string;
      readonly refusals: readonly CompilerRefusal[];
      readonly canGivePlugin: boolean;
    }
  /** The code of these is not that of the source. */
  | {
      readonly kind: "other code";
      readonly source: string;
      readonly lost: readonly LostFunction[];
      readonly of: number;
    };

/** Why a compiler was of no use. */
export type CompilerRefusal = { readonly compiler: CompilerName } & (
  | { readonly reason: "no compiler" | "unreadable" | "strips" }
  /** No engine was found in it. */
  | { readonly reason: "not located"; readonly problem: Problem }
  /** Bytecode versions: its own and the module's. */
  | {
      readonly reason: "other version";
      readonly has: number | undefined;
      readonly wanted: number | undefined;
    }
  /** What the compiler says. */
  | { readonly reason: "failed"; readonly problem: Problem }
);

export type BytecodeDamage =
  | { readonly kind: "unreadable"; readonly problem: Problem }
  /** How many functions have a line table that cannot be read. */
  | { readonly kind: "line tables"; readonly functions: number };

/** The sentence of an error, and the byte offset where it is about bytes. */
interface Problem {
  readonly message: string;
  readonly offset: number | null;
}

/** A warning as data. */
export type Warning = {
  readonly [Code in WarningCode]: { readonly code: Code } & WarningData[Code];
}[WarningCode];

/** A warning as a document has it. */
export interface WrittenWarning {
  /** One of this version's, or another's. */
  readonly code: string;
  readonly message: string;
}
