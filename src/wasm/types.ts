/**
 * What a decoded module is made of. Indices are 0-based; `start` and `end` are absolute byte offsets in the file.
 * A value type is one number: the byte of an abbreviation (0x7f i32 … 0x70 funcref), or a packed reference type.
 */

/** A value type as one number; build with refType, take apart with heapOf. */
export type ValType = number;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

/** (ref null? heap): `heap` is a type index, or negative for an abstract heap type, as its s33 encodes. */
export function refType(nullable: boolean, heap: number): ValType {
  return (nullable ? 1 : 2) * 2 ** 34 + (heap + 2 ** 33);
}

/** The abstract heap types, exn to noexn, as their s33 encodes them; a module's own types are not negative. */
const abstractHeaps = { least: -0x17, most: -0x0c };

/** Why a heap type, as its s33 encodes it, is none that is known here; null where it is known. */
export function heapProblem(heap: number): string | null {
  if (heap >= 0 || (heap >= abstractHeaps.least && heap <= abstractHeaps.most)) return null;
  const byte = `0x${(heap & 0x7f).toString(16)}`;
  return heap === -0x1e
    ? `heap type exact (${byte}), of custom descriptors, is not supported`
    : `unknown heap type ${byte}`;
}

/** Takes a packed reference type apart; undefined for one-byte types. */
export function heapOf(type: ValType): { readonly nullable: boolean; readonly heap: number } | undefined {
  if (type < 2 ** 34) return undefined;
  return { nullable: Math.floor(type / 2 ** 34) === 1, heap: (type % 2 ** 34) - 2 ** 33 };
}

const typeNames: Readonly<Record<number, string>> = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
  [V128]: "v128",
  [FUNCREF]: "funcref",
  [EXTERNREF]: "externref",
};

/** A value type as text: `i32`, `funcref`, `(ref null 3)`. */
export function typeName(type: ValType): string {
  const ref = heapOf(type);
  if (ref) return `(ref ${ref.nullable ? "null " : ""}${ref.heap})`;
  return typeNames[type] ?? `0x${type.toString(16)}`;
}

export interface FuncType {
  readonly kind: "func";
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** Fields by storage type: packed i8 and i16 are 0x78 and 0x77. */
export interface AggregateType {
  readonly kind: "struct" | "array";
  readonly fields: readonly ValType[];
}

export type TypeDefinition = FuncType | AggregateType;

export interface Limits {
  readonly min: bigint;
  readonly max: bigint | null;
  readonly shared: boolean;
  /** Addresses are i64 (memory64, table64). */
  readonly is64: boolean;
}

export interface TableType {
  readonly element: ValType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly type: ValType;
  readonly mutable: boolean;
}

export type ImportDescription =
  | { readonly kind: "func"; readonly type: number }
  | { readonly kind: "table"; readonly table: TableType }
  | { readonly kind: "memory"; readonly memory: Limits }
  | { readonly kind: "global"; readonly global: GlobalType }
  | { readonly kind: "tag"; readonly type: number };

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly description: ImportDescription;
}

export type ExternKind = "func" | "table" | "memory" | "global" | "tag";
export const externKinds: readonly ExternKind[] = ["func", "table", "memory", "global", "tag"];

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
}

/** A section as it stands in the file: `start` is its id byte, `content` the first byte of its payload. */
export interface Section {
  readonly id: number;
  /** Name of a custom section, "" otherwise. */
  readonly name: string;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** The half-open byte range of a part of the file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A data segment; `bytes` is where its contents stand. */
export interface DataSegment {
  readonly mode: "active" | "passive";
  readonly bytes: Range;
  /** Constant address of an active segment where it is a plain constant, else null. */
  readonly address: bigint | null;
}

export interface Module {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly TypeDefinition[];
  readonly imports: readonly Import[];
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  readonly tables: readonly TableType[];
  readonly memories: readonly Limits[];
  /** Imported ones first. */
  readonly globals: readonly GlobalType[];
  readonly importedGlobals: number;
  /** Type index of every tag, imported ones first. */
  readonly tags: readonly number[];
  readonly exports: readonly Export[];
  readonly start: number | null;
  /** Count of element segments. */
  readonly elements: number;
  /** Bodies of the defined functions: from the first byte of the local declarations to after the final `end`. */
  readonly bodies: readonly Range[];
  readonly data: readonly DataSegment[];
}

/** Section ids in the order that the specification gives them. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The function type at `index`, or undefined where there is none of that kind. */
export function funcTypeAt(module: Module, index: number): FuncType | undefined {
  const type = module.types[index];
  return type?.kind === "func" ? type : undefined;
}
