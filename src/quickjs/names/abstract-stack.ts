/**
 * The abstract stack on which births.ts follows a function's code: what a value may be, as far as naming
 * functions needs it, and how values move. The stack has no bottom: popping an empty one gives `unknown`, so
 * that code reached in ways that were not followed does no harm.
 */

import type { Owner } from "./birth.ts";

/** What is known of a value; all of it may be nothing. */
export interface Value {
  /** The functions that it may be, by index in the unit. */
  readonly functions: readonly number[];
  /** How the source would write it: `o`, `exports.handler`, `Symbol.iterator`; "" unknown. */
  readonly path: string;
  /** The property that it was read from, of whatever object; "" none. */
  readonly property: string;
  /** Its text where it is a constant string or integer. */
  readonly text: string | null;
  /** The class that it is, or is the prototype of. */
  readonly owner: Owner | null;
  readonly isPrototype: boolean;
}

export const unknown: Value = {
  ...{ functions: [], path: "", property: "", text: null },
  ...{ owner: null, isPrototype: false },
};

export const variable = (path: string): Value => (path === "" ? unknown : { ...unknown, path });
export const constant = (text: string): Value => ({ ...unknown, text });
export const closure = (index: number): Value => (index < 0 ? unknown : { ...unknown, functions: [index] });

/** The path of a property; a prototype stands for its class: `Foo.prototype.bar` is `Foo.bar`. */
export function member(object: Value, key: string): Value {
  if (key === "") return unknown;
  const path = pathOf(object);
  const own = path === "" || key === "prototype" ? path : `${path}.${key}`;
  return { ...variable(own), property: key };
}

/** What a function is called where it is called: the property or variable that it was read from, or "". */
export function calleeName(value: Value): string {
  return value.property || pathOf(value);
}

export function pathOf(value: Value): string {
  return value.owner?.name ?? value.path;
}

/** A value as a property key: its text, `[path]`, or "" unknown. */
export function keyOf(value: Value): string {
  if (value.text !== null) return value.text;
  return value.path === "" ? "" : `[${value.path}]`;
}

/** More functions than this in one value are of no use to a name. */
const mostFunctions = 8;

/** Where paths join, deeper values are forgotten: no source that is worth a name holds one that long. */
const deepestKept = 64;

/** What a value may be that comes from two sides. */
function join(a: Value, b: Value): Value {
  if (a === b) return a;
  return {
    functions: [...new Set([...a.functions, ...b.functions])].slice(0, mostFunctions),
    path: a.path === b.path ? a.path : "",
    property: a.property === b.property ? a.property : "",
    text: a.text === b.text ? a.text : null,
    owner: a.owner ?? b.owner,
    isPrototype: a.isPrototype && b.isPrototype,
  };
}

/** What two stacks have in common, from the top. */
export function joined(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  const both: Value[] = [];
  for (let i = Math.min(a.length, b.length); i > 0; i--) both.push(join(a.at(-i)!, b.at(-i)!));
  return both;
}

/** A stack, top last. */
export class Stack {
  #values: Value[] = [];

  push(value: Value): void {
    this.#values.push(value);
  }

  pop(): Value {
    return this.#values.pop() ?? unknown;
  }

  /** The value `depth` below the top, 0 the top itself. */
  peek(depth = 0): Value {
    return this.#values.at(-1 - depth) ?? unknown;
  }

  /** The top `count` values, the topmost last. */
  take(count: number): Value[] {
    const taken: Value[] = [];
    for (let i = count - 1; i >= 0; i--) taken.push(this.peek(i));
    this.drop(count);
    return taken;
  }

  drop(count: number): void {
    this.#values.length = Math.max(0, this.#values.length - count);
  }

  /** The stack as it is, to be restored elsewhere; of a deep one the top. */
  snapshot(): readonly Value[] {
    return this.#values.slice(-deepestKept);
  }

  restore(values: readonly Value[]): void {
    this.#values = [...values];
  }
}

/** Opcodes that only move values: of how many from the top, which remain, 0 the deepest. */
export const moves: Readonly<Record<string, readonly [count: number, order: readonly number[]]>> = {
  drop: [1, []],
  nip: [2, [1]],
  nip1: [3, [1, 2]],
  dup: [1, [0, 0]],
  dup1: [2, [0, 0, 1]],
  dup2: [2, [0, 1, 0, 1]],
  dup3: [3, [0, 1, 2, 0, 1, 2]],
  insert2: [2, [1, 0, 1]],
  insert3: [3, [2, 0, 1, 2]],
  insert4: [4, [3, 0, 1, 2, 3]],
  perm3: [3, [1, 0, 2]],
  perm4: [4, [2, 0, 1, 3]],
  perm5: [5, [3, 0, 1, 2, 4]],
  swap: [2, [1, 0]],
  swap2: [4, [2, 3, 0, 1]],
  rot3l: [3, [1, 2, 0]],
  rot3r: [3, [2, 0, 1]],
  rot4l: [4, [1, 2, 3, 0]],
  rot5l: [5, [1, 2, 3, 4, 0]],
  to_propkey: [1, [0]],
  to_propkey2: [2, [0, 1]],
  to_object: [1, [0]],
  check_object: [1, [0]],
  check_brand: [2, [0, 1]],
  set_proto: [2, [0]],
  copy_data_properties: [3, [0, 1, 2]],
};
