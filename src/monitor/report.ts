/**
 * A report as data. The layout says, before anything runs, which rows there will be and where their values are in
 * the instrumented module; reading it gives the rows. Formats write them.
 */
import { flatten, type Type, type Value } from "./language-types.ts";

/** The place of a row's probe; null for variables of the script. */
export interface RowPlace {
  /** Place among all probes of the script, in the order of expansion. */
  readonly probe: number;
  /** The same for all probes of one rule: where it begins in the script's text. */
  readonly rule: number;
  /** As the rule's event is named: wasm:opcode:call:before. */
  readonly event: string;
  /** Absolute index of the function, and its name or empty. */
  readonly function: number;
  readonly functionName: string;
  /** Byte offset of the instruction in the function's body. */
  readonly pc: number;
  /** Of places in JavaScript: file or empty, and 1-based line or 0. The function is numbered among those. */
  readonly source?: { readonly file: string; readonly line: number };
}

export interface RowLayout {
  readonly variable: string;
  readonly type: Type;
  readonly place: RowPlace | null;
  /** Number of the value's first part; the others follow. */
  readonly first: number;
}

export interface ReportLayout {
  readonly rows: readonly RowLayout[];
  /** Strings by number, as far as they are known before the program runs. */
  readonly strings: readonly string[];
  /** Whether maps, strings or printed text are in the memory of the support library. */
  readonly support: boolean;
  /** Whether the script writes its report itself (wasm:report): then rows are not shown unasked. */
  readonly custom: boolean;
}

export interface ReportRow {
  readonly variable: string;
  readonly type: Type;
  readonly place: RowPlace | null;
  readonly value: ReportValue;
}

/** As `Value`, but maps keep their keys: entries in ascending order of the keys. */
export type ReportValue =
  | Exclude<Value, ReadonlyMap<string, Value> | readonly Value[]>
  | readonly ReportValue[]
  | ReportMap;

export interface ReportMap {
  readonly map: readonly (readonly [ReportValue, ReportValue])[];
}

export interface Report {
  readonly rows: readonly ReportRow[];
  /** Text that the script or its libraries printed through the support library. */
  readonly output: string;
}

/** How many values a layout's rows have in all. */
export function valueCount({ rows }: ReportLayout): number {
  return rows.reduce((sum, { type }) => sum + flatten(type).length, 0);
}
