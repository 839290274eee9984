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
}

/** Places of code that was written as it was compiled: only its file has another name. */
export function placesAsCompiled(file: (compiled: string) => string): Places {
  return {
    file,
    at: (compiled, line, column) => ({ file: file(compiled), line, column: column || null }),
  };
}

/** The place of a function that stands at a position of its file; a module's root is the file that was compiled. */
export function functionPlace(
  unit: BytecodeUnit,
  fn: BytecodeFunction,
  { line, column }: Pick<LineEntry, "line" | "column">,
  places: Places,
): Place {
  return isModuleRoot(unit, fn)
    ? { file: places.file(fn.file), line, column: column || null }
    : places.at(fn.file, line, column);
}
