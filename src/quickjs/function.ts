/**
 * A JavaScript function as QuickJS compiled it, whatever it was read from: the serialized payload of a module
 * (bytecode.ts) or the guest's memory (memory.ts). Types only.
 */

export type FunctionKindQjs = "normal" | "generator" | "async" | "async generator";

/** One compiled function. Functions of a unit are numbered in pre-order: parents before children. */
export interface BytecodeFunction {
  /** Index in the unit's `functions`. */
  readonly index: number;
  /** Index of the function whose constant pool holds this one, -1 for the root. */
  readonly parent: number;
  /** For each entry of the constant pool, in order: the index of the function it holds, or -1 for any other value. */
  readonly constants: readonly number[];
  /** What follows the `function` keyword, "" where nothing does. `<eval>` for a program. */
  readonly name: string;
  readonly kind: FunctionKindQjs;
  /** The bytecode; atom operands as serialized are kept as they stand. */
  readonly code: Uint8Array;
  /** Atom operands by code offset of the operand: the text, `null` where it is a symbol or private brand. */
  readonly atoms: ReadonlyMap<number, string | null>;
  /** File name as compiled (`function.mjs` for Javy's entry), "" where debug information was stripped. */
  readonly file: string;
  /** 1-based position of the function, 0 where unknown. */
  readonly line: number;
  readonly column: number;
  /** The delta-coded table from code offset to line and column (lines.ts); empty where stripped. */
  readonly lineTable: Uint8Array;
  /** Source text of the function, null where stripped. */
  readonly source: string | null;
  readonly isDerivedConstructor: boolean;
  readonly hasPrototype: boolean;
}

/** A compiled unit: one serialized payload, or one tree of functions found in memory. */
export interface BytecodeUnit {
  /** First byte of the serialized form. */
  readonly version: number;
  /** functions[0] is the root. */
  readonly functions: readonly BytecodeFunction[];
}
