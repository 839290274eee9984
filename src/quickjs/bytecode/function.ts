/**
 * A JavaScript function as QuickJS compiled it, whatever it was read from: the serialized payload of a module
 * (read-unit.ts) or the guest's memory (memory/loaded-unit.ts). Types, and the one value that many functions share.
 */

export type FunctionKindQjs = "normal" | "generator" | "async" | "async generator";

/** A variable of an enclosing function (or of the module, or global) that a function uses. */
export interface ClosureVariable {
  readonly name: string;
  /**
   * Where it is taken from when a closure is made: 0 a local variable and 1 an argument of the enclosing
   * function, 2 a captured variable of that function; higher: a global or module variable.
   */
  readonly type: number;
  /** Its index there. */
  readonly index: number;
}

/** One compiled function. Functions of a unit are numbered in pre-order: parents before children. */
export interface BytecodeFunction {
  /** Index in the unit's `functions`. */
  readonly index: number;
  /** Index of the function whose constant pool holds this one, -1 for the root. */
  readonly parent: number;
  /** For each entry of the constant pool, in order: the index of the function it holds, or -1 for any other value. */
  readonly constants: readonly number[];
  /** Its other constants as they were serialized, in order; undefined where it was read from memory. */
  readonly literals?: readonly Uint8Array[];
  /** What follows the `function` keyword, "" where nothing does. `<eval>` for a program. */
  readonly name: string;
  readonly kind: FunctionKindQjs;
  /** The bytecode; atom operands as serialized are kept as they stand. */
  readonly code: Uint8Array;
  /** Absolute offset of the code in the file; 0 where it was read from memory, whose addresses name nothing. */
  readonly codeStart: number;
  /** Atom operands by code offset of the operand: the text, `null` where it is a symbol or private brand. */
  readonly atoms: ReadonlyMap<number, string | null>;
  /** Names of the arguments, then of the local variables; empty where unknown. */
  readonly variables: readonly string[];
  readonly argumentCount: number;
  /** Captured variables, by the operand of `get_var_ref` and the like. */
  readonly closure: readonly ClosureVariable[];
  /** File name as compiled (`function.mjs` for Javy's entry), "" where debug information was stripped. */
  readonly file: string;
  /** Position of the function as the engine gives it; line 0 where unknown, column 0 where the engine has none. */
  readonly line: number;
  readonly column: number;
  /** The delta-coded table from code offset to line and column (lines.ts); empty where stripped. */
  readonly lineTable: Uint8Array;
  /** The table of columns where the engine keeps them apart, otherwise empty. */
  readonly columnTable: Uint8Array;
  /** A fuller line table, of the same form, where the compiler of positions made the function (carry-positions.ts). */
  readonly positions?: Uint8Array;
  readonly isDerivedConstructor: boolean;
  readonly hasPrototype: boolean;
}

/** Of the many functions that have none: one map, since an empty one takes as much as a small function. */
export const noAtoms: BytecodeFunction["atoms"] = new Map();

/** What a module exports: a variable of its own, or one of a module that it requests. */
export interface ModuleExport {
  readonly name: string;
  /** Index in the root function's `closure`, -1 when it comes from another module. */
  readonly variable: number;
  /** Index in `requests`, -1 for a variable of its own. */
  readonly request: number;
  /** Its name in the other module, `*` for all. */
  readonly from: string;
}

/** The record of an ES module. */
export interface ModuleRecord {
  readonly name: string;
  /** The modules that it names, in order. */
  readonly requests: readonly string[];
  readonly exports: readonly ModuleExport[];
  /** `export * from`: indices in `requests`. */
  readonly exportAll: readonly number[];
  /** `variable` is an index in the root function's `closure`. */
  readonly imports: readonly { readonly variable: number; readonly name: string; readonly request: number }[];
  /** Whether it awaits at its top level. */
  readonly awaits: boolean;
}

/** A compiled unit: one serialized payload, or one tree of functions found in memory. */
export interface BytecodeUnit {
  /** Id of the engine (versions.ts). */
  readonly engine: string;
  /** Null for a script, and for a unit found in memory. */
  readonly module: ModuleRecord | null;
  /** functions[0] is the root. */
  readonly functions: readonly BytecodeFunction[];
}
