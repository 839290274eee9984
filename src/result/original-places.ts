/**
 * Places of code that a bundler wrote: those of the originals, by its source map. Code that the map leads nowhere (the
 * bundler's own) keeps its line in a file of its own, `(not mapped) bundle.js`, so that no fuel is without a place;
 * code of other files, as eval makes it, is no business of the map's.
 *
 * Engines count columns in bytes of UTF-8, maps in units of UTF-16: the bundle's text says what one is in the other.
 * An engine without columns has only the line: it is the original's where all of the line comes from one line.
 */

import { splitLines } from "../base/lines.ts";
import { textColumn } from "../quickjs/bytecode/line-table.ts";
import { type Place, type Places, placesAsCompiled } from "../quickjs/places.ts";
import { SourceMap } from "./source-map.ts";

/** A map and what it maps. Plain data: it crosses into the guest's thread. */
export interface MapData {
  /** The file in the bytecode that it maps. */
  readonly compiled: string;
  /** What that file is called. */
  readonly name: string;
  /** The file's text; null where it is not known: columns are then taken as they are. */
  readonly text: string | null;
  /** The map, as JSON. */
  readonly json: string;
  /** What its sources are called, by index. */
  readonly sources: readonly string[];
}

/** The file of code that has no original. */
export const notMapped = (name: string): string => `(not mapped) ${name}`;

export class OriginalPlaces implements Places {
  readonly #data: MapData;
  readonly #map: SourceMap;
  readonly #otherwise: Places;
  readonly #lines: readonly string[];
  /** By line: whether a byte is a character in it. */
  readonly #plain = new Map<number, boolean>();

  constructor(data: MapData) {
    this.#data = data;
    this.#map = new SourceMap(data.json);
    this.#otherwise = placesAsCompiled((compiled) => (compiled === data.compiled ? data.name : compiled));
    this.#lines = (data.text === null ? undefined : splitLines(data.text)) ?? [];
  }

  file(compiled: string): string {
    return this.#otherwise.file(compiled);
  }

  at(compiled: string, line: number, column: number): Place {
    const { name, sources } = this.#data;
    if (compiled !== this.#data.compiled) return this.#otherwise.at(compiled, line, column);
    const found =
      column === 0
        ? this.#map.originalOfLine(line)
        : this.#map.original(line, this.#characters(line, column));
    if (found === null) return { file: notMapped(name), line, column: column || null };
    return { file: sources[found.source]!, line: found.line, column: column === 0 ? null : found.column };
  }

  /** The text of a file that places are in: of an original, where the map has it, or of the bundle. */
  sourceOf(file: string): string | undefined {
    const { name, sources, text } = this.#data;
    const source = sources.indexOf(file);
    if (source >= 0) return this.#map.content(source) ?? undefined;
    return file === name || file === notMapped(name) ? (text ?? undefined) : undefined;
  }

  #characters(line: number, column: number): number {
    const text = this.#lines[line - 1];
    if (text === undefined) return column;
    let plain = this.#plain.get(line);
    if (plain === undefined) this.#plain.set(line, (plain = /^[\0-\x7f]*$/.test(text)));
    return plain ? column : textColumn(text, column);
  }
}

/** The places of a program that goes by a name; `map`: of its file, which the bytecode calls `compiled`. */
export function placesOf(compiled: string, name: string, map: MapData | null): Places {
  if (map) return new OriginalPlaces({ ...map, name: map.compiled === compiled ? name : map.compiled });
  return placesAsCompiled((file) => (file === compiled ? name : file));
}
