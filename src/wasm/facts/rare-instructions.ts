/**
 * Finds instructions that are rare without a walk over all code: the bytes that may be their opcodes are looked for
 * first, and the walk that tells whether an instruction begins at one ends there.
 */
import type { Module } from "../types.ts";
import { type CodeWalk, codeOf } from "../walk.ts";

/** Calls `visit` for each byte of that value in a module's functions: `body` by index, `at` its absolute offset. */
export function eachByte(
  { bytes, bodies }: Module,
  value: number,
  visit: (body: number, at: number) => void,
) {
  if (bodies.length === 0) return;
  const code = bytes.subarray(0, bodies.at(-1)!.end);
  let body = 0;
  for (let at = code.indexOf(value, bodies[0]!.start); at >= 0; at = code.indexOf(value, at + 1)) {
    while (bodies[body]!.end <= at) body += 1;
    visit(body, at);
  }
}

/** The unsigned LEB of 32 bits at `at`; NaN where there is none, as there mostly is not where no instruction begins. */
export function lebIfAny(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value;
  }
  return Number.NaN;
}

/** Tells which bytes begin an instruction of the kinds that are marked by row. */
export class Instructions {
  readonly #module: Module;
  readonly #marked: Uint8Array;
  readonly #walks = new Map<number, { readonly code: CodeWalk; readonly found: Set<number> }>();

  constructor(module: Module, marked: Uint8Array) {
    this.#module = module;
    this.#marked = marked;
  }

  /** Whether one begins at an absolute offset in the body of function `index`. @throws DecodeError on code that cannot be read. */
  beginAt(index: number, offset: number): boolean {
    const walk = this.#walks.get(index) ?? { code: codeOf(this.#module, index), found: new Set<number>() };
    this.#walks.set(index, walk);
    const { code, found } = walk;
    while (code.next <= offset && code.advanceTo(this.#marked)) found.add(code.at);
    return found.has(offset);
  }
}
