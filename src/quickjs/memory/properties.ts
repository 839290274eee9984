/**
 * The own properties of an object in a guest's memory. Its shape describes them, atom and flags, in the order in which
 * their values stand in an array of their own:
 *
 *   JSObject.shape      → JSShape.prop[i]: JSShapeProperty (atom, flags)
 *   JSObject.prop       → [i]: JSProperty (a JSValue, two functions, or what makes the value at first use)
 *
 * Nothing that is read is trusted: of a structure that does not hold there are no properties.
 */
import type { MemoryLayout } from "../engines/layouts/layout.ts";
import type { Glance } from "./checked-view.ts";

/** More properties than any object of the library has: damage. */
const mostProperties = 100_000;

export interface OwnProperty {
  readonly atom: number;
  /** Address of its JSProperty. */
  readonly at: number;
  /** What that holds: a value, two functions of an accessor, or what makes the value at first use. */
  readonly holds: "value" | "accessor" | "autoinit" | "other";
}

/** The object that the JSValue at an address holds; null where it holds none. */
export function objectAt(glance: Glance, layout: MemoryLayout, at: number): number | null {
  const { value } = layout;
  if (!glance.holds(at, value.size)) return null;
  const { tag, pointer } = glance.value(at);
  return tag === value.tagObject && isObject(glance, layout, pointer) ? pointer : null;
}

/** Whether there is an object at an address. */
export function isObject(glance: Glance, { object }: MemoryLayout, address: number): boolean {
  return glance.holds(address, object.size) && glance.field(address, object.gcType) === object.gcTypeObject;
}

/** The prototype of an object; null where it has none. */
export function prototypeOf(glance: Glance, { object, heap }: MemoryLayout, address: number): number | null {
  const shape = glance.u32(address + heap.shape);
  if (!glance.holds(shape, heap.shapeProperties)) return null;
  const prototype = glance.u32(shape + heap.shapePrototype);
  return glance.holds(prototype, object.size) ? prototype : null;
}

/** The properties of the object at an address, in the order in which they were made; deleted ones have no atom. */
export function* ownProperties(
  glance: Glance,
  layout: MemoryLayout,
  address: number,
): Generator<OwnProperty, void, undefined> {
  const { heap } = layout;
  const shape = glance.u32(address + heap.shape);
  const properties = glance.u32(address + heap.properties);
  if (!glance.holds(shape, heap.shapeProperties)) return;
  const count = glance.u32(shape + heap.shapeCount);
  if (count > mostProperties || !glance.holds(properties, count * heap.propertySize)) return;
  const first = firstProperty(glance, heap, shape);
  if (first === 0 || !glance.holds(first, count * heap.shapePropertySize)) return;
  for (let i = 0; i < count; i++) {
    const described = first + i * heap.shapePropertySize;
    const atom = glance.u32(described + heap.shapePropertyAtom);
    const flags = glance.field(described, heap.shapePropertyFlags);
    if (atom !== 0) yield { atom, at: properties + i * heap.propertySize, holds: whatItHolds(heap, flags) };
  }
}

function whatItHolds(heap: MemoryLayout["heap"], flags: number): OwnProperty["holds"] {
  const kind = flags & heap.kindMask;
  if (kind === 0) return "value";
  if (kind === heap.kindAccessor) return "accessor";
  return kind === heap.kindAutoinit ? "autoinit" : "other";
}

/** Where a shape's JSShapeProperty array begins; 0 where that cannot be. */
function firstProperty(glance: Glance, heap: MemoryLayout["heap"], shape: number): number {
  const { shapeProperties, shapeHashMask } = heap;
  if (shapeHashMask === null) return shape + shapeProperties;
  const mask = glance.u32(shape + shapeHashMask);
  return mask < mostProperties ? shape + shapeProperties + 4 * (mask + 1) : 0;
}
