/**
 * A source map, read: from a position in the file that a bundler wrote to the one in the file that a person wrote. What
 * a map says is not to be trusted: it is checked where it is read, and its names of files are texts, no paths.
 * The format is ECMA-426 (source map, revision 3), index maps with sections too; @jridgewell/trace-mapping decodes it.
 */
import { AnyMap, decodedMappings, encodedMap, type TraceMap, traceSegment } from "@jridgewell/trace-mapping";
import { type Diagnostic, unsupported } from "../base/diagnostics.ts";

/** A position in an original. Line and column are 1-based; columns count units of UTF-16. */
export interface OriginalPosition {
  /** Index into the map's sources. */
  readonly source: number;
  readonly line: number;
  readonly column: number;
  /** What the original calls what stands there; null where the map does not say. */
  readonly name: string | null;
}

export class SourceMap {
  /** As the map names them, below its source root. */
  readonly sources: readonly string[];
  readonly #map: TraceMap;

  /** Reads a map from its text. @throws Diagnostic (unsupported) where it is none. */
  constructor(text: string) {
    this.#map = read(text);
    this.sources = this.#map.resolvedSources;
  }

  /** The file that it is the map of, as the map says; null where it does not. */
  get file(): string | null {
    return textOr(this.#map.file, null);
  }

  /** The map as a document of version 3 without sections, its sources by other names, in their order. */
  encoded(sources: readonly string[]): object {
    const { sourceRoot: _, ...map } = encodedMap(this.#map);
    return { ...map, sources };
  }

  /** The text of a source, by its index; null where the map has none. */
  content(source: number): string | null {
    return textOr(this.#map.sourcesContent?.[source], null);
  }

  /** The original of a position, line and column 1-based, the column in units of UTF-16; null where there is none. */
  original(line: number, column: number): OriginalPosition | null {
    return this.#position(traceSegment(this.#map, line - 1, column - 1));
  }

  /** The same for a position that the map names itself, and not as part of what stands before it. */
  exactly(line: number, column: number): OriginalPosition | null {
    const segment = traceSegment(this.#map, line - 1, column - 1);
    return segment?.[0] === column - 1 ? this.#position(segment) : null;
  }

  /** The original of a line as a whole; null where the line comes from several, or none. */
  originalOfLine(line: number): OriginalPosition | null {
    const positions = (decodedMappings(this.#map)[line - 1] ?? []).map((segment) => this.#position(segment));
    const first = positions.find((position) => position !== null) ?? null;
    const same = positions.every((one) => one?.source === first?.source && one?.line === first?.line);
    return same ? first : null;
  }

  #position(segment: ReturnType<typeof traceSegment>): OriginalPosition | null {
    if (segment === null || segment.length === 1) return null;
    const [, source, line, column, name] = segment;
    if (this.sources[source] === undefined || line < 0 || column < 0) return null;
    const named = name === undefined ? null : textOr(this.#map.names[name], null);
    return { source, line: line + 1, column: column + 1, name: named };
  }
}

function read(text: string): TraceMap {
  let map: TraceMap;
  try {
    // the prefix guards a map that is served as a script
    const json: unknown = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ""));
    refuse(json);
    map = new AnyMap(json as ConstructorParameters<typeof TraceMap>[0]);
    decodedMappings(map);
  } catch (error) {
    if (error instanceof SyntaxError) throw noMap("it is not JSON");
    if (error instanceof RangeError || error instanceof TypeError)
      throw noMap("its parts do not go together");
    throw error;
  }
  return map;
}

/** @throws Diagnostic where a map, or a part of an index map, is not of the format's shape. */
function refuse(json: unknown, depth = 0): void {
  if (typeof json !== "object" || json === null) throw noMap("it is no object");
  const { version, mappings, sources, names, sections } = json as Record<string, unknown>;
  if (version !== 3) throw noMap(`version ${JSON.stringify(version)} is not 3`);
  if (Array.isArray(sections) && depth < 8) {
    for (const { offset, map } of sections as { offset?: Record<string, unknown>; map?: unknown }[]) {
      if (!Number.isSafeInteger(offset?.["line"]) || !Number.isSafeInteger(offset?.["column"]))
        throw noMap("a section has no place");
      refuse(map, depth + 1);
    }
    return;
  }
  if (typeof mappings !== "string") throw noMap("it has no mappings");
  const isText = (value: unknown) => value === null || typeof value === "string";
  if (!Array.isArray(sources) || !sources.every(isText)) throw noMap("it has no list of sources");
  if (names !== undefined && (!Array.isArray(names) || !names.every(isText)))
    throw noMap("its names are no texts");
}

function noMap(why: string): Diagnostic {
  return unsupported(`this is no source map: ${why}`, "a source map of version 3 is looked for (ECMA-426)");
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" ? value : otherwise;
}
