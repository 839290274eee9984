/**
 * What a position of compiled code is called where a user looks at it: the file that was given, or the original that a
 * source map leads to. Bytecode names its file as the compiler was told (`function.mjs`); whoever shows code asks here.
 */

import type { BytecodeFunction, BytecodeUnit } from "./bytecode/function.ts";
import type { LineEntry } from "./bytecode/line-table.ts";
import { isModuleRoot } from "./bytecode/module-root.ts";

/** Line and column are 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** Null where none is known. */
  readonly column: number | null;
}

export interface Places {
  /** What a file is called that the bytecode names. */
  file(compiled: string): string;
  /** The place of a position in such a file; the column counts bytes of UTF-8, 0 where there is none. */
  at(compiled: string, line: number, column: number): Place;
  /** The same for the position at which a function begins. */
  ofFunction(compiled: string, line: number, column: number): Place;
  /**
   * What is called `name` in such a file where it was written: a function that begins at the position, or the class or
   * object that it belongs to.
   */
  nameOf(compiled: string, position: Position, name: string, what: "function" | "owner"): string;
}

/** A position in the file that was compiled, as of `Places.at`. */
export type Position = Pick<LineEntry, "line" | "column">;

/** Places of code that was written as it was compiled: only its file has another name. */
export function placesAsCompiled(file: (compiled: string) => string): Places {
  const at: Places["at"] = (compiled, line, column) => ({
    ...{ file: file(compiled), line },
    column: column || null,
  });
  return { file, at, ofFunction: at, nameOf: (_compiled, _position, name) => name };
}

/**
 * The places of one function and of the positions in its code. The root of a module stands in the file that was compiled,
 * and so does what the engine put in front of its first statement: the file is one, wherever its parts came from.
 */
export class FunctionPlaces {
  /** Where it stands; null where nobody knows. */
  readonly own: Place | null;
  readonly #start: Position | null;
  readonly #compiled: string;
  readonly #places: Places;

  /** `start`: where it stands in the file that was compiled. */
  constructor(unit: BytecodeUnit, fn: BytecodeFunction, start: Position | null, places: Places) {
    this.#start = start;
    this.#compiled = fn.file;
    this.#places = places;
    if (start === null) this.own = null;
    else if (!isModuleRoot(unit, fn)) this.own = places.ofFunction(fn.file, start.line, start.column);
    else this.own = { file: places.file(fn.file), line: start.line, column: start.column || null };
  }

  /** Where a position of its table is. */
  of({ line, column }: Position): Place {
    const start = this.#start;
    if (line === start?.line && column === start.column) return this.own!;
    return this.#places.at(this.#compiled, line, column);
  }
}
