/** How native functions are named: as JavaScript reaches them from the global object. */
import type { NativeFunction } from "./function-lists.ts";

export interface NamedNative extends NativeFunction {
  readonly name: string;
}

/** `Array.prototype` and `map`, or `[Symbol.iterator]`. */
export function memberName(of: string, name: string): string {
  if (of === "") return name;
  return name.startsWith("[") ? `${of}${name}` : `${of}.${name}`;
}

/** The specification's name for a prototype that no global leads to: `%ArrayIteratorPrototype%`. */
export function intrinsicName(tag: string): string | null {
  if (!/^[A-Z][A-Za-z -]*$/.test(tag)) return null;
  const words = tag.split(/[ -]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `%${words.join("")}Prototype%`;
}

/** One name for what has several: `Array.prototype.every|some|forEach|…`. */
export function joinedName(names: readonly string[]): string {
  const [first = "", ...others] = [...new Set(names)];
  const owner = first.slice(0, first.lastIndexOf(".") + 1);
  const rest = others.map((name) => (name.startsWith(owner) ? name.slice(owner.length) : name));
  return [first, ...rest.slice(0, 2), ...(rest.length > 2 ? ["…"] : [])].join("|");
}
