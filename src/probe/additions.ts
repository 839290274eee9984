/**
 * What a plan adds to the module. Whatever is imported stands behind the module's own imports of its kind, whatever is
 * defined behind its own definitions; what the module had keeps its contents, its order and its exports.
 * A second memory needs an engine with multi-memory (Node 22 and later).
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { Limits, ValType } from "../wasm/types.ts";
import type { Indices } from "./action.ts";

/** Each list is numbered from 0; actions and the other lists name its members by that number. */
export interface Additions {
  readonly functions?: readonly AddedFunction[];
  readonly globals?: readonly AddedGlobal[];
  readonly memories?: readonly AddedMemory[];
  readonly tables?: readonly AddedTable[];
  readonly data?: readonly AddedData[];
  readonly elements?: readonly AddedElements[];
  readonly exports?: readonly AddedExport[];
  /**
   * An added function without parameters and results that runs at instantiation, before the module's own start
   * function, whether that is deferred or not.
   */
  readonly start?: number;
}

/** Where something is imported from. */
export interface ImportedFrom {
  readonly module: string;
  readonly name: string;
}

/** A function of the plan's own. It is not metered and gets no probes. */
export interface AddedFunction {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  /** Its locals behind the parameters, one by one. */
  readonly locals?: readonly ValType[];
  /** Writes its code with wasm/emit.ts, the last `end` excluded. */
  readonly write: (w: ByteWriter, indices: Indices) => void;
}

/** A global: imported, or with its initial value (i32, i64, f32, f64; 0 for a v128; null for a reference). */
export type AddedGlobal = { readonly type: ValType; readonly mutable: boolean } & (
  | { readonly initial: number | bigint | null }
  | { readonly import: ImportedFrom }
);

export interface AddedMemory {
  readonly limits: Limits;
  readonly import?: ImportedFrom;
}

/** A table of references that may be null. */
export interface AddedTable {
  readonly element: ValType;
  readonly limits: Limits;
  readonly import?: ImportedFrom;
}

/** A data segment: active in a memory of the plan's at an address, or passive where there is none. */
export interface AddedData {
  readonly bytes: Uint8Array;
  readonly active?: { readonly memory: number; readonly address: number };
}

/** Something that the plan, an import of it, or the module itself has, by index. */
export type Reference =
  | { readonly added: number }
  | { readonly hook: number }
  | { readonly original: number };

/** Functions in a table of the plan's from an index on. */
export interface AddedElements {
  readonly table: number;
  readonly from: number;
  readonly functions: readonly Reference[];
}

export interface AddedExport {
  readonly name: string;
  readonly kind: "func" | "table" | "memory" | "global";
  readonly of: Reference;
}
