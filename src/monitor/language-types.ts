/**
 * The types of the monitor language. A primitive is its own name; tuples and maps are made of types. Text is how a
 * script writes a type, and two types are the same when their text is. `flatten` says how a value travels in
 * WebAssembly: a tuple as its items side by side, strings and maps as handles of the support library, a funcref as the
 * index of the function plus one, 0 where that is not known.
 */
import { F32, F64, I32, I64, type ValType } from "../wasm/types.ts";

export const integerTypes = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"] as const;
export const floatTypes = ["f32", "f64"] as const;
export const primitives = [...integerTypes, ...floatTypes, "bool", "str", "funcref"] as const;

export type IntegerType = (typeof integerTypes)[number];
export type FloatType = (typeof floatTypes)[number];
export type Primitive = (typeof primitives)[number];

export interface TupleType {
  readonly kind: "tuple";
  readonly items: readonly Type[];
}

export interface MapType {
  readonly kind: "map";
  readonly key: Type;
  readonly value: Type;
}

export type Type = Primitive | TupleType | MapType;

/** The empty tuple: what a call without a result gives. */
export const unit: TupleType = { kind: "tuple", items: [] };

/**
 * A value known while the script is compiled: integers of up to 32 bits and floats as numbers in the range of their
 * type, 64-bit integers as bigints, tuples as arrays, maps by the text of their keys (`valueKey`).
 */
export type Value = number | bigint | boolean | string | readonly Value[] | ReadonlyMap<string, Value>;

export function typeText(type: Type): string {
  if (typeof type === "string") return type;
  if (type.kind === "map") return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
  return `(${type.items.map(typeText).join(", ")})`;
}

export function sameType(a: Type, b: Type): boolean {
  return a === b || typeText(a) === typeText(b);
}

export function isPrimitive(name: string): name is Primitive {
  return (primitives as readonly string[]).includes(name);
}

export function isInteger(type: Type): type is IntegerType {
  return (integerTypes as readonly Type[]).includes(type);
}

export function isFloat(type: Type): type is FloatType {
  return type === "f32" || type === "f64";
}

export function isNumber(type: Type): type is IntegerType | FloatType {
  return isInteger(type) || isFloat(type);
}

export function isMap(type: Type): type is MapType {
  return typeof type === "object" && type.kind === "map";
}

export function isTuple(type: Type): type is TupleType {
  return typeof type === "object" && type.kind === "tuple";
}

/** Width of an integer type in bits, and whether it is signed. */
export function integerShape(type: IntegerType): { readonly bits: number; readonly signed: boolean } {
  return { bits: Number(type.slice(1)), signed: type.startsWith("i") };
}

/** Whether a map occurs in a type: such a type is no key and no item of a tuple. */
export function holdsMap(type: Type): boolean {
  if (typeof type === "string") return false;
  return type.kind === "map" || type.items.some(holdsMap);
}

/** Whether a value of the type can be a map's key. */
export function isKey(type: Type): boolean {
  if (type === "funcref" || isMap(type)) return false;
  return !isTuple(type) || (type.items.length > 0 && type.items.every(isKey));
}

const valTypes: Readonly<Record<Primitive, ValType>> = {
  ...{ u8: I32, i8: I32, u16: I32, i16: I32, u32: I32, i32: I32, bool: I32, str: I32 },
  ...{ u64: I64, i64: I64, f32: F32, f64: F64, funcref: I32 },
};

/** The WebAssembly values that carry one value of the type, in order. */
export function flatten(type: Type): readonly ValType[] {
  if (typeof type === "string") return [valTypes[type]];
  return type.kind === "map" ? [I32] : type.items.flatMap(flatten);
}

/** Zero, or empty: what a variable holds that nobody set. */
export function zeroOf(type: Type): Value {
  if (type === "u64" || type === "i64") return 0n;
  if (type === "bool") return false;
  if (type === "str") return "";
  if (typeof type === "string") return 0;
  return type.kind === "map" ? new Map() : type.items.map(zeroOf);
}

/** The text under which a value is a key of a `Value` map. */
export function valueKey(value: Value): string {
  if (Array.isArray(value)) return `(${value.map(valueKey).join()})`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
