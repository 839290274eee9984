/** The source map of a program's file: found, with names for its sources, and their texts where the map has none. */
import { entryFile } from "../javy/module.ts";
import type { MapData } from "../result/original-places.ts";
import type { SourceMap } from "../result/source-map.ts";
import type { Warning } from "../result/warnings.ts";
import { mapOfBuild } from "./built-map.ts";
import { findMap, readGivenMap, type UnusedMap } from "./find-map.ts";
import type { Given, GivenMap } from "./given.ts";
import { type Project, projectOf } from "./project-files.ts";
import { sourceNames, sourcePath } from "./source-names.ts";

export interface ProgramMap {
  readonly data: MapData;
  /** The map in it, read. */
  readonly parsed: SourceMap;
  /** What its sources are relative to, absolute. */
  readonly folder: string;
  /** The text of a source, by its name, where the map has none and it is a file of the project. */
  readonly sourceFile: (name: string) => string | undefined;
}

/** A program's map, or what was found of one that is of no use. */
export interface MapFound {
  readonly map: ProgramMap | null;
  readonly unused: UnusedMap | null;
}

/** The program's file, as far as it is known. */
export interface MappedFile {
  /** What it is called. */
  readonly name: string;
  /** Null where it is not at hand. */
  readonly text: string | null;
  /** Where the text is, absolute; null where it is in no file. */
  readonly path: string | null;
  /** Where the program is, absolute. */
  readonly folder: string;
  /** The module that carries the text, absolute; null where none does. */
  readonly module: string | null;
  /** The map of the bundle that it is. */
  readonly own: GivenMap | null;
}

/**
 * The map of a program's file: its own, or as it was asked for ("none": none), or what the code leads to.
 * @throws Diagnostic (usage, unsupported) where one was given that cannot be read, or is none.
 */
export async function mapOf(file: MappedFile, asked: Given | undefined, cwd: string): Promise<MapFound> {
  const project = projectOf(file.folder);
  const made = (map: GivenMap) => ({ map: programMap(map, file, cwd, project), unused: null });
  if (file.own) return made(file.own);
  if (asked === "none") return { map: null, unused: null };
  if (asked !== undefined) return made(await readGivenMap(asked, cwd));
  if (file.text === null) return { map: null, unused: null };
  const found = findMap({ ...file, text: file.text, project });
  const isNone = found.map === null && found.unused === null;
  const { map, unused } =
    isNone && file.module !== null ? mapOfBuild(file.module, file.text, project) : found;
  return map ? made(map) : { map: null, unused };
}

function programMap(
  { name: map, json, parsed, folder }: GivenMap,
  { name, text }: MappedFile,
  cwd: string,
  project: Project,
): ProgramMap {
  const given = parsed.sources;
  const sources = sourceNames(given, folder, cwd);
  const sourceFile = (source: string) => {
    const at = sources.indexOf(source);
    const path = at < 0 ? null : sourcePath(given[at]!, folder);
    return path === null ? undefined : (project.read(path) ?? undefined);
  };
  return { data: { compiled: entryFile, name, text, map, json, sources }, parsed, folder, sourceFile };
}

/** What is to be said of a map that is of no use. */
export function mapWarnings({ unusedMap }: { readonly unusedMap: UnusedMap | null }): Warning[] {
  return unusedMap ? [{ code: "map-unused", ...unusedMap }] : [];
}
