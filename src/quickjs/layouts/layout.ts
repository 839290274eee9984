/**
 * Where an engine keeps what memory.ts reads, in wasm32: byte offsets inside its structures, sizes, and the
 * numbers that its enums give. Generated per engine by scripts/layouts.js from the engine's own C source.
 */

/** `bits` bits from bit `shift` of the little-endian 32-bit word at `offset`. */
export interface BitField {
  readonly offset: number;
  readonly shift: number;
  readonly bits: number;
}

export interface MemoryLayout {
  /** JSGCObjectHeader, with which every collected structure begins, and JSObject. */
  readonly object: {
    readonly gcType: BitField;
    readonly gcTypeObject: number;
    readonly gcTypeFunction: number;
    readonly gcTypeContext: number;
    readonly size: number;
    /** u16 */
    readonly classId: number;
    /** Pointer, in objects of one of `classes`. */
    readonly bytecode: number;
  };
  /** Class numbers of functions that have bytecode. */
  readonly classes: {
    readonly normal: number;
    readonly generator: number;
    readonly async: number;
    readonly asyncGenerator: number;
  };
  /** JSFunctionBytecode: constants, variables, captured variables and code follow it in one allocation. */
  readonly function: {
    readonly size: number;
    readonly hasPrototype: BitField;
    readonly isDerivedConstructor: BitField;
    readonly kind: BitField;
    /** Pointers into the allocation; null where there is nothing. */
    readonly code: number;
    readonly variables: number;
    readonly closure: number;
    readonly constants: number;
    readonly codeLength: number;
    readonly constantCount: number;
    /** u16 */
    readonly argumentCount: number;
    readonly variableCount: number;
    readonly closureCount: number;
    /** Atoms */
    readonly name: number;
    readonly file: number;
    /** The JSContext */
    readonly realm: number;
    readonly line: number;
    readonly column: number;
    /** Allocations of their own */
    readonly lineTable: number;
    readonly lineTableLength: number;
    readonly source: number;
    readonly sourceLength: number;
  };
  /** JSVarDef */
  readonly variable: { readonly size: number; readonly name: number };
  /** JSClosureVar; the index is a u16. */
  readonly closureVariable: {
    readonly size: number;
    readonly name: number;
    readonly index: number;
    readonly type: BitField;
  };
  /** JSAsyncFunctionState: the JSValue of its frame's function, and where that goes on unless it is to throw. */
  readonly resumed: { readonly size: number; readonly function: number; readonly pc: number };
  readonly context: { readonly runtime: number };
  /** The array of JSString pointers by atom, and its length. */
  readonly runtime: { readonly atoms: number; readonly atomCount: number };
  /** JSString; characters follow it when its kind is 0. */
  readonly string: {
    readonly size: number;
    readonly length: BitField;
    readonly wide: BitField;
    readonly kind: BitField;
    readonly atomType: BitField;
    /** Kind 1: after the header, a pointer to the string that has the characters, and where they start. */
    readonly sliceStart: number;
  };
  /** A NaN-boxed JSValue: its tag is the upper 32 bits, a pointer the lower. */
  readonly value: {
    readonly size: number;
    readonly tagObject: number;
    readonly tagFunction: number;
    readonly tagInt: number;
  };
  /** The first atom that is not predefined. */
  readonly firstAtom: number;
}
