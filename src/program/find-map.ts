/**
 * Finds the source map of code that a bundler wrote: the one that the user gave; else the one that the code's last comment
 * names, `//# sourceMappingURL=app.js.map`, or contains (a data URL); else `<file>.map` beside the file. Only files of the
 * program's project are read unasked, and nothing is fetched.
 */
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeText } from "../base/bytes.ts";
import { Diagnostic, named } from "../base/diagnostics.ts";
import { mostText } from "../base/read-whole.ts";
import { SourceMap } from "../result/source-map.ts";
import { type Given, type GivenMap, readGivenFile } from "./given.ts";
import type { Project } from "./project-files.ts";

/** The code whose map is wanted. */
export interface Mapped {
  readonly text: string;
  /** The file that the text is in, absolute; null where it is none, as a module's own source. */
  readonly path: string | null;
  /** What addresses in it are relative to, absolute. */
  readonly folder: string;
  readonly project: Project;
}

export interface FoundMap {
  readonly map: GivenMap | null;
  /** A map that was found and is of no use: how it was named, and why. */
  readonly unused: UnusedMap | null;
}

export interface UnusedMap {
  readonly name: string;
  readonly why: string;
}

const nothing: FoundMap = { map: null, unused: null };

/** Reads a map that the user named. @throws Diagnostic (usage, unsupported) where it cannot be read, or is none. */
export async function readGivenMap(given: Given, cwd: string): Promise<GivenMap> {
  const { name, bytes } = await readGivenFile(given, cwd, "the source map", mostText);
  const json = decodeText(bytes);
  const parsed = named(name, () => new SourceMap(json));
  return { name, json, parsed, folder: typeof given === "string" ? dirname(resolve(cwd, given)) : cwd };
}

/** The map that code leads to by itself. */
export function findMap({ text, path, folder, project }: Mapped): FoundMap {
  const url = mapAddress(text);
  if (url?.startsWith("data:")) return checked("in the last comment of the code", dataText(url), folder);
  if (url !== null) {
    const file = filePath(url, folder);
    const name = url.slice(0, 200);
    if (file === null) return { map: null, unused: { name, why: "it is not a file" } };
    return checked(name, project.read(file), dirname(file));
  }
  const beside = path === null ? null : project.read(`${path}.map`);
  return beside === null ? nothing : checked(`${basename(path!)}.map`, beside, folder);
}

function checked(name: string, json: string | null, folder: string): FoundMap {
  if (json === null) return { map: null, unused: { name, why: "there is no such file in the project" } };
  try {
    return { map: { name, json, parsed: new SourceMap(json), folder }, unused: null };
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return { map: null, unused: { name, why: error.message } };
  }
}

/** What the code's last comment calls its map; null where it says nothing. Behind it there are comments at most. */
function mapAddress(text: string): string | null {
  const at = Math.max(text.lastIndexOf("//# sourceMappingURL="), text.lastIndexOf("//@ sourceMappingURL="));
  if (at < 0) return null;
  const [first = "", ...behind] = text.slice(at).split(/\r\n|\n|\r/);
  const isEmpty = (line: string) => /^\s*(?:\/\/.*)?$/.test(line);
  const url = first.slice("//# sourceMappingURL=".length).trim();
  return /^\S+$/.test(url) && behind.every(isEmpty) ? url : null;
}

/** The absolute path of a file by its address in a comment; null for an address of another kind. */
function filePath(url: string, folder: string): string | null {
  try {
    if (/^file:/i.test(url)) return fileURLToPath(url);
    if (/^[a-z][\w+.-]+:|^\/\//i.test(url)) return null;
    return resolve(folder, decodeURIComponent(url.replace(/[?#].*$/, "")));
  } catch {
    return null;
  }
}

/** What is in a data URL: base64, or percent-encoded text. */
function dataText(url: string): string {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  if (/;base64$/i.test(url.slice(0, comma))) return Buffer.from(body, "base64").toString();
  try {
    return decodeURIComponent(body);
  } catch {
    return body;
  }
}
