/** How a function comes to be, as far as its name goes. Types only: births.ts finds it, names.ts puts it into words. */

/** A class, named when its definition or the variable that it goes to says so. */
export interface Owner {
  name: string;
  /** Index of its constructor in the unit. */
  readonly constructorIndex: number;
}

export type Role =
  | "function"
  | "getter"
  | "setter"
  | "constructor"
  | "instance initializer"
  | "static initializer"
  | "static block"
  /** It has no name, and was given to a call: `key` is what that calls. */
  | "callback";

export interface Birth {
  readonly role: Role;
  /** The class that it belongs to, the path of the object that it is put into, or null. */
  readonly owner: Owner | string | null;
  /** Name or property key; "" where it cannot be told. */
  readonly key: string;
}
