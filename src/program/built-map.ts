/**
 * The source map of a module that was built here: `app.wasm.map` beside `app.wasm`, as bundlers write theirs. It is of the
 * JavaScript in the module, not of its WebAssembly, and says of which by a hash: another map of that name is not taken for it,
 * and neither is that of an earlier build.
 */
import { basename, dirname, relative, sep } from "node:path";
import { encodeText } from "../base/bytes.ts";
import { SourceMap } from "../result/source-map.ts";
import type { FoundMap } from "./find-map.ts";
import { sha256Of } from "./plugin.ts";
import type { Project } from "./project-files.ts";
import { sourcePath } from "./source-names.ts";

/** The field with the SHA-256 of the JavaScript that it is the map of, in hexadecimal. */
const hashField = "x_javy_prof_source";

const hashOf = (text: string): string => sha256Of(encodeText(text));

/** The map of a program's source, for a file (an absolute path): its sources are relative to that. */
export function builtMap(
  { parsed, folder }: { readonly parsed: SourceMap; readonly folder: string },
  text: string,
  file: string,
): string {
  const sources = parsed.sources.map((source) => {
    const path = sourcePath(source, folder);
    return path === null ? source : relative(dirname(file), path).split(sep).join("/");
  });
  return `${JSON.stringify({ ...parsed.encoded(sources), [hashField]: hashOf(text) })}\n`;
}

/** The map beside a module (an absolute path) of the source that it carries. */
export function mapOfBuild(path: string, text: string, project: Project): FoundMap {
  const json = project.read(`${path}.map`);
  const said = json === null ? undefined : hashIn(json);
  if (json === null || said === undefined) return { map: null, unused: null };
  const name = `${basename(path)}.map`;
  if (said !== hashOf(text))
    return { map: null, unused: { name, why: "it is of another build of the module" } };
  return { map: { name, json, parsed: new SourceMap(json), folder: dirname(path) }, unused: null };
}

function hashIn(json: string): unknown {
  try {
    return (JSON.parse(json) as Record<string, unknown> | null)?.[hashField];
  } catch {
    return undefined;
  }
}
