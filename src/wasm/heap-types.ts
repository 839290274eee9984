/** Abstract heap types as their s33 encodes them, and reference types by what they are, whichever way they are written. */
import { EXTERNREF, FUNCREF, heapOf, refType, type ValType } from "./types.ts";

export const Heap = {
  noexn: -0x0c,
  nofunc: -0x0d,
  noextern: -0x0e,
  none: -0x0f,
  func: -0x10,
  extern: -0x11,
  any: -0x12,
  eq: -0x13,
  i31: -0x14,
  struct: -0x15,
  array: -0x16,
  exn: -0x17,
} as const;

/** What a reference type refers to and whether it may be null; undefined for types of numbers and vectors. */
export function referenceOf(
  type: ValType,
): { readonly nullable: boolean; readonly heap: number } | undefined {
  const long = heapOf(type);
  if (long) return long;
  return type >= 0x69 && type <= 0x74 ? { nullable: true, heap: type - 0x80 } : undefined;
}

/** The type of references to `heap`, in its shortest form: engines without typed references know only that. */
export function referenceTo(heap: number, nullable: boolean): ValType {
  return nullable && heap < 0 ? heap + 0x80 : refType(nullable, heap);
}

/** The same type without null, or with it. */
export function withNull(type: ValType, nullable: boolean): ValType {
  const reference = referenceOf(type);
  return reference && reference.nullable !== nullable ? referenceTo(reference.heap, nullable) : type;
}

/** Whether values of the type exist without being given: a local of another type must be set before it is read. */
export function hasDefault(type: ValType): boolean {
  return referenceOf(type)?.nullable ?? true;
}

export { EXTERNREF, FUNCREF };
