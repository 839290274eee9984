/**
 * How many bytes a string of a running engine takes for its characters, one or two each, from the JSValue that holds it.
 * A rope, which newer engines make of long strings that are put together, keeps its length behind the reference count and
 * its width behind that; its tag tells it (JS_TAG_STRING_ROPE -6 in quickjs.h), which older engines give to no value that a
 * program has.
 */
import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";

const tagRope = -6;
const rope = { length: 4, wide: 8, size: 24 };

/** -1 where the value at `address` is no string, or nothing that can be read. */
export function stringBytes(memory: GuestMemory, engine: EngineVersion, address: number): number {
  const glance = new Glance(memory);
  const { value, string } = engine.memory;
  if (!glance.holds(address, value.size)) return -1;
  const { tag, pointer } = glance.value(address);
  if (tag === tagRope && glance.holds(pointer, rope.size))
    return glance.u32(pointer + rope.length) * ((glance.u32(pointer + rope.wide) & 0xff) === 0 ? 1 : 2);
  if (tag !== value.tagString || !glance.holds(pointer, string.size)) return -1;
  return glance.field(pointer, string.length) * (glance.field(pointer, string.wide) === 1 ? 2 : 1);
}
