/**
 * The shape of the generated tables beside this file (scripts/opcodes.js) and the one index over them.
 * Types and look-up only; what an opcode does is said by the modules that interpret it, by name.
 */

/** An opcode as the engine's header declares it; its code is its index in the table. */
export type OpcodeTuple = readonly [name: string, size: number, pops: number, pushes: number, format: string];

/** What one engine's headers say. */
export interface EngineTable {
  /** First byte of a serialized program. */
  readonly version: number;
  readonly opcodes: readonly OpcodeTuple[];
  readonly formats: readonly string[];
  /** Texts of the predefined atoms: `atoms[0]` is atom 1 (atom 0 means none). */
  readonly atoms: readonly string[];
  /** Predefined atoms from this one are private brands, and from `firstSymbolAtom` symbols. */
  readonly firstPrivateAtom: number;
  readonly firstSymbolAtom: number;
  /** Kinds of serialized values: `tags[0]` is tag 1. */
  readonly tags: readonly string[];
}

/** One opcode. */
export interface Opcode {
  readonly code: number;
  readonly name: string;
  /** Whole instruction, in bytes. */
  readonly size: number;
  /** Values popped and pushed, not counting call arguments (formats npop, npopx and npop_u16). */
  readonly pops: number;
  readonly pushes: number;
  readonly format: string;
}

/** The opcodes of a table as objects, by code. */
export function opcodesOf(table: EngineTable): readonly Opcode[] {
  return table.opcodes.map(([name, size, pops, pushes, format], code) => ({
    code,
    name,
    size,
    pops,
    pushes,
    // behind an inline cache's opcode stands an index that the header does not declare
    format: format === "none" && size === 5 ? "u32" : format,
  }));
}
