/**
 * Places of code that a bundler wrote: those of the originals, by its source map. Code that the map leads nowhere (the
 * bundler's own) keeps its line in a file of its own, `(not mapped) bundle.js`, so that no fuel is without a place;
 * code of other files, as eval makes it, is no business of the map's.
 *
 * Engines count columns in bytes of UTF-8, maps in units of UTF-16: the bundle's text says what one is in the other.
 * An engine without columns has only the line: it is the original's where all of the line comes from one line.
 */

import { ByteColumns, splitLines } from "../base/lines.ts";
import { type Place, type Places, type Position, placesAsCompiled } from "../quickjs/places.ts";
import { definitions, functionStart, nameIndex, ownerIndex } from "./function-start.ts";
import { type OriginalPosition, SourceMap } from "./source-map.ts";
import type { Warning } from "./warnings.ts";

/** A map and what it maps. Plain data: it crosses into the guest's thread. */
export interface MapData {
  /** The file in the bytecode that it maps. */
  readonly compiled: string;
  /** What that file is called. */
  readonly name: string;
  /** The file's text; null where it is not known: columns are then taken as they are. */
  readonly text: string | null;
  /** How the map is called. */
  readonly map: string;
  /** The map, as JSON. */
  readonly json: string;
  /** What its sources are called, by index. */
  readonly sources: readonly string[];
}

/** A name that a variable can have: a map may say anything. */
const isName = /^#?[\p{ID_Start}$_][\p{ID_Continue}$]{0,200}$/u;

/** The file of code that has no original. */
const notMapped = (name: string): string => `(not mapped) ${name}`;

export class OriginalPlaces implements Places {
  readonly #data: MapData;
  readonly #map: SourceMap;
  readonly #otherwise: Places;
  readonly #lines: readonly string[];
  readonly #columns: ByteColumns;
  /** By line and name: where something of that name is defined in the line. */
  readonly #definitions = new Map<string, readonly number[]>();

  /** `parsed`: the map in `data`, where it was read already. */
  constructor(data: MapData, parsed = new SourceMap(data.json)) {
    this.#data = data;
    this.#map = parsed;
    this.#otherwise = placesAsCompiled((compiled) => (compiled === data.compiled ? data.name : compiled));
    this.#lines = data.text === null ? [] : splitLines(data.text);
    this.#columns = new ByteColumns(this.#lines);
  }

  /** What is to be said of a map that leads from none of these files to an original. */
  unused(files: readonly string[]): Warning[] {
    const { name, map, sources } = this.#data;
    if (!files.includes(notMapped(name)) || files.some((file) => sources.includes(file))) return [];
    return [{ code: "map-unused", name: map, why: "it has no place for any of the code that ran" }];
  }

  file(compiled: string): string {
    return this.#otherwise.file(compiled);
  }

  at(compiled: string, line: number, column: number): Place {
    if (compiled !== this.#data.compiled) return this.#otherwise.at(compiled, line, column);
    if (column === 0) {
      const place = this.#place(this.#map.originalOfLine(line), line, column);
      return { ...place, column: null };
    }
    return this.#place(this.#map.original(line, this.#columns.index(line, column - 1) + 1), line, column);
  }

  ofFunction(compiled: string, line: number, column: number): Place {
    const text = this.#lines[line - 1];
    if (compiled !== this.#data.compiled || column === 0 || text === undefined)
      return this.at(compiled, line, column);
    const start = functionStart(text, this.#columns.index(line, column - 1));
    // where the map names no parenthesis, it names what is in it
    const [brackets] = /^[([{]{0,3}/.exec(text.slice(start, start + 3))!;
    let found = this.#map.original(line, start + 1);
    for (let within = 0; within <= brackets.length; within++) {
      const exact = this.#map.exactly(line, start + 1 + within);
      if (!exact) continue;
      found = exact;
      break;
    }
    return this.#place(found, line, column);
  }

  nameOf(compiled: string, { line, column }: Position, name: string, what: "function" | "owner"): string {
    const text = this.#lines[line - 1];
    if (compiled !== this.#data.compiled || column === 0 || text === undefined) return name;
    const at = this.#columns.index(line, column - 1);
    const index =
      what === "owner"
        ? ownerIndex(text, at, name, this.#definitionsOf(line, text, name))
        : nameIndex(text, functionStart(text, at), name);
    const original = index < 0 ? null : this.#map.exactly(line, index + 1)?.name;
    return original && isName.test(original) ? original : name;
  }

  #definitionsOf(line: number, text: string, name: string): readonly number[] {
    const key = `${line} ${name}`;
    let found = this.#definitions.get(key);
    if (!found) this.#definitions.set(key, (found = definitions(text, name)));
    return found;
  }

  #place(found: OriginalPosition | null, line: number, column: number): Place {
    const { name, sources } = this.#data;
    if (found === null) return { file: notMapped(name), line, column: column || null };
    return { file: sources[found.source]!, line: found.line, column: found.column };
  }

  /** The text of a file that places are in: of an original, where the map has it, or of the bundle. */
  sourceOf(file: string): string | undefined {
    const { name, sources, text } = this.#data;
    const source = sources.indexOf(file);
    if (source >= 0) return this.#map.content(source) ?? undefined;
    return file === name || file === notMapped(name) ? (text ?? undefined) : undefined;
  }
}

/**
 * The places of a program that goes by a name; `map`: of its file, which the bytecode calls `compiled`; `parsed`: the same,
 * where it was read already.
 */
export function placesOf(compiled: string, name: string, map: MapData | null, parsed?: SourceMap): Places {
  if (map)
    return new OriginalPlaces({ ...map, name: map.compiled === compiled ? name : map.compiled }, parsed);
  return placesAsCompiled((file) => (file === compiled ? name : file));
}
