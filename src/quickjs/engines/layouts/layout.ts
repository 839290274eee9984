/**
 * Where an engine keeps what memory.ts reads, in wasm32: byte offsets inside its structures, sizes, and the
 * numbers that its enums give. Generated per engine by scripts/layouts.js from the engine's own C source.
 */

/** `bits` bits from bit `shift` of the little-endian 32-bit word at `offset`, which is negative for what stands before. */
export interface BitField {
  readonly offset: number;
  readonly shift: number;
  readonly bits: number;
}

export interface MemoryLayout {
  /** JSGCObjectHeader, with which every collected structure begins, and JSObject. */
  readonly object: {
    readonly gcType: BitField;
    /** list_head (next, previous) in the runtime's list of all such structures. */
    readonly link: number;
    readonly gcTypeObject: number;
    readonly gcTypeFunction: number;
    readonly gcTypeContext: number;
    readonly size: number;
    /** Pointer, in objects that are functions with bytecode. */
    readonly bytecode: number;
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
    /** Where they stand behind the structure: at the next multiple of this. */
    readonly constantsAlignment: number;
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
    /** Whether the fields from `file` on are there: without them the structure ends early. Null: they always are. */
    readonly hasDebug: BitField | null;
    readonly sizeWithoutDebug: number;
    /** Null: the function's position begins its line table. */
    readonly line: number | null;
    readonly column: number | null;
    /** Allocations of their own */
    readonly lineTable: number;
    readonly lineTableLength: number;
    readonly columnTable: number | null;
    readonly columnTableLength: number | null;
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
    /** Where it comes from, as a number or as two bits. */
    readonly type: BitField | null;
    readonly isLocal: BitField | null;
    readonly isArgument: BitField | null;
  };
  /** JSAsyncFunctionState: the JSValue of its frame's function, and where that goes on unless it is to throw. */
  readonly resumed: { readonly size: number; readonly function: number; readonly pc: number };
  /** JSStackFrame: the JSValue of the function that runs; a pointer to its variables, behind which its operand stack begins. */
  readonly frame: { readonly size: number; readonly function: number; readonly variables: number };
  readonly context: { readonly runtime: number };
  /**
   * The array of JSString pointers by atom, and its length; the list of all collected structures; the JSValue that was
   * thrown; a pointer to the JSStackFrame of the innermost activation.
   */
  readonly runtime: {
    readonly atoms: number;
    readonly atomCount: number;
    readonly objects: number;
    readonly exception: number;
    readonly frame: number;
  };
  /** JSString; characters follow it when its kind is 0, or it has none. */
  readonly string: {
    readonly size: number;
    readonly length: BitField;
    readonly wide: BitField;
    readonly kind: BitField | null;
    readonly atomType: BitField;
    /** Kind 1: after the header, a pointer to the string that has the characters, and where they start. */
    readonly sliceStart: number | null;
  };
  /** A NaN-boxed JSValue: its tag is the upper 32 bits, a pointer the lower. */
  readonly value: {
    readonly size: number;
    readonly tagObject: number;
    readonly tagFunction: number;
    readonly tagInt: number;
    readonly tagString: number;
    /** Of what a function returns that has thrown. */
    readonly tagException: number;
  };
  /** What heap-walk.ts reads of a snapshot. */
  readonly heap: {
    /** JSObject: u16; the JSShape, the array of JSProperty; what an embedder's class keeps. Pointers. */
    readonly classId: number;
    readonly shape: number;
    readonly properties: number;
    readonly opaque: number;
    /** Of functions that have bytecode: an array of pointers to JSVarRef; and in that, the pointer to the JSValue. */
    readonly captured: number;
    readonly capturedValue: number;
    /** Class numbers; from `classOfEmbedder` on they are not the engine's. */
    readonly classCFunction: number;
    readonly classCFunctionData: number;
    readonly classOfEmbedder: number;
    /** Of class `classCFunction`: table index, u8 (JSCFunctionEnum), i16. */
    readonly cFunction: number;
    readonly cFunctionKind: number;
    readonly cFunctionMagic: number;
    /** JSContext: the JSValue of the global object; a pointer to JSValues, by class. */
    readonly global: number;
    readonly classPrototypes: number;
    /** JSRuntime: a pointer to JSClass by number, how many; in JSClass the atom of its name. */
    readonly classes: number;
    readonly classCount: number;
    readonly classSize: number;
    readonly className: number;
    /** JSRuntime: table indices (JSMallocFunctions). */
    readonly allocators: number;
    readonly allocatorCount: number;
    /** JSShape: a JSObject; how many properties, deleted ones included; where the JSShapeProperty array begins. */
    readonly shapePrototype: number;
    readonly shapeCount: number;
    readonly shapeProperties: number;
    /** Where the mask of a hash table stands that lies before the array, of u32, one more than the mask; null where none does. */
    readonly shapeHashMask: number | null;
    readonly shapePropertySize: number;
    readonly shapePropertyAtom: number;
    readonly shapePropertyFlags: BitField;
    /** Of the flags: what the JSProperty holds; a JSValue where none of these. */
    readonly kindMask: number;
    readonly kindAccessor: number;
    readonly kindAutoinit: number;
    readonly propertySize: number;
    /** JSProperty: pointers to two functions. */
    readonly getter: number;
    readonly setter: number;
    /** JSProperty: a pointer with a number in its two low bits: with `autoinitList`, `autoinitFrom` is a JSCFunctionListEntry. */
    readonly autoinit: number;
    readonly autoinitList: number;
    readonly autoinitFrom: number;
  };
  /** The first atom that is not predefined. */
  readonly firstAtom: number;
}
